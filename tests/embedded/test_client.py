"""One client between a socket and an engine that answers when the test says so."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import cbor2
import pytest
from websockets.asyncio.client import connect

from purreal_runner.embedded.client import Client
from purreal_runner.embedded.server import Server
from purreal_runner.embedded.websocket import SocketLimits

NONE = cbor2.CBORTag(6, None)


class FakeEngine:
    """Remembers requests and detached sessions; `answer` ends the oldest request."""

    version = "surrealdb-0.0.0"

    def __init__(self) -> None:
        self.pending: list[tuple[dict[str, Any], asyncio.Future[bytes]]] = []
        self.detached: list[UUID] = []

    def execute(self, request: bytes) -> asyncio.Future[bytes]:
        future = asyncio.get_running_loop().create_future()
        self.pending.append((cbor2.loads(request), future))
        return future

    def detach_soon(self, session: UUID) -> None:
        self.detached.append(session)

    async def answer(self, failure: BaseException | None = None) -> dict[str, Any]:
        request, future = self.pending.pop(0)
        reply = {"id": request.get("id"), "result": NONE}
        session = cbor2.CBORTag(37, request["session"].bytes)
        if failure is None:
            future.set_result(cbor2.dumps({**reply, "session": session}))
        else:
            future.set_exception(failure)
        await asyncio.sleep(0)
        return request


class Setting:
    """A client, what it sent, and how often it was done."""

    def __init__(self) -> None:
        self.engine = FakeEngine()
        self.sent: list[dict[str, Any]] = []
        self.done = 0
        self.client = Client(self.engine, self.send, self.count)

    def send(self, frame: bytes) -> None:
        self.sent.append(cbor2.loads(frame))

    def count(self) -> None:
        self.done += 1

    def ask(self, method: str, session: UUID | None = None, id: Any = 1) -> None:
        named = {} if session is None else {"session": cbor2.CBORTag(37, session.bytes)}
        self.client.receive(cbor2.dumps({"id": id, "method": method, **named}))


async def connected() -> Setting:
    setting = Setting()
    await setting.engine.answer()  # the attach of the socket's own session
    return setting


async def test_nothing_runs_before_the_clients_session_exists() -> None:
    setting = Setting()
    setting.ask("query")
    assert [request["method"] for request, _ in setting.engine.pending] == ["attach"]
    own = (await setting.engine.answer())["session"]
    assert (await setting.engine.answer())["session"] == own
    assert setting.sent == [{"id": 1, "result": NONE}]
    assert (setting.done, setting.client.in_flight) == (1, 0)


async def test_the_engine_never_sees_the_clients_name_of_a_session() -> None:
    setting, outer = await connected(), uuid4()
    setting.ask("attach", outer)
    inner = (await setting.engine.answer())["session"]
    setting.ask("query", outer)
    assert (await setting.engine.answer())["session"] == inner != outer
    assert [reply["session"] for reply in setting.sent] == [outer, outer]


async def test_a_vanished_client_is_detached_after_its_requests_have_ended() -> None:
    setting, outer = await connected(), uuid4()
    setting.ask("query")
    setting.ask("attach", outer)
    setting.ask("use", outer)  # waits for the attach
    (query, running), (attach, attaching) = setting.engine.pending
    setting.client.leave()
    await asyncio.sleep(0)
    assert running.cancelled()
    # Cut short, the attach could still make its session after the detach.
    assert not attaching.done()
    assert setting.engine.detached == []
    attaching.set_result(b"")
    await asyncio.sleep(0)
    assert set(setting.engine.detached) == {query["session"], attach["session"]}
    assert len(setting.engine.detached) == 2
    assert len(setting.engine.pending) == 2
    assert setting.sent == []
    setting.client.leave()
    assert len(setting.engine.detached) == 2


async def test_a_fault_of_the_engine_is_an_error_with_the_requests_id() -> None:
    setting = await connected()
    setting.ask("query", id="mine")
    await setting.engine.answer(RuntimeError("a thread panicked"))
    [reply] = setting.sent
    assert reply["id"] == "mine"
    assert reply["error"]["kind"] == "Internal"
    assert setting.client.in_flight == 0


@pytest.mark.parametrize(
    ("reason", "code"),
    [("Failed to decode CBOR request: …", -32700), ("Failed to parse request: …", -32600)],
)
async def test_what_the_engine_can_not_read_gets_an_error_without_an_id(
    reason: str, code: int
) -> None:
    setting = await connected()
    setting.ask("query")
    await setting.engine.answer(ValueError(reason))
    [reply] = setting.sent
    assert set(reply) == {"error"}
    assert reply["error"]["code"] == code


async def _shake_hands(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"GET /rpc HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        b"Sec-WebSocket-Protocol: cbor\r\n\r\n"
    )
    assert b"101" in await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def test_a_silent_client_is_pinged_and_then_cut() -> None:
    engine: Any = FakeEngine()
    server = Server(engine, silence_seconds=0.05)
    port = await server.listen("127.0.0.1", 0)
    try:
        async with asyncio.timeout(10):
            reader, writer = await _shake_hands(port)
            assert await reader.readexactly(2) == b"\x89\x00"  # a ping, which stays unanswered
            try:
                rest = await reader.read()
            except ConnectionResetError:
                rest = b""
            assert rest == b""
            writer.close()
    finally:
        await server.close()
    assert engine.pending[0][0]["method"] == "attach"


async def test_a_client_that_has_to_wait_is_not_taken_for_a_dead_one() -> None:
    engine: Any = FakeEngine()
    server = Server(engine, SocketLimits(in_flight=1), silence_seconds=0.02)
    port = await server.listen("127.0.0.1", 0)
    try:
        async with asyncio.timeout(10), connect(
            f"ws://127.0.0.1:{port}/rpc", subprotocols=["cbor"], compression=None
        ) as socket:  # fmt: skip
            await socket.send(cbor2.dumps({"id": 1, "method": "query"}))
            for _ in range(5):  # many looks for silent clients
                await asyncio.sleep(0.02)
            await engine.answer()
            await engine.answer()
            assert cbor2.loads(await socket.recv())["id"] == 1
    finally:
        await server.close()
