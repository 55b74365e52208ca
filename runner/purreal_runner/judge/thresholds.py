"""Owns comparing what was measured with the limits of a run; gives no verdict on the whole."""

from collections.abc import Sequence

from purreal_runner.document import Comparison, Metric, Threshold, Unit
from purreal_runner.measure.data import Data
from purreal_runner.measure.histogram import Distribution
from purreal_runner.measure.merge import Merged

_PERCENTS = {"P50": 50.0, "P95": 95.0, "P99": 99.0}


class ThresholdResult(Data):
    """One threshold and what was observed, in the base unit of the metric.

    `margin` is the room that is left: negative when the limit is missed. `observed` and `margin`
    are None when nothing was measured, which counts as missed. `generator_limited`: the load
    generator itself explains the miss.
    """

    metric: Metric
    expression: str
    comparison: Comparison
    unit: Unit
    limit: float
    limit_text: str
    observed: float | None
    margin: float | None
    met: bool
    generator_limited: bool = False


def judge_thresholds(
    thresholds: Sequence[Threshold], merged: Merged
) -> tuple[ThresholdResult, ...]:
    """Compare each threshold with what was measured over all pools together."""
    return tuple(_judge(threshold, merged) for threshold in thresholds)


def _judge(threshold: Threshold, merged: Merged) -> ThresholdResult:
    limit = threshold.limit
    value = observed(threshold.metric, merged)
    return ThresholdResult(
        metric=threshold.metric,
        expression=threshold.expression,
        comparison=limit.comparison,
        unit=limit.unit,
        limit=limit.value,
        limit_text=limit.text,
        observed=value,
        margin=None if value is None else _margin(limit.comparison, limit.value, value),
        met=value is not None and limit.holds(value),
    )


def _margin(comparison: Comparison, limit: float, value: float) -> float:
    room = limit - value
    return room if comparison in (Comparison.BELOW, Comparison.AT_MOST) else -room


def observed(metric: Metric, merged: Merged) -> float | None:
    """The value of a metric in its base unit; None when nothing was measured."""
    match metric:
        case Metric.SUCCESS_RATIO:
            return merged.success_ratio
        case Metric.THROUGHPUT:
            return merged.throughput if merged.counts.finished else None
        case Metric.FAILED_OPERATIONS:
            return merged.counts.failed + merged.counts.timed_out
        case Metric.TIMED_OUT_OPERATIONS:
            return merged.counts.timed_out
        case Metric.POOL_UTILIZATION:
            return merged.utilization
        case _:
            return _latency(metric, merged)


def _latency(metric: Metric, merged: Merged) -> float | None:
    what, statistic = _split(metric)
    distribution: Distribution = getattr(merged.distributions, what)
    if statistic == "Max":
        return distribution.max_seconds
    if statistic == "Mean":
        return distribution.mean_seconds
    return distribution.percentile_seconds(_PERCENTS[statistic])


def _split(metric: Metric) -> tuple[str, str]:
    """`AcquireP95` is the 95th percentile of `acquire`."""
    for statistic in (*_PERCENTS, "Max", "Mean"):
        if metric.value.endswith(statistic):
            return metric.value.removesuffix(statistic).lower(), statistic
    raise ValueError(f"{metric} is not a latency")
