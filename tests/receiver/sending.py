"""Owns a receiver under test and what is sent to it."""

import asyncio
import gzip
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256

import aiohttp
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from purreal_operator.receiver.plan import NeverStored, RoomPlan, Store, Stored
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.receiver.server import Receiver
from purreal_runner.measure import Part
from purreal_runner.measure.part import Counts
from purreal_runner.otlp import names
from purreal_runner.otlp.encode import encode
from purreal_runner.otlp.identity import PodIdentity, trace_of
from purreal_runner.pod.coordination import RunnerSays, RunnerState

RUN = "uid-1"
TOKEN = "token-of-the-runners"
DATABASE_TOKEN = "token-of-the-database"


def hash_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def room_plan(run_id: str = RUN, token: str | None = TOKEN, **changes: object) -> RoomPlan:
    defaults: dict[str, object] = {
        "namespace": "shop",
        "test": "checkout",
        "uid": "uid",
        "run": 1,
        "run_id": run_id,
        "runners": 3,
        "processes": 2,
        "runner_token_hash": None if token is None else hash_of(token),
        "target_token_hash": hash_of(DATABASE_TOKEN),
        "forward_to": None,
    }
    return RoomPlan(**(defaults | changes))  # type: ignore[arg-type]


def says(state: RunnerState, pod_uid: str = "pod-a", **more: object) -> RunnerSays:
    return RunnerSays(pod_uid=pod_uid, pod_name=f"name-{pod_uid}", state=state, **more)  # type: ignore[arg-type]


def pods_parts(index: int = 0, issued: int = 10, *, started: float = 0.0) -> list[Part]:
    """The parts of a runner with two pools."""
    return [
        Part(
            index=pool,
            process=pool,
            started=started,
            ended=started + 1.0,
            counts=Counts(issued=issued, succeeded=issued),
        )
        for pool in (2 * index, 2 * index + 1)
    ]


def metrics(
    parts: Sequence[Part],
    *,
    index: int = 0,
    pod: str = "pod-a",
    run: str = RUN,
    final: bool = False,
) -> bytes:
    identity = PodIdentity(run, index, pod, f"name-{pod}", 1_800_000_000_000_000_000)
    return encode_metrics(encode(parts, identity, final=final)).SerializeToString()


@dataclass(frozen=True)
class SentSpan:
    name: str
    span_id: int
    parent: int
    start_ns: int
    end_ns: int
    trace_id: int = field(default_factory=lambda: trace_of(RUN).trace_id)


def spans_message(
    spans: Sequence[SentSpan], *, index: int | None = 0, pod: str = "pod-a", run: str = RUN
) -> ExportTraceServiceRequest:
    """Spans of a runner, or of the database for index None."""
    message = ExportTraceServiceRequest()
    resource = message.resource_spans.add()
    if index is not None:
        for key, text in ((names.RUN_ID, run), (names.SERVICE_INSTANCE_ID, pod)):
            resource.resource.attributes.add(key=key).value.string_value = text
        resource.resource.attributes.add(key=names.RUNNER_INDEX).value.int_value = index
    scope = resource.scope_spans.add()
    for span in spans:
        scope.spans.add(
            trace_id=span.trace_id.to_bytes(16),
            span_id=span.span_id.to_bytes(8),
            parent_span_id=span.parent.to_bytes(8),
            name=span.name,
            start_time_unix_nano=span.start_ns,
            end_time_unix_nano=span.end_ns,
        )
    return message


@dataclass
class FakeStore:
    """Keeps finals as the operator would: the first pod of an index wins."""

    kept: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    fails: bool = False
    hangs: bool = False
    never: str = ""

    async def __call__(self, plan: RoomPlan, index: int, pod_uid: str, body: bytes) -> Stored:
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails:
            raise OSError("the API server is away; the token is s3cret")
        if self.never:
            raise NeverStored(self.never)
        if index in self.kept:
            return Stored.ALREADY if self.kept[index][0] == pod_uid else Stored.OTHER
        self.kept[index] = (pod_uid, body)
        return Stored.STORED

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Store]:
        yield self


@dataclass
class Bench:
    """A running receiver, its rooms and its store."""

    receiver: Receiver
    rooms: Rooms
    store: FakeStore
    session: aiohttp.ClientSession

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.receiver.http_port}"

    async def post(
        self, path: str, body: bytes, *, token: str | None = TOKEN, **headers: str
    ) -> tuple[int, bytes, "aiohttp.typedefs.LooseHeaders"]:
        every = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            every["Authorization"] = f"Bearer {token}"
        async with self.session.post(
            self.address + path, data=io.BytesIO(body), headers=every
        ) as response:
            return response.status, await response.read(), response.headers

    async def send(
        self, body: bytes, signal: str = "metrics", *, token: str = TOKEN, gzipped: bool = True
    ) -> int:
        """OTLP as a runner sends it; the status of the answer."""
        headers = {"Content_Type": "application/x-protobuf"}
        if gzipped:
            headers["Content_Encoding"] = "gzip"
            body = gzip.compress(body)
        status, _, _ = await self.post(f"/v1/{signal}", body, token=token, **headers)
        return status

    async def ask(
        self, said: RunnerSays, index: int | str = 0, *, run: str = RUN, token: str | None = TOKEN
    ) -> tuple[int, bytes]:
        path = f"/v1/runs/{run}/runners/{index}"
        status, body, _ = await self.post(path, said.to_json().encode(), token=token)
        return status, body
