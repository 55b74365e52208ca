"""Reads telemetry messages that anybody may have sent; keeps nothing, decides nothing.

Everything here works on whole bodies and may take long, so it belongs in a thread.
"""

import sys
import zlib
from collections.abc import Iterator
from typing import Final, TypeVar

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import ResourceMetrics
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan

from purreal_operator.foreign_text import printable
from purreal_operator.receiver.refusals import Reason, Refused
from purreal_operator.receiver.rooms import PodParts
from purreal_operator.receiver.traces import Span
from purreal_runner.measure.histogram import SCALE
from purreal_runner.measure.part import PART_VERSION
from purreal_runner.otlp import names
from purreal_runner.otlp.decode import decode
from purreal_runner.otlp.unreadable import UnreadablePart

_LONGEST_NAME: Final = 100
_SPAN_ID_BYTES: Final = 8
_M = TypeVar("_M", bound=Message)


def unpack(body: bytes, *, gzipped: bool, limit: int) -> bytes:
    """The body without its compression, at most `limit` bytes.

    Raises:
        Refused: too large, or not gzip.
    """
    if not gzipped:
        return body
    unzip = zlib.decompressobj(wbits=31)
    try:
        plain = unzip.decompress(body, limit + 1)
    except zlib.error as error:
        raise Refused(Reason.MALFORMED, "the body is not gzip, though it says so") from error
    if len(plain) > limit:
        raise Refused(Reason.TOO_LARGE, f"the body is larger than {limit} bytes unpacked")
    if not unzip.eof or unzip.unused_data:
        raise Refused(Reason.MALFORMED, "the gzipped body is not one whole stream")
    return plain


def metrics_in(body: bytes) -> ExportMetricsServiceRequest:
    """The request in a body. Raises `Refused` when it is none."""
    return _parsed(ExportMetricsServiceRequest(), body)


def spans_request_in(body: bytes) -> ExportTraceServiceRequest:
    """The request in a body. Raises `Refused` when it is none."""
    return _parsed(ExportTraceServiceRequest(), body)


def _parsed(message: _M, body: bytes) -> _M:
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        raise Refused(Reason.MALFORMED, "the body is no OTLP protobuf message") from error
    return message


def parts_in(request: ExportMetricsServiceRequest, run_id: str) -> PodParts:
    """All parts of a request, which are of one pod of this run.

    Raises:
        Refused: of another run, of another version, or unreadable.
    """
    named = named_run(request)
    if named is not None:
        refuse_other_run(named, run_id)
    _refuse_other_layout(request, run_id)
    try:
        received = decode(request)
    except UnreadablePart as error:
        raise Refused(Reason.MALFORMED, str(error), run_id) from error
    first = received[0]
    refuse_other_run(first.run_id, run_id)
    parts = tuple(each.part for each in received)
    return PodParts(first.runner_index, first.pod_uid, first.final, parts)


def _refuse_other_layout(request: ExportMetricsServiceRequest, run_id: str) -> None:
    """Parts of other versions, or counted in other buckets, can't be added up."""
    for resource in request.resource_metrics:
        for attribute in resource.resource.attributes:
            version = attribute.value.int_value
            if attribute.key == names.PART_VERSION and version != PART_VERSION:
                words = f"a runner reports in version {version}, this operator reads {PART_VERSION}"
                raise Refused(Reason.LAYOUT_MISMATCH, f"{words}; use the same version", run_id)
        for scale in _scales(resource):
            if scale != SCALE:
                words = f"a runner counts in buckets of scale {scale} instead of {SCALE}"
                raise Refused(Reason.LAYOUT_MISMATCH, f"{words}; use the same version", run_id)


def _scales(resource: ResourceMetrics) -> Iterator[int]:
    for scope in resource.scope_metrics:
        for metric in scope.metrics:
            for point in metric.exponential_histogram.data_points:
                yield point.scale


def refuse_other_run(named: str, run_id: str) -> None:
    """Raises `Refused`, counted for the run that is named, unless it is the token's own."""
    if named != run_id:
        raise Refused(Reason.WRONG_RUN, "the token belongs to another run", named)


def pods_in(request: ExportTraceServiceRequest, run_id: str) -> tuple[tuple[int, str], ...]:
    """(index, uid) of the pods that made the spans of a request; all must say who they are.

    Raises:
        Refused: one doesn't, or is of another run.
    """
    return tuple(_pod(each.resource, run_id) for each in request.resource_spans)


def _pod(resource: Resource, run_id: str) -> tuple[int, str]:
    attributes = {each.key: each.value for each in resource.attributes}
    named = attributes.get(names.RUN_ID, AnyValue()).string_value
    pod_uid = attributes.get(names.SERVICE_INSTANCE_ID, AnyValue()).string_value
    index = attributes.get(names.RUNNER_INDEX, AnyValue())
    if not named or not pod_uid or index.WhichOneof("value") != "int_value":
        raise Refused(Reason.MALFORMED, "spans don't say which runner made them", run_id)
    refuse_other_run(named, run_id)
    return index.int_value, pod_uid


def spans_in(
    request: ExportTraceServiceRequest, trace_id: bytes, *, from_runner: bool
) -> tuple[Span, ...]:
    """The spans of this trace; all others are passed over.

    Args:
        from_runner: the resources name runners (`pods_in` has checked it), not the database.
    """
    return tuple(_spans(request, trace_id, from_runner))


def _spans(
    request: ExportTraceServiceRequest, trace_id: bytes, from_runner: bool
) -> Iterator[Span]:
    for resource in request.resource_spans:
        runner = _runner_index(resource.resource) if from_runner else None
        for scope in resource.scope_spans:
            for span in scope.spans:
                if span.trace_id == trace_id and _sound(span):
                    yield Span(
                        name=sys.intern(printable(span.name, _LONGEST_NAME)),
                        runner=runner,
                        span_id=span.span_id,
                        parent=span.parent_span_id,
                        start_ns=span.start_time_unix_nano,
                        end_ns=span.end_time_unix_nano,
                    )


def _sound(span: OtlpSpan) -> bool:
    return (
        len(span.span_id) == _SPAN_ID_BYTES
        and len(span.parent_span_id) in (0, _SPAN_ID_BYTES)
        and span.end_time_unix_nano >= span.start_time_unix_nano
    )


def _runner_index(resource: Resource) -> int:
    values = (each.value for each in resource.attributes if each.key == names.RUNNER_INDEX)
    return next(values, AnyValue()).int_value


def named_run(request: ExportMetricsServiceRequest | ExportTraceServiceRequest) -> str | None:
    """The run that a stranger's request names first; None when it names none."""
    if isinstance(request, ExportMetricsServiceRequest):
        resources = [each.resource for each in request.resource_metrics[:1]]
    else:
        resources = [each.resource for each in request.resource_spans[:1]]
    for resource in resources:
        for attribute in resource.attributes:
            if attribute.key == names.RUN_ID:
                return attribute.value.string_value or None
    return None
