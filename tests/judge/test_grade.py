"""Owns the proof that the guide's table of benchmark targets is the one in the guide."""

from collections.abc import Callable

import pytest

from purreal_runner.document import Metric
from purreal_runner.judge.grade import Grade, grade_rows
from purreal_runner.measure import Merged

BELOW, TARGET, EXCELLENT = Grade.BELOW, Grade.TARGET, Grade.EXCELLENT


def grade_of(metric: Metric, merged: Merged) -> Grade:
    return next(row.grade for row in grade_rows(merged) if row.metric is metric)


@pytest.mark.parametrize(
    ("failed", "grade"), [(0, EXCELLENT), (9, TARGET), (10, BELOW), (10_000, BELOW)]
)
def test_success_must_be_above_99_9_percent(
    measured: Callable[..., Merged], failed: int, grade: Grade
) -> None:
    merged = measured(succeeded=10_000 - failed, failed=failed)

    assert grade_of(Metric.SUCCESS_RATIO, merged) is grade


@pytest.mark.parametrize(
    ("per_second", "grade"), [(500, BELOW), (501, TARGET), (2000, TARGET), (2001, EXCELLENT)]
)
def test_throughput_must_be_above_500(
    measured: Callable[..., Merged], per_second: int, grade: Grade
) -> None:
    assert grade_of(Metric.THROUGHPUT, measured(succeeded=per_second)) is grade


@pytest.mark.parametrize(
    ("metric", "target_ms", "excellent_ms"),
    [(Metric.ACQUIRE_P50, 5, 2), (Metric.ACQUIRE_P95, 20, 10), (Metric.ACQUIRE_P99, 50, 20)],
)
def test_acquire_times_must_be_below_the_guides_limits(
    measured: Callable[..., Merged], metric: Metric, target_ms: float, excellent_ms: float
) -> None:
    assert grade_of(metric, measured(acquire_ms=(target_ms,))) is BELOW
    assert grade_of(metric, measured(acquire_ms=(target_ms * 0.98,))) is TARGET
    assert grade_of(metric, measured(acquire_ms=(excellent_ms,))) is TARGET
    assert grade_of(metric, measured(acquire_ms=(excellent_ms * 0.98,))) is EXCELLENT


@pytest.mark.parametrize(
    ("used", "grade"),
    [
        (69, BELOW),
        (70, TARGET),
        (79, TARGET),
        (80, EXCELLENT),
        (85, EXCELLENT),
        (86, TARGET),
        (90, TARGET),
        (91, BELOW),
        (100, BELOW),
    ],
)
def test_utilization_must_leave_some_headroom_but_not_much(
    measured: Callable[..., Merged], used: int, grade: Grade
) -> None:
    assert grade_of(Metric.POOL_UTILIZATION, measured(used=used, max_size=100)) is grade


def test_the_guides_own_example_is_excellent_in_utilization(
    measured: Callable[..., Merged],
) -> None:
    assert grade_of(Metric.POOL_UTILIZATION, measured(used=500, max_size=600)) is EXCELLENT


def test_what_was_not_measured_is_below() -> None:
    rows = grade_rows(Merged())

    assert [row.grade for row in rows] == [BELOW] * 6
