"""Measurements as the status writes them; rounds for people, judges nothing."""

from purreal_operator.decide.observation import Live
from purreal_operator.status.model import (
    LatenciesMicroseconds,
    LatencyMicroseconds,
    OperationCounts,
    Summary,
)
from purreal_runner.judge import wording
from purreal_runner.measure.merge import Merged
from purreal_runner.report.build import latencies_of, operations_of
from purreal_runner.report.model import Latencies, Latency, Operations


def live(merged: Merged, begun: Summary) -> Live:
    """The numbers of a load that runs, beside what the summary says from the begin."""
    operations, latencies = operations_of(merged), latencies_of(merged)
    return Live(
        summary=summary(begun, operations, latencies, throughput=merged.throughput),
        operations=operation_counts(operations),
        latencies=latencies_microseconds(latencies),
    )


def summary(
    begun: Summary,
    operations: Operations,
    latencies: Latencies,
    *,
    throughput: float,
    grade: str = "",
) -> Summary:
    """What `kubectl get` shows; empty where nothing was measured yet.

    Args:
        begun: what is known from the begin.
        operations, latencies: over all pools together.
        throughput: operations a second.
        grade: in one word.
    """
    ratio = operations.success_ratio
    return begun.model_copy(
        update={
            "operations_per_second": f"{throughput:,.0f}" if operations.issued else "",
            "success": "" if ratio is None else _narrow(wording.percent(ratio)),
            "acquire_p95": _seconds(latencies.acquire.p95),
            "query_p95": _seconds(latencies.query.p95),
            "grade": grade,
        }
    )


def operation_counts(operations: Operations) -> OperationCounts:
    """The exact accounting."""
    return OperationCounts(
        issued=operations.issued,
        succeeded=operations.succeeded,
        failed=operations.failed,
        timed_out=operations.timed_out,
        cancelled=operations.cancelled,
    )


def latencies_microseconds(latencies: Latencies) -> LatenciesMicroseconds:
    """The distributions, in whole microseconds."""
    return LatenciesMicroseconds(
        acquire=_latency(latencies.acquire),
        query=_latency(latencies.query),
        operation=_latency(latencies.operation),
    )


def _latency(latency: Latency) -> LatencyMicroseconds:
    return LatencyMicroseconds(
        p50=microseconds(latency.p50),
        p95=microseconds(latency.p95),
        p99=microseconds(latency.p99),
        max=microseconds(latency.max),
        mean=microseconds(latency.mean),
    )


def microseconds(seconds: float | None) -> int:
    """Whole microseconds; 0 for what was not measured."""
    return round((seconds or 0.0) * 1e6)


def _seconds(value: float | None) -> str:
    return "" if value is None else _narrow(wording.seconds(value))


def _narrow(words: str) -> str:
    """Without a space, so that the columns of `kubectl get` stay columns."""
    return words.replace(" ", "")
