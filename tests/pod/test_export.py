"""Live exports are dropped when they are late; a final is sent until it is certainly stored."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from purreal_runner.measure import Part
from purreal_runner.measure.part import Counts
from purreal_runner.measure.sampled import SampledSpan
from purreal_runner.otlp.identity import PodIdentity, trace_of
from purreal_runner.pod import export
from purreal_runner.pod.export import Exporter, NotStored
from tests.pod.fake_operator import attributes, is_final, issued

PARTS = [Part(index=index, process=index, counts=Counts(issued=7, succeeded=7)) for index in (4, 5)]
IDENTITY = PodIdentity("run-1", 2, "uid", "pod", 1_700_000_000_000_000_000)
SPAN = SampledSpan(name="acquire", span_id=9, start_unix_ns=10, end_unix_ns=20)


class Receiver:
    """Answers one response after the other, then 200; keeps what it was sent."""

    def __init__(self, *answers: web.Response) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, bytes]] = []
        self.encodings: set[str | None] = set()
        self.hang = False

    async def take(self, request: web.Request) -> web.Response:
        self.encodings.add(request.headers.get("Content-Encoding"))
        self.requests.append((request.path, await request.read()))
        if self.hang:
            await asyncio.Event().wait()
        return self.answers.pop(0) if self.answers else web.Response()

    @asynccontextmanager
    async def exporter(self) -> AsyncIterator[Exporter]:
        """An exporter that sends here."""
        app = web.Application()
        app.router.add_post("/v1/{signal}", self.take)
        async with TestServer(app) as server, aiohttp.ClientSession() as session:
            url = str(server.make_url("/")).rstrip("/")
            yield Exporter(session, url, IDENTITY, random=Random(1))


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "pause", lambda attempt, random: 0.0)


def soon() -> float:
    return time.monotonic() + 30.0


async def test_all_pools_of_the_pod_are_in_one_request() -> None:
    receiver = Receiver()

    async with receiver.exporter() as exporter:
        await exporter.final(PARTS, soon())

    [(path, body)] = receiver.requests
    message = ExportMetricsServiceRequest.FromString(body)
    assert path == "/v1/metrics"
    assert receiver.encodings == {"gzip"}
    assert [attributes(message, pool)["purreal.pool.index"] for pool in (0, 1)] == [4, 5]
    assert attributes(message)["purreal.run.id"] == "run-1"
    assert is_final(message)
    assert issued(message) == 14


async def test_a_live_export_says_that_more_will_come() -> None:
    receiver = Receiver()

    async with receiver.exporter() as exporter:
        assert await exporter.live(PARTS)

    assert not is_final(ExportMetricsServiceRequest.FromString(receiver.requests[0][1]))


@pytest.mark.parametrize("status", [401, 404, 408, 429, 500, 503])
async def test_a_final_is_sent_again_until_it_is_stored(status: int) -> None:
    receiver = Receiver(web.Response(status=status), web.Response(status=status))

    async with receiver.exporter() as exporter:
        await exporter.final(PARTS, soon())

    assert len({body for _, body in receiver.requests}) == 1
    assert len(receiver.requests) == 3


@pytest.mark.parametrize("status", [400, 413])
async def test_a_final_that_will_never_be_taken_is_sent_once(status: int) -> None:
    receiver = Receiver(web.Response(status=status, text="too large"))

    async with receiver.exporter() as exporter:
        with pytest.raises(NotStored, match=f"{status}: too large"):
            await exporter.final(PARTS, soon())

    assert len(receiver.requests) == 1


async def test_a_redirect_is_not_taken_for_a_success() -> None:
    receiver = Receiver(web.Response(status=302, headers={"Location": "/v1/other"}))

    async with receiver.exporter() as exporter:
        await exporter.final(PARTS, soon())

    assert [path for path, _ in receiver.requests] == ["/v1/metrics", "/v1/metrics"]


async def test_somebody_elses_success_is_not_taken_for_ours() -> None:
    receiver = Receiver(web.Response(text="<html>welcome"))

    async with receiver.exporter() as exporter:
        await exporter.final(PARTS, soon())

    assert len(receiver.requests) == 2


async def test_a_final_that_is_taken_in_part_only_is_not_stored() -> None:
    left_out = ExportMetricsPartialSuccess(rejected_data_points=3, error_message="pool 4")
    answer = ExportMetricsServiceResponse(partial_success=left_out)
    receiver = Receiver(web.Response(body=answer.SerializeToString()))

    async with receiver.exporter() as exporter:
        with pytest.raises(NotStored, match="left out a part: pool 4"):
            await exporter.final(PARTS, soon())


async def test_a_final_is_given_up_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "pause", lambda attempt, random: 3.0)
    receiver = Receiver(web.Response(status=503, text="full"))

    async with receiver.exporter() as exporter:
        with pytest.raises(NotStored, match="could not be delivered: the operator answered 503"):
            await exporter.final(PARTS, time.monotonic() + 2.0)

    assert len(receiver.requests) == 1


async def test_the_operator_says_how_long_it_wants_to_be_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    real_sleep = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await real_sleep(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    busy = [
        web.Response(status=503, headers={"Retry-After": after})
        for after in ("2", "86400", "Wed, 21 Oct 2026 07:28:00 GMT")
    ]
    receiver = Receiver(*busy)

    async with receiver.exporter() as exporter:
        await exporter.final(PARTS, soon())

    assert [seconds for seconds in waits if seconds] == [2.0, 10.0]
    assert len(receiver.requests) == 4


async def test_a_live_export_that_is_late_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_LIVE_SECONDS", 0.05)
    receiver = Receiver()
    receiver.hang = True

    async with receiver.exporter() as exporter:
        assert not await exporter.live(PARTS)

    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [400, 503])
async def test_a_live_export_that_is_refused_is_dropped(status: int) -> None:
    receiver = Receiver(web.Response(status=status))

    async with receiver.exporter() as exporter:
        assert not await exporter.live(PARTS)
        assert await exporter.live(PARTS)

    assert len(receiver.requests) == 2


async def test_sampled_spans_belong_to_the_trace_of_the_run() -> None:
    receiver = Receiver()

    async with receiver.exporter() as exporter:
        assert await exporter.spans([SPAN])

    [(path, body)] = receiver.requests
    [resource] = ExportTraceServiceRequest.FromString(body).resource_spans
    [span] = resource.scope_spans[0].spans
    trace = trace_of("run-1")
    assert path == "/v1/traces"
    assert int.from_bytes(span.trace_id) == trace.trace_id
    assert int.from_bytes(span.parent_span_id) == trace.span_id


async def test_without_spans_nothing_is_sent() -> None:
    receiver = Receiver()

    async with receiver.exporter() as exporter:
        assert await exporter.spans([])

    assert receiver.requests == []
