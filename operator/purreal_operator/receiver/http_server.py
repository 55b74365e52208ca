"""The receiver's HTTP: coordination and OTLP/HTTP; knows statuses and headers, no run's state."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from purreal_operator.receiver.forward import Signal
from purreal_operator.receiver.intake import Intake, token_hash_of
from purreal_operator.receiver.refusals import Reason, Refused

_PROTOBUF: Final = "application/x-protobuf"
_RETRY_AFTER_SECONDS: Final = "2"
_STATUS: Final = {
    Reason.WRONG_TOKEN: 401,
    Reason.WRONG_RUN: 403,
    Reason.UNKNOWN_INDEX: 404,
    Reason.MALFORMED: 400,
    Reason.UNSUPPORTED: 415,
    Reason.TOO_LARGE: 413,
    Reason.TOO_MANY: 429,
    Reason.TOO_SLOW: 408,
    Reason.LAYOUT_MISMATCH: 400,
    Reason.DUPLICATE: 409,
    Reason.NOT_READY: 503,
    Reason.NOT_STORED: 503,
    Reason.UNSTORABLE: 422,  # for ever: runners repeat a 503
}
_ANSWERS: Final = {
    "metrics": ExportMetricsServiceResponse().SerializeToString(),
    "traces": ExportTraceServiceResponse().SerializeToString(),
}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class HttpEndpoints:
    """The paths of the receiver.

    Args:
        intake: takes what was sent.

    Attributes:
        heard_from: called with the connection of each request.
    """

    def __init__(self, intake: Intake) -> None:
        self.heard_from: Callable[[asyncio.BaseProtocol], None] = lambda _: None
        self._intake = intake
        self._limits = intake.limits
        self._bodies = asyncio.Semaphore(intake.limits.bodies_at_once)

    def application(self) -> web.Application:
        """The paths, ready to be served."""

        async def metrics(request: web.Request) -> web.Response:
            return await self._telemetry(request, "metrics")

        async def spans(request: web.Request) -> web.Response:
            return await self._telemetry(request, "traces")

        @web.middleware
        async def refusals(request: web.Request, handler: _Handler) -> web.StreamResponse:
            self.heard_from(request.protocol)
            try:
                return await handler(request)
            except Refused as refused:
                self._intake.refused(refused, "http")
                return _refusal(refused)
            except ConnectionError:
                self._intake.stats.count("hung_up")
                return web.Response(status=400)  # nobody is there to read it

        app = web.Application(middlewares=[refusals])
        app.router.add_post("/v1/runs/{run_id}/runners/{index}", self._coordination)
        app.router.add_post("/v1/metrics", metrics)
        app.router.add_post("/v1/traces", spans)
        return app

    async def _coordination(self, request: web.Request) -> web.Response:
        run_id = request.match_info["run_id"]
        self._intake.admit_question(run_id, request.headers.get("Authorization"))
        index = _index(request.match_info["index"], run_id)
        body = await self._body(request, self._limits.question_bytes, run_id)
        said = self._intake.answer(run_id, index, body)
        return web.Response(text=said.to_json(), content_type="application/json")

    async def _telemetry(self, request: web.Request, signal: Signal) -> web.Response:
        token_hash = token_hash_of(request.headers.get("Authorization"))
        plan = self._intake.admit_runner(token_hash)
        run_id = None if plan is None else plan.run_id
        gzipped = _is_gzipped(request, run_id)
        if plan is None:
            body = await self._body(request, self._limits.stranger_body_bytes, None)
            await self._intake.refuse_stranger(signal, token_hash, body, gzipped)
            raise AssertionError("a stranger was not refused")
        async with self._turn(plan.run_id):
            body = await self._body(request, self._limits.body_bytes, plan.run_id)
            if signal == "metrics":
                await self._intake.take_metrics(plan, body, gzipped=gzipped)
            else:
                await self._intake.take_spans(plan, body, gzipped=gzipped)
        return web.Response(body=_ANSWERS[signal], content_type=_PROTOBUF)

    @asynccontextmanager
    async def _turn(self, run_id: str) -> AsyncIterator[None]:
        """Bounds the bodies in memory; who waits too long for a turn may try again."""
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                await self._bodies.acquire()
        except TimeoutError:
            raise Refused(Reason.NOT_READY, "too much is being received; again", run_id) from None
        try:
            yield
        finally:
            self._bodies.release()

    async def _body(self, request: web.Request, limit: int, run_id: str | None) -> bytes:
        too_large = Refused(Reason.TOO_LARGE, f"the body is larger than {limit} bytes", run_id)
        if (request.content_length or 0) > limit:
            raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > limit:
                        raise too_large
        except TimeoutError:
            seconds = self._limits.body_seconds
            message = f"the body has not come within {seconds:g} s"
            raise Refused(Reason.TOO_SLOW, message, run_id) from None
        except web.RequestPayloadError as error:
            raise Refused(Reason.MALFORMED, "the body can't be read", run_id) from error
        return bytes(body)


def _index(given: str, run_id: str) -> int:
    if not (given.isascii() and given.isdecimal() and len(given) <= 9):
        raise Refused(Reason.UNKNOWN_INDEX, "the index is not a number", run_id)
    return int(given)


def _is_gzipped(request: web.Request, run_id: str | None) -> bool:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if request.content_type != _PROTOBUF or encoding not in ("gzip", "identity"):
        message = f"only {_PROTOBUF} is taken, as it is or gzipped"
        raise Refused(Reason.UNSUPPORTED, message, run_id)
    return encoding == "gzip"


def _refusal(refused: Refused) -> web.Response:
    status = _STATUS[refused.reason]
    response = web.Response(status=status, text=f"{refused.reason}: {refused.message}\n")
    if status in (429, 503):
        response.headers["Retry-After"] = _RETRY_AFTER_SECONDS
    if refused.reason in (Reason.WRONG_TOKEN, Reason.TOO_LARGE, Reason.TOO_SLOW):
        response.force_close()
    return response
