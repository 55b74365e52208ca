"""Owns making measurements with chosen numbers for the judges."""

from collections.abc import Callable
from typing import Any

import pytest

from purreal_runner.judge.facts import PoolFacts
from purreal_runner.measure import Distribution, Histogram, Merged, ProcessHealth
from purreal_runner.measure.errors import ErrorCount, ErrorKind
from purreal_runner.measure.part import Counts, Distributions, PoolPeak, PoolRecord


def of_milliseconds(*values: float) -> Distribution:
    """A distribution of these values."""
    histogram = Histogram()
    for value in values:
        histogram.record(round(value * 1_000_000))
    return histogram.distribution()


def make_merged(
    *,
    succeeded: int = 1_000,
    failed: int = 0,
    timed_out: int = 0,
    cancelled: int = 0,
    seconds: float = 1.0,
    acquire_ms: tuple[float, ...] = (),
    operation_ms: tuple[float, ...] = (),
    query_ms: tuple[float, ...] = (),
    used: int = 500,
    opened: int | None = None,
    max_size: int = 600,
    waiting: int = 0,
    before: int = 50,
    **others: Any,
) -> Merged:
    """One pool's measurements; the counts add up by themselves."""
    pool = PoolRecord(
        max_size=max_size,
        peak=PoolPeak(open=used if opened is None else opened, used=used),
        peak_waiting=waiting,
        peak_concurrent=used + waiting,
        before_load=PoolPeak(open=before),
    )
    counts = Counts(
        issued=succeeded + failed + timed_out + cancelled,
        succeeded=succeeded,
        failed=failed,
        timed_out=timed_out,
        cancelled=cancelled,
    )
    distributions = Distributions(
        acquire=of_milliseconds(*acquire_ms),
        operation=of_milliseconds(*operation_ms),
        query=of_milliseconds(*query_ms),
    )
    defaults = {"pools": (pool,)}
    return Merged(ended=seconds, counts=counts, distributions=distributions, **(defaults | others))


@pytest.fixture
def measured() -> Callable[..., Merged]:
    return make_merged


@pytest.fixture
def distribution() -> Callable[..., Distribution]:
    return of_milliseconds


@pytest.fixture
def pool_facts() -> PoolFacts:
    return PoolFacts(
        min_size=50, max_size=600, max_lifetime=300, max_idle_time=60, acquire_timeout=30
    )


@pytest.fixture
def error_count() -> Callable[..., ErrorCount]:
    def make(type_name: str, count: int = 1, kind: ErrorKind = ErrorKind.POOL) -> ErrorCount:
        return ErrorCount(kind=kind, type=type_name, count=count, example=f"{type_name} at …")

    return make


@pytest.fixture
def health() -> Callable[..., ProcessHealth]:
    def make(
        *, lag_ms: float = 0.0, cpu: float = 0.5, throttled: float | None = None
    ) -> ProcessHealth:
        lag = of_milliseconds(*[lag_ms] * 100)
        return ProcessHealth(
            loop_lag=lag, wall_seconds=10.0, cpu_seconds=cpu * 10, throttled_seconds=throttled
        )

    return make
