"""Sampled spans as OpenTelemetry's, in the one trace of the run."""

from hashlib import sha256

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

from purreal_runner.measure.sampled import SampledSpan
from purreal_runner.otlp import names
from purreal_runner.otlp.identity import trace_of
from purreal_runner.otlp.spans import to_sdk_spans
from tests.otlp.arbitrary_parts import IDENTITY

TRACE = trace_of(IDENTITY.run_id)


def test_the_trace_of_a_run_follows_from_its_id() -> None:
    digest = sha256(b"uid-3").hexdigest()

    assert TRACE.trace_hex == digest[:32]
    assert f"{TRACE.span_id:016x}" == digest[32:48]
    assert trace_of("uid-4") != TRACE


def test_spans_arrive_with_their_ids_times_and_errors() -> None:
    operation = SampledSpan(
        name="operation",
        span_id=7,
        start_unix_ns=1_000,
        end_unix_ns=9_000,
        attributes={"purreal.outcome": "failed", "purreal.pool.index": 3},
        error="ValueError",
    )
    query = SampledSpan(
        name="query",
        span_id=8,
        parent_id=7,
        start_unix_ns=2_000,
        end_unix_ns=3_000,
        attributes={"db.system.name": "surrealdb", "purreal.database_time": 0.25},
    )

    message = encode_spans(to_sdk_spans([operation, query], TRACE, IDENTITY))

    [resource] = message.resource_spans
    first, second = resource.scope_spans[0].spans
    assert {first.trace_id.hex(), second.trace_id.hex()} == {TRACE.trace_hex}
    assert int.from_bytes(first.parent_span_id) == TRACE.span_id
    assert int.from_bytes(second.parent_span_id) == int.from_bytes(first.span_id) == 7
    assert (second.start_time_unix_nano, second.end_time_unix_nano) == (2_000, 3_000)
    assert (first.status.code, second.status.code) == (2, 0)
    assert (first.kind, second.kind) == (1, 3)
    told = {each.key: each.value for each in first.attributes}
    assert told["error.type"].string_value == "ValueError"
    assert told["purreal.pool.index"].int_value == 3
    sender = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert sender[names.RUN_ID] == IDENTITY.run_id
    assert sender[names.SERVICE_NAME] == "purreal-runner"
