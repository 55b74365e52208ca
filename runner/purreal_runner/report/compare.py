"""Owns the differences between the numbers of two runs; guesses nothing about chance or cause."""

from collections.abc import Iterable
from dataclasses import dataclass

from purreal_runner.document import Metric, Unit
from purreal_runner.judge.thresholds import ThresholdResult
from purreal_runner.report.caveats import caveats, same_task
from purreal_runner.report.comparison import (
    Change,
    Comparison,
    Difference,
    Side,
    ThresholdChange,
    Trend,
)
from purreal_runner.report.model import Latency, Report

SMALLEST_SHARE = 0.011
"""Two percentiles that are each 0.55 % off may be this far apart and still be the same."""
_APPROXIMATE = frozenset({Unit.SECONDS, Unit.PER_SECOND})
_OPPOSITE = {Trend.BETTER: Trend.WORSE, Trend.WORSE: Trend.BETTER, Trend.UNCLEAR: Trend.UNCLEAR}


@dataclass(frozen=True, slots=True)
class _Number:
    """A measured number of one run; `more` is what a greater one means."""

    metric: str
    name: str
    unit: Unit
    value: float | None
    more: Trend = Trend.UNCLEAR


def compare(before: Report, after: Report) -> Comparison:
    """Say what differs between two runs, and what makes them hard to compare.

    A difference is called better or worse only where the direction is clear, both runs had
    the same task, and it is larger than what percentiles can tell apart. Nothing is said about
    chance: two runs alone don't show it.
    """
    found = caveats(before, after)
    comparable = same_task(found)
    return Comparison(
        before=_side(before),
        after=_side(after),
        caveats=found,
        same_task=comparable,
        thresholds=_thresholds(before, after),
        results=_changes(_results(before), _results(after), comparable=comparable),
        latencies=_changes(_latencies(before), _latencies(after), comparable=comparable),
        pool=_changes(_pool(before), _pool(after), comparable=comparable),
    )


def _side(report: Report) -> Side:
    return Side(
        name=report.name,
        run=None if report.on_cluster is None else report.on_cluster.run,
        started_at=report.run.started_at,
        verdict=report.verdict,
        reason=report.reason,
    )


def _thresholds(before: Report, after: Report) -> tuple[ThresholdChange, ...]:
    """Each threshold of either run; one whose limit was changed is two."""
    earlier = {result.expression: result for result in before.thresholds}
    later = {result.expression: result for result in after.thresholds}
    return tuple(
        _threshold(earlier.get(expression), later.get(expression)) for expression in earlier | later
    )


def _threshold(before: ThresholdResult | None, after: ThresholdResult | None) -> ThresholdChange:
    return ThresholdChange(
        before=before,
        after=after,
        observed=_difference(
            None if before is None else before.observed, None if after is None else after.observed
        ),
    )


def _results(report: Report) -> tuple[_Number, ...]:
    operations = report.operations
    ratio, throughput = Metric.SUCCESS_RATIO, Metric.THROUGHPUT
    issued = operations.issued > 0
    return (
        _Number(ratio, "success rate", ratio.unit, operations.success_ratio, Trend.BETTER),
        _Number(
            throughput,
            "throughput",
            throughput.unit,
            report.throughput if issued else None,
            Trend.BETTER,
        ),
        _Number("IssuedOperations", "issued", Unit.COUNT, operations.issued),
        _Number(Metric.FAILED_OPERATIONS, "failed", Unit.COUNT, operations.failed),
        _Number(Metric.TIMED_OUT_OPERATIONS, "timed out", Unit.COUNT, operations.timed_out),
        _Number("DurationSeconds", "duration", Unit.SECONDS, report.duration_seconds),
        _Number("PeakConcurrent", "peak concurrent", Unit.COUNT, report.peak_concurrent),
    )


def _latencies(report: Report) -> tuple[_Number, ...]:
    return (
        *_percentiles("Acquire", "wait for a lease", report.latencies.acquire),
        *_percentiles("Query", "query", report.latencies.query),
        *_percentiles("Operation", "whole operation", report.latencies.operation),
    )


def _percentiles(what: str, name: str, latency: Latency) -> Iterable[_Number]:
    percentiles = (("P50", latency.p50), ("P95", latency.p95), ("P99", latency.p99))
    for percentile, value in percentiles:
        metric = Metric(what + percentile)
        yield _Number(metric, f"{name} {percentile.lower()}", metric.unit, value, Trend.WORSE)


def _pool(report: Report) -> tuple[_Number, ...]:
    """Without operations nothing was seen of the pool."""
    pool, effective = report.pool, report.effective
    seen = report.operations.issued > 0
    return (
        _Number("MaxLeases", "leases at most", Unit.COUNT, effective.max_leases),
        _Number("PeakOpen", "peak open", Unit.COUNT, pool.peak_open if seen else None),
        _Number("PeakUsed", "peak used", Unit.COUNT, pool.peak_used if seen else None),
        _Number("PeakSockets", "sockets", Unit.COUNT, effective.peak_sockets if seen else None),
        _Number(Metric.POOL_UTILIZATION, "utilization", Unit.RATIO, pool.utilization),
        _Number(
            "PeakWaiting",
            "callers waiting at worst",
            Unit.COUNT,
            pool.peak_waiting if seen else None,
            Trend.WORSE,
        ),
    )


def _changes(
    before: Iterable[_Number], after: Iterable[_Number], *, comparable: bool
) -> tuple[Change, ...]:
    return tuple(
        _change(earlier, later, comparable=comparable)
        for earlier, later in zip(before, after, strict=True)
    )


def _change(before: _Number, after: _Number, *, comparable: bool) -> Change:
    found = _difference(before.value, after.value)
    return Change(
        **found.model_dump(),
        metric=before.metric,
        name=before.name,
        unit=before.unit,
        trend=_trend(found, before.unit, before.more if comparable else Trend.UNCLEAR),
    )


def _difference(before: float | None, after: float | None) -> Difference:
    difference = None if before is None or after is None else after - before
    relative = None if difference is None or not before else difference / before
    return Difference(before=before, after=after, difference=difference, relative=relative)


def _trend(found: Difference, unit: Unit, more: Trend) -> Trend:
    if found.difference is None:
        return Trend.UNCLEAR
    share = 1.0 if found.relative is None else abs(found.relative)
    if found.difference == 0 or (unit in _APPROXIMATE and share <= SMALLEST_SHARE):
        return Trend.EQUAL
    return more if found.difference > 0 else _OPPOSITE[more]
