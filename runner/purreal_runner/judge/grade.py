"""Owns the guide's table of benchmark targets; compares, and advises nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from purreal_runner.document import Metric, Unit
from purreal_runner.judge.thresholds import observed
from purreal_runner.measure.data import Data
from purreal_runner.measure.merge import Merged


class Grade(StrEnum):
    """How a value compares with the guide's table."""

    EXCELLENT = "Excellent"
    TARGET = "Target"
    BELOW = "Below"


class GradeRow(Data):
    """One row of the table: the value in its base unit, the guide's two columns, the grade."""

    metric: Metric
    name: str
    unit: Unit
    observed: float | None
    target: str
    excellent: str
    grade: Grade


@dataclass(frozen=True, slots=True)
class _Rule:
    metric: Metric
    name: str
    target: str
    excellent: str
    reaches_target: Callable[[float], bool]
    is_excellent: Callable[[float], bool]

    def grade(self, value: float | None) -> Grade:
        if value is None or not self.reaches_target(value):
            return Grade.BELOW
        return Grade.EXCELLENT if self.is_excellent(value) else Grade.TARGET


def _quicker_than(metric: Metric, name: str, target_ms: int, excellent_ms: int) -> _Rule:
    return _Rule(
        metric,
        name,
        f"<{target_ms}ms",
        f"<{excellent_ms}ms",
        lambda value: value < target_ms / 1000,
        lambda value: value < excellent_ms / 1000,
    )


_RULES = (
    _Rule(
        Metric.SUCCESS_RATIO,
        "Success Rate",
        ">99.9%",
        "100%",
        lambda value: value > 0.999,
        lambda value: value == 1.0,
    ),
    _Rule(
        Metric.THROUGHPUT,
        "Throughput",
        ">500 ops/sec",
        ">2000 ops/sec",
        lambda value: value > 500,
        lambda value: value > 2000,
    ),
    _quicker_than(Metric.ACQUIRE_P50, "P50 Acquire Time", 5, 2),
    _quicker_than(Metric.ACQUIRE_P95, "P95 Acquire Time", 20, 10),
    _quicker_than(Metric.ACQUIRE_P99, "P99 Acquire Time", 50, 20),
    _Rule(
        Metric.POOL_UTILIZATION,
        "Pool Utilization",
        "70-90%",
        "80-85%",
        lambda value: 0.70 <= value <= 0.90,
        lambda value: 0.80 <= value <= 0.85,
    ),
)


def grade_rows(merged: Merged) -> tuple[GradeRow, ...]:
    """The guide's table for one run; meant for the guide's own scenarios only."""
    return tuple(_row(rule, observed(rule.metric, merged)) for rule in _RULES)


def _row(rule: _Rule, value: float | None) -> GradeRow:
    return GradeRow(
        metric=rule.metric,
        name=rule.name,
        unit=rule.metric.unit,
        observed=value,
        target=rule.target,
        excellent=rule.excellent,
        grade=rule.grade(value),
    )
