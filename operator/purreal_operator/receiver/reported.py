"""Puts what a room heard into the words of the report; computes nothing."""

from collections.abc import Iterable

from purreal_operator.receiver.database_view import DatabaseView, Gauge
from purreal_operator.receiver.traces import Trace, TraceSpan
from purreal_runner.report.on_cluster import (
    DatabasePoint,
    DatabaseUse,
    SlowOperation,
    SpanLine,
)


def database_use(view: DatabaseView) -> DatabaseUse:
    """The database's part of the report; its percentile is an upper bound, as `Timing` says."""
    return DatabaseUse(
        peak_cpu_percent=None if view.cpu_percent is None else view.cpu_percent.peak,
        peak_memory_bytes=_peak(view.memory_bytes),
        peak_sessions=_peak(view.sessions),
        statements=view.statements.count,
        statement_mean_seconds=view.statements.mean_seconds,
        statement_p95_seconds=view.statements.p95_at_most_seconds,
        history=tuple(
            DatabasePoint(
                seconds=point.at_seconds,
                cpu_percent=point.cpu_percent,
                memory_bytes=_whole(point.memory_bytes),
                sessions=_whole(point.sessions),
            )
            for point in view.history
        ),
    )


def slow_operations(traces: Iterable[Trace]) -> tuple[SlowOperation, ...]:
    """The slowest operations with their spans."""
    return tuple(
        SlowOperation(
            span_id=trace.spans[0].span_id,
            duration_seconds=trace.seconds,
            spans=tuple(_line(span) for span in trace.spans),
        )
        for trace in traces
    )


def _line(span: TraceSpan) -> SpanLine:
    return SpanLine(
        depth=span.depth,
        name=span.name,
        source=span.source if isinstance(span.source, str) else f"runner {span.source}",
        start_offset_seconds=span.start_seconds,
        duration_seconds=span.seconds,
        span_id=span.span_id,
    )


def _peak(gauge: Gauge | None) -> int | None:
    return None if gauge is None else round(gauge.peak)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
