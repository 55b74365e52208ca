"""Owns reports with the numbers of the load-testing guide, made by the real recorder."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from purreal import AcquireTimeout
from purreal_runner.document import parse_threshold_expression
from purreal_runner.judge.facts import PoolFacts, RunFacts, TargetFacts
from purreal_runner.measure import Merged, ProcessHealth, Recorder, merge
from purreal_runner.report.build import build_report
from purreal_runner.report.model import Latencies, Latency, Operations, PoolUse, Report


@dataclass(frozen=True)
class Gauges:
    """Stands for `purreal.PoolStats`."""

    open: int = 543
    leased: int = 500
    waiting: int = 0
    peak_waiting: int = 0
    max_size: int = 625


class ManualClock:
    """Nanoseconds that pass only when told."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def make_facts(**changes: Any) -> RunFacts:
    """The guide's sustained scenario."""
    settings: dict[str, Any] = {
        "name": "checkout-500",
        "target": TargetFacts("embedded", "surrealdb-3.2.4", "ws://127.0.0.1:8000"),
        "pool": PoolFacts(50, 600, 300.0, 60.0, 30.0, lend="Connection"),
        "scenario": "Sustained",
        "workers": 500,
        "operations": 5000,
        "warm_up_seconds": 5.0,
        "seed": 42,
        "thresholds": (
            parse_threshold_expression("success_ratio >= 99.9%"),
            parse_threshold_expression("acquire_p95 < 20ms"),
        ),
    }
    return RunFacts(**(settings | changes))


def measure(failures: int = 0, operations: int = 1000) -> Merged:
    """Operations of 1 ms waiting, 2 ms database and 1 ms rest; every tenth waits 9 ms longer."""
    clock = ManualClock()
    recorder = Recorder(clock=clock)
    recorder.watch(lambda: Gauges(max_size=600, leased=50))
    recorder.start()
    for number in range(operations):
        operation = recorder.begin()
        clock.now_ns += 10_000_000 if number % 10 == 9 else 1_000_000
        if number < failures:
            operation.time_out(AcquireTimeout("no lease [within] 5.0 s"))
            continue
        operation.acquired()
        clock.now_ns += 3_000_000
        operation.exchange(_Exchange())
        operation.succeeded()
        if number % 100 == 0:
            recorder.sample(Gauges(max_size=600, leased=min(500, 50 + number)))
    recorder.stop()
    recorder.sample_after_load(Gauges(open=543, leased=0))
    health = ProcessHealth(wall_seconds=1.0, cpu_seconds=0.4)
    return merge([recorder.part(health, {"purreal": failures} if failures else {})])


class _Exchange:
    method = "query"
    seconds = 0.0025
    reply = {"result": [{"status": "OK", "result": None, "time": "2ms"}]}  # noqa: RUF012
    error = None


@pytest.fixture
def gauges() -> type[Gauges]:
    return Gauges


@pytest.fixture
def facts() -> Callable[..., RunFacts]:
    return make_facts


@pytest.fixture
def merged() -> Callable[..., Merged]:
    return measure


@pytest.fixture
def good_report() -> Report:
    return build_report(make_facts(), measure())


@pytest.fixture
def bad_report() -> Report:
    return build_report(make_facts(), measure(failures=7))


@pytest.fixture
def guide_report() -> Callable[..., Report]:
    """The numbers that the guide prints, put into a report."""

    def make(duration: float = 2.34, failed: int = 0) -> Report:
        base = build_report(make_facts(), measure(operations=1))
        operations = Operations(
            issued=5000, succeeded=5000 - failed, failed=failed, timed_out=0, cancelled=0
        )
        return base.model_copy(
            update={
                "operations": operations,
                "duration_seconds": duration,
                "throughput": (5000 - failed) / duration,
                "peak_concurrent": 500,
                "pool": PoolUse(peak_open=543, peak_used=500),
                "latencies": Latencies(
                    acquire=_latency(0.12, 45.67, 2.34, 1.89, 8.92, 15.43),
                    query=_latency(0.45, 12.34, 2.11, 1.92, 4.56, 7.89),
                ),
            }
        )

    return make


def _latency(*milliseconds: float) -> Latency:
    least, greatest, mean, p50, p95, p99 = (each / 1000 for each in milliseconds)
    return Latency(count=5000, min=least, max=greatest, mean=mean, p50=p50, p95=p95, p99=p99)
