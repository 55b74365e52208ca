"""What measuring costs the runner: µs for a recorded value, and for all that it notes down of one
operation; both to the end, when everything is counted. Prints a line of JSON.
"""

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from purreal_runner.measure import Recorder
from purreal_runner.measure.backlog import Backlog

ROUNDS = 5
REPEATS = 50_000
EXCHANGES = 500
"""Different ones: few enough to be at hand for the processor, as a reply is that has just come."""
COUNTED_AT_ONCE = 2048
"""So many wait when the recorder counts them: one of four kinds every 512 operations."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Stands for `purreal.Exchange`."""

    method: str
    seconds: float
    reply: dict[str, Any]
    error: None = None
    trace_context: None = None


def microseconds(work: Callable[[], None]) -> float:
    """The quickest of a few rounds, for each repeat: others on the machine only add."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        best = min(best, (time.process_time() - began) / REPEATS * 1e6)
    return best


def record_values(values: list[int]) -> None:
    """Record latencies around a millisecond."""
    backlog = Backlog()
    for start in range(0, REPEATS, COUNTED_AT_ONCE):
        add = backlog.add
        for value in values[start : start + COUNTED_AT_ONCE]:
            add(value)
        backlog.count()


def measure_operations(exchanges: list[Exchange]) -> None:
    """Begin an operation, get a lease, make one request, succeed."""
    recorder = Recorder()
    begin = recorder.begin
    for exchange in islice(cycle(exchanges), REPEATS):
        operation = begin()
        operation.acquired()
        operation.exchange(exchange)
        operation.succeeded()
    recorder.part()


def exchanges_of(values: list[int]) -> list[Exchange]:
    """Queries that took so many nanoseconds, a third of them in the database."""
    replies = (
        {"result": [{"status": "OK", "result": [], "time": f"{ns / 3000:.3f}µs"}]} for ns in values
    )
    return [Exchange("query", ns / 1e9, reply) for ns, reply in zip(values, replies, strict=True)]


def main() -> None:
    """Measure both."""
    draw = random.Random(42).lognormvariate
    values = [int(draw(14, 1)) for _ in range(REPEATS)]
    # The slowest of a hundred takes three times as long as usual.
    exchanges = exchanges_of([int(draw(14, 0.5)) for _ in range(EXCHANGES)])
    value = microseconds(lambda: record_values(values))
    operation = microseconds(lambda: measure_operations(exchanges))
    print(json.dumps({"value": value, "operation": operation}))


if __name__ == "__main__":
    main()
