"""The receiver's gRPC: OTLP of the database, which speaks nothing else; knows no run's state."""

from collections.abc import Awaitable, Callable
from typing import Final

import grpc
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from purreal_operator.receiver.intake import Intake, token_hash_of
from purreal_operator.receiver.plan import RoomPlan
from purreal_operator.receiver.refusals import Reason, Refused

_METRICS: Final = "opentelemetry.proto.collector.metrics.v1.MetricsService"
_TRACES: Final = "opentelemetry.proto.collector.trace.v1.TraceService"
_IDENTITY_ONLY: Final = 1
_CODES: Final = {
    Reason.WRONG_TOKEN: grpc.StatusCode.UNAUTHENTICATED,
    Reason.TOO_MANY: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Reason.TOO_LARGE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Reason.NOT_READY: grpc.StatusCode.UNAVAILABLE,
}
_Take = Callable[[RoomPlan, bytes], Awaitable[None]]
_Context = grpc.aio.ServicerContext[bytes, bytes]
_Export = Callable[[bytes, _Context], Awaitable[bytes]]


def make_server(intake: Intake) -> grpc.aio.Server:
    """A server that has the two services and no port yet.

    It takes no compressed messages: SurrealDB sends none unless told to, and so nobody can send
    little that unpacks to much.
    """
    limits = intake.limits
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", limits.body_bytes),
            ("grpc.max_concurrent_streams", limits.grpc_calls_at_once),
            ("grpc.max_connection_idle_ms", int(limits.keep_alive_seconds * 1000)),
            ("grpc.compression_enabled_algorithms_bitset", _IDENTITY_ONLY),
            ("grpc.so_reuseport", 0),
        ],
        maximum_concurrent_rpcs=limits.grpc_calls_at_once,
    )
    metrics = _export(intake, intake.take_database_metrics, ExportMetricsServiceResponse())
    spans = _export(intake, intake.take_database_spans, ExportTraceServiceResponse())
    server.add_generic_rpc_handlers((_service(_METRICS, metrics), _service(_TRACES, spans)))
    return server


def _service(name: str, export: _Export) -> "grpc.GenericRpcHandler[bytes, bytes]":
    # Without a deserializer the bytes come as they are: nothing is read before the token is known.
    method = grpc.unary_unary_rpc_method_handler(export)
    return grpc.method_handlers_generic_handler(name, {"Export": method})


def _export(
    intake: Intake,
    take: _Take,
    response: ExportMetricsServiceResponse | ExportTraceServiceResponse,
) -> _Export:
    done = response.SerializeToString()

    async def export(body: bytes, context: _Context) -> bytes:
        metadata = dict(context.invocation_metadata() or ())
        try:
            token_hash = token_hash_of(str(metadata.get("authorization", "")))
            await take(intake.admit_database(token_hash), body)
        except Refused as refused:
            intake.refused(refused, "grpc")
            code = _CODES.get(refused.reason, grpc.StatusCode.INVALID_ARGUMENT)
            await context.abort(code, f"{refused.reason}: {refused.message}")
        return done

    return export
