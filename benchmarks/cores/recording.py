"""What measuring costs the runner: µs for a recorded value, and for all that it notes down of one
operation. Prints a line of JSON.
"""

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from purreal_runner.measure import Histogram, Recorder

ROUNDS = 5
REPEATS = 50_000


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
    record = Histogram().record
    for value in values:
        record(value)


def measure_operations(exchange: Exchange) -> None:
    """Begin an operation, get a lease, make one request, succeed."""
    begin = Recorder().begin
    for _ in range(REPEATS):
        operation = begin()
        operation.acquired()
        operation.exchange(exchange)
        operation.succeeded()


def main() -> None:
    """Measure both."""
    draw = random.Random(42).lognormvariate
    values = [int(draw(14, 1)) for _ in range(REPEATS)]
    reply = {"result": [{"status": "OK", "result": [], "time": "656.478µs"}]}
    exchange = Exchange("query", 0.0021, reply)
    value = microseconds(lambda: record_values(values))
    operation = microseconds(lambda: measure_operations(exchange))
    print(json.dumps({"value": value, "operation": operation}))


if __name__ == "__main__":
    main()
