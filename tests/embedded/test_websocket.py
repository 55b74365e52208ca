"""One client's socket against a client behind it that answers when the test says so."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from purreal_runner.embedded.websocket import ClientSocket, SocketLimits


class SlowClient:
    """Holds every request until `answer_all`."""

    def __init__(self, send: Callable[[bytes], None], on_done: Callable[[], None]) -> None:
        self.in_flight = 0
        self.received: list[bytes] = []
        self.left = False
        self.changed = asyncio.Event()
        self._send, self._on_done = send, on_done

    def receive(self, data: bytes) -> None:
        self.in_flight += 1
        self.received.append(data)
        self.changed.set()

    def leave(self) -> None:
        self.left = True
        self.changed.set()

    def answer_all(self, reply: bytes = b"reply") -> None:
        while self.in_flight:
            self.in_flight -= 1
            self._send(reply)
        self._on_done()

    async def until(self, condition: Callable[["SlowClient"], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition(self):
                self.changed.clear()
                await self.changed.wait()


class FakeHost:
    def __init__(self, limits: SocketLimits) -> None:
        self.limits = limits
        self.clients: list[SlowClient] = []
        self.sockets: list[ClientSocket] = []

    def answer_http(self, path: str, respond: Callable[[HTTPStatus, str], None]) -> bool:
        if path != "/rpc":
            respond(HTTPStatus.OK, path)
        return path != "/rpc"

    def connected(
        self, socket: ClientSocket, send: Callable[[bytes], None], on_done: Callable[[], None]
    ) -> SlowClient:
        self.clients.append(SlowClient(send, on_done))
        self.sockets.append(socket)
        return self.clients[-1]

    def disconnected(self, socket: ClientSocket) -> None:
        self.sockets.remove(socket)


@asynccontextmanager
async def listening(**limits: Any) -> AsyncIterator[tuple[FakeHost, int]]:
    host = FakeHost(SocketLimits(**limits))
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: ClientSocket(host), "127.0.0.1", 0)
    try:
        yield host, listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for socket in tuple(host.sockets):
            socket.abort()
        await listener.wait_closed()


def dial(port: int, **options: Any) -> Any:
    url = f"ws://127.0.0.1:{port}/rpc"
    return connect(url, subprotocols=["cbor"], compression=None, **options)  # type: ignore[list-item]


async def receive(socket: ClientConnection) -> bytes:
    async with asyncio.timeout(10):
        frame = await socket.recv()
    assert isinstance(frame, bytes)
    return frame


async def test_requests_in_flight_are_bounded_and_the_rest_waits() -> None:
    async with listening(in_flight=3) as (host, port), dial(port) as socket:
        for number in range(10):
            await socket.send(bytes([number]))
        [client] = host.clients
        for count in (3, 6, 9, 10):
            await client.until(lambda it, count=count: len(it.received) == count)
            assert client.in_flight <= 3
            [server_side] = host.sockets
            assert server_side.reading is (count == 10)
            client.answer_all()
        assert client.received == [bytes([number]) for number in range(10)]
        assert [await receive(socket) for _ in range(10)] == [b"reply"] * 10


async def test_a_client_that_does_not_read_is_not_read_either() -> None:
    async with listening(in_flight=1) as (host, port), dial(port, max_queue=1) as socket:
        await socket.send(b"first")
        await socket.send(b"second")
        [client] = host.clients
        await client.until(lambda it: it.in_flight == 1)
        socket.transport.pause_reading()
        client.in_flight = 40
        client.answer_all(b"x" * 2**20)  # more than the buffers of the system hold
        await _pong_of_another(port)
        assert client.received == [b"first"]
        socket.transport.resume_reading()
        for _ in range(40):
            await receive(socket)
        await client.until(lambda it: it.received[-1] == b"second")
        client.answer_all()


async def _pong_of_another(port: int) -> None:
    async with dial(port) as socket, asyncio.timeout(10):
        await (await socket.ping())


async def test_replies_of_one_moment_leave_in_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening() as (host, port), dial(port) as socket:
        for number in range(20):
            await socket.send(bytes([number]))
        [client] = host.clients
        await client.until(lambda it: len(it.received) == 20)
        [server_side] = host.sockets
        writes = []
        write = server_side._transport.write
        monkeypatch.setattr(
            server_side._transport, "write", lambda data: (writes.append(data), write(data))
        )
        client.answer_all()
        assert [await receive(socket) for _ in range(20)] == [b"reply"] * 20
        assert len(writes) == 1


async def test_pieces_make_one_message() -> None:
    async with listening() as (host, port), dial(port) as socket:
        await socket.send([b"one ", b"two ", b"three"])
        [client] = host.clients
        await client.until(lambda it: it.received == [b"one two three"])


async def test_texts_reach_the_client_as_nothing() -> None:
    async with listening() as (host, port), dial(port) as socket:
        await socket.send("text")
        await socket.send(["te", "xt"])
        await socket.send(b"binary")
        [client] = host.clients
        await client.until(lambda it: it.received == [b"", b"", b"binary"])


@pytest.mark.parametrize("pieces", [1, 3])
async def test_a_message_that_is_too_long_closes_the_socket(pieces: int) -> None:
    async with listening(message_bytes=1000) as (host, port), dial(port) as socket:
        await socket.send(b"x" * 1000)
        await socket.send([b"x" * (1001 // pieces + 1)] * pieces)
        with pytest.raises(ConnectionClosedError) as closed:
            await receive(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        [client] = host.clients
        await client.until(lambda it: it.left)
        assert client.received == [b"x" * 1000]


@pytest.mark.parametrize("sent", [b"", b"GET /rpc HTTP/1.1\r\nHost: here\r\nUpgr"])
async def test_a_handshake_that_does_not_end_is_cut(sent: bytes) -> None:
    async with listening(handshake_seconds=0.05) as (host, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        async with asyncio.timeout(10):
            with suppress(ConnectionResetError):  # as good as an end of the stream
                assert await reader.read() == b""
        writer.close()
        assert host.clients == []


async def test_what_follows_a_plain_request_is_dropped() -> None:
    async with listening() as (host, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /page HTTP/1.1\r\nHost: here\r\n\r\n" + b"\x82\x81mask." * 1000)
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"/page")
        assert host.clients == []


async def test_a_vanished_client_leaves() -> None:
    async with listening() as (host, port), dial(port) as socket:
        await socket.send(b"request")
        [client] = host.clients
        await client.until(lambda it: it.in_flight == 1)
        socket.transport.abort()
        await client.until(lambda it: it.left)
        client.answer_all()  # too late, and nobody minds
        assert host.sockets == []


async def test_a_client_that_ignores_the_goodbye_is_cut() -> None:
    async with listening(closing_seconds=0.05) as (host, port), dial(port) as socket:
        socket.transport.pause_reading()
        [server_side], [client] = host.sockets, host.clients
        server_side.close()
        await client.until(lambda it: it.left)
        socket.transport.resume_reading()
