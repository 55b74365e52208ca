"""The receiver over real gRPC on loopback: what the database may send."""

from collections.abc import AsyncIterator, Awaitable, Callable

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from purreal_operator.receiver.limits import Limits
from purreal_runner.otlp.identity import trace_of
from tests.receiver.sending import (
    DATABASE_TOKEN,
    RUN,
    TOKEN,
    SentSpan,
    room_plan,
    spans_message,
)

METRICS = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
SPANS = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

Export = Callable[..., Awaitable[grpc.StatusCode]]


def reading(cpu=42.0):
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add()
    metric.name = "surrealdb.process.cpu_percent"
    metric.gauge.data_points.add(as_double=cpu)
    return request.SerializeToString()


@pytest.fixture
async def export(bench) -> AsyncIterator[Export]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{bench.receiver.grpc_port}") as channel:

        async def export(body, method=METRICS, token=DATABASE_TOKEN, **more):
            metadata = [] if token is None else [("authorization", f"Bearer {token}")]
            try:
                await channel.unary_unary(method)(body, metadata=metadata, timeout=10, **more)
            except grpc.aio.AioRpcError as error:
                return error.code()
            return grpc.StatusCode.OK

        yield export


async def test_the_database_tells_about_itself(bench, export):
    assert await export(reading()) is grpc.StatusCode.OK
    assert bench.rooms.view(RUN).database.cpu_percent.peak == 42.0
    assert bench.receiver.stats()["accepted", "database metrics"] == 1


async def test_spans_of_the_database_lie_below_those_of_the_runner(bench, export):
    operation = SentSpan("operation", 1, trace_of(RUN).span_id, 0, 1000)
    body = spans_message([operation]).SerializeToString()
    assert await bench.send(body, "traces") == 200
    theirs = [SentSpan("rpc.execute", 2, 1, 10, 90), SentSpan("stray", 3, 1, 0, 1, trace_id=9)]
    body = spans_message(theirs, index=None).SerializeToString()
    assert await export(body, SPANS) is grpc.StatusCode.OK
    [trace] = bench.rooms.view(RUN).traces
    assert [(line.name, line.source) for line in trace.spans] == [
        ("operation", 0),
        ("rpc.execute", "database"),
    ]


@pytest.mark.parametrize(
    ("body", "token", "code"),
    [
        (reading(), "guess", grpc.StatusCode.UNAUTHENTICATED),
        (reading(), TOKEN, grpc.StatusCode.UNAUTHENTICATED),
        (reading(), None, grpc.StatusCode.UNAUTHENTICATED),
        (b"\xff" * 50, DATABASE_TOKEN, grpc.StatusCode.INVALID_ARGUMENT),
        (b"\x00" * 4_300_000, DATABASE_TOKEN, grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
)
async def test_an_export_that_is_refused_changes_nothing(bench, export, body, token, code):
    assert await export(body, token=token) is code
    assert bench.rooms.view(RUN).database is None


async def test_a_malformed_export_is_counted_for_the_run(bench, export):
    await export(b"\xff" * 50)
    await export(b"\xff" * 50, SPANS)
    assert bench.rooms.view(RUN).refusals == {"Malformed": 2}


async def test_compressed_messages_are_not_taken(bench, export):
    code = await export(b"\x00" * 50_000_000, compression=grpc.Compression.Gzip)
    assert code is not grpc.StatusCode.OK
    assert bench.rooms.view(RUN).database is None
    assert await export(reading()) is grpc.StatusCode.OK


async def test_a_database_that_sends_too_much_is_told_so(export):
    codes = [await export(b"\xff") for _ in range(200)]
    assert set(codes) == {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    }


async def test_a_run_whose_database_has_no_token_takes_nothing(bench, export):
    bench.rooms.open(room_plan(target_token_hash=None))
    assert await export(reading()) is grpc.StatusCode.UNAUTHENTICATED


def test_calls_at_once_are_bounded():
    assert Limits().grpc_calls_at_once * Limits().body_bytes <= 64 * 1024 * 1024
