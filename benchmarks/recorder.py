"""Prints what measuring costs: microseconds per recorded value and per whole operation.

Run it with `.venv/bin/python benchmarks/recorder.py`; compare only numbers of one machine.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from purreal_runner.measure import Histogram, Recorder
from purreal_runner.measure.durations import parse_duration_ns

ROUNDS = 5
REPEATS = 100_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """Stands for `purreal.Exchange`."""

    method: str
    seconds: float
    reply: dict[str, Any]
    error: None = None
    trace_context: None = None


def best_microseconds(work: Callable[[], None]) -> float:
    """The quickest of a few rounds, in microseconds for each of `REPEATS` repeats."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        best = min(best, (time.perf_counter() - began) / REPEATS * 1e6)
    return best


def loop_alone() -> None:
    """What the loop itself costs."""
    for _ in range(REPEATS):
        pass


def record_values(values: list[int]) -> None:
    """Record latencies around a millisecond."""
    record = Histogram().record
    for value in values:
        record(value)


def parse_times() -> None:
    """Read a statement's `time`."""
    for _ in range(REPEATS):
        parse_duration_ns("656.478µs")


def measure_operations(exchange: Exchange) -> None:
    """Begin an operation, get a lease, make one request, succeed."""
    begin = Recorder().begin
    for _ in range(REPEATS):
        operation = begin()
        operation.acquired()
        operation.exchange(exchange)
        operation.succeeded()


def main() -> None:
    """Print the table."""
    draw = random.Random(42).lognormvariate
    values = [int(draw(14, 1)) for _ in range(REPEATS)]
    reply = {"result": [{"status": "OK", "result": [], "time": "656.478µs"}]}
    exchange = Exchange("query", 0.0021, reply)
    recorded = best_microseconds(lambda: record_values(values))
    read = best_microseconds(parse_times) - best_microseconds(loop_alone)
    measured = best_microseconds(lambda: measure_operations(exchange))
    print(f"one value recorded:       {recorded:.2f} µs")
    print(f"one duration string read: {read:.2f} µs")
    print(f"one whole operation:      {measured:.2f} µs")


if __name__ == "__main__":
    main()
