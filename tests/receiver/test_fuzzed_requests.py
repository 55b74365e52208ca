"""Whatever is sent: a refused request changes no room, and nothing is an internal error."""

import asyncio
import gzip
from collections.abc import Iterator

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from purreal_operator.receiver.rooms import Rooms
from purreal_operator.receiver.server import Ports, Receiver
from purreal_runner.otlp.identity import trace_of
from purreal_runner.pod.coordination import RunnerState
from tests.receiver.sending import (
    RUN,
    Bench,
    FakeStore,
    SentSpan,
    metrics,
    pods_parts,
    room_plan,
    says,
    spans_message,
)

SPANS = spans_message([SentSpan("operation", 1, trace_of(RUN).span_id, 0, 10)])
PATHS = {
    "/v1/metrics": metrics(pods_parts(), final=True),
    "/v1/traces": SPANS.SerializeToString(),
    f"/v1/runs/{RUN}/runners/0": says(RunnerState.READY).to_json().encode(),
}
fuzzed = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    rooms = Rooms()
    receiver = Receiver(rooms, FakeStore().opened, ports=Ports(0, 0, "127.0.0.1"))
    receiver.start()
    yield receiver
    receiver.stop()


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """A good body with some bytes changed, cut out or put in."""
    body = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(body) - 1)))
        cut = draw(st.integers(0, 6))
        body[at : at + cut] = draw(st.binary(max_size=6))
    return bytes(body)


def check(receiver: Receiver, path: str, body: bytes, *, gzipped: bool) -> None:
    """Send it to a new room: the answer is 200, or a refusal after which the room is untouched."""
    receiver.rooms.close(RUN)
    receiver.rooms.open(room_plan())
    before = receiver.rooms.view(RUN)
    store = FakeStore()

    async def post() -> int:
        async with aiohttp.ClientSession() as session:
            bench = Bench(receiver, receiver.rooms, store, session)
            encoding = {"Content_Encoding": "gzip"} if gzipped else {}
            status, _, _ = await bench.post(
                path, body, Content_Type="application/x-protobuf", **encoding
            )
            return status

    status = asyncio.run(post())
    assert status == 200 or 400 <= status < 500, status
    after = receiver.rooms.view(RUN)
    assert before is not None
    assert after is not None
    if status != 200:
        assert sum(after.refusals.values()) == 1
        assert (after.runners, after.live, after.traces, after.stored) == (
            before.runners, before.live, before.traces, before.stored
        )  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@fuzzed
@given(data=st.data())
def test_damaged_bodies_are_taken_whole_or_not_at_all(receiver, path, data):
    check(receiver, path, data.draw(damaged(PATHS[path])), gzipped=False)


@pytest.mark.parametrize("path", ["/v1/metrics", "/v1/traces"])
@fuzzed
@given(body=st.binary(max_size=200), gzipped=st.booleans())
def test_any_bytes_are_taken_whole_or_not_at_all(receiver, path, body, gzipped):
    check(receiver, path, gzip.compress(body) if gzipped else body, gzipped=gzipped)


@fuzzed
@given(data=st.data())
def test_damaged_gzip_is_taken_whole_or_not_at_all(receiver, data):
    body = data.draw(damaged(gzip.compress(PATHS["/v1/metrics"])))
    check(receiver, "/v1/metrics", body, gzipped=True)
