"""Turns sampled spans into OpenTelemetry's, in the trace of the run; samples and sends nothing."""

from collections.abc import Sequence

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from purreal import __version__
from purreal_runner.measure.sampled import SampledSpan
from purreal_runner.otlp import names
from purreal_runner.otlp.encode import resource_of
from purreal_runner.otlp.identity import PodIdentity, TraceIdentity


def to_sdk_spans(
    spans: Sequence[SampledSpan], trace: TraceIdentity, identity: PodIdentity
) -> list[ReadableSpan]:
    """Spans for the OTLP exporter; those without a parent become children of the run's root span.

    Args:
        spans: of any pools of one pod.
        trace: of the run.
        identity: the pod.
    """
    resource = Resource(dict(resource_of(identity)))
    scope = InstrumentationScope(names.SCOPE, __version__)
    return [
        ReadableSpan(
            name=span.name,
            context=_context(trace, span.span_id),
            parent=_context(trace, span.parent_id or trace.span_id),
            resource=resource,
            attributes=_attributes(span),
            kind=SpanKind.CLIENT if names.DB_SYSTEM in span.attributes else SpanKind.INTERNAL,
            status=Status(StatusCode.UNSET if span.error is None else StatusCode.ERROR),
            start_time=span.start_unix_ns,
            end_time=span.end_unix_ns,
            instrumentation_scope=scope,
        )
        for span in spans
    ]


def _context(trace: TraceIdentity, span_id: int) -> SpanContext:
    return SpanContext(trace.trace_id, span_id, is_remote=False, trace_flags=TraceFlags(1))


def _attributes(span: SampledSpan) -> dict[str, str | int | float | bool]:
    if span.error is None:
        return span.attributes
    return {**span.attributes, names.ERROR_TYPE: span.error}
