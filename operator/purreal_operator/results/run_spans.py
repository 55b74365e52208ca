"""The operator's own spans of a run, the root of its trace, as an OTLP message; sends nothing.

Made from the status, after the fact: so a restart in the middle leaves no hole in them.
"""

from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

from purreal_operator.objects.identity import RunIdentity
from purreal_operator.status.model import PoolLoadTestStatus
from purreal_operator.status.moments import epoch
from purreal_runner.otlp import names
from purreal_runner.otlp.identity import TraceIdentity, trace_of

SERVICE = "purreal-operator"


def run_spans(run: RunIdentity, status: PoolLoadTestStatus, now: float) -> bytes:
    """The run and each of its phases as spans.

    Args:
        run: whose spans they are.
        status: with the begin of each phase.
        now: seconds since 1970; the end of the run and of its last phase.

    Returns:
        An `ExportTraceServiceRequest`, serialized.
    """
    trace = trace_of(run.run_id)
    return encode_spans(list(_spans(run, status, trace, now))).SerializeToString()


def _spans(
    run: RunIdentity, status: PoolLoadTestStatus, trace: TraceIdentity, now: float
) -> Iterator[ReadableSpan]:
    resource = Resource(
        {
            names.SERVICE_NAME: SERVICE,
            names.RUN_ID: run.run_id,
            "k8s.namespace.name": run.test.namespace,
        }
    )
    moments = [(begun.phase.value, epoch(begun.since)) for begun in status.phases]
    if not moments:
        return
    title = f"PoolLoadTest {run.test.name} run {run.run}"
    yield _span(title, trace, trace.span_id, None, resource, moments[0][1], now)
    for (phase, begin), (_, end) in pairwise([*moments, ("", now)]):
        span_id = int.from_bytes(sha256(f"{run.run_id}/{phase}".encode()).digest()[:8])
        yield _span(phase, trace, span_id, trace.span_id, resource, begin, end)


def _span(
    name: str,
    trace: TraceIdentity,
    span_id: int,
    parent_id: int | None,
    resource: Resource,
    begin: float,
    end: float,
) -> ReadableSpan:
    return ReadableSpan(
        name=name,
        context=_context(trace, span_id),
        parent=None if parent_id is None else _context(trace, parent_id),
        resource=resource,
        kind=SpanKind.INTERNAL,
        start_time=int(begin * 1e9),
        end_time=int(end * 1e9),
    )


def _context(trace: TraceIdentity, span_id: int) -> SpanContext:
    return SpanContext(trace.trace_id, span_id, is_remote=False, trace_flags=TraceFlags(1))
