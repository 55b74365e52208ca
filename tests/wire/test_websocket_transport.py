"""The real WebSocket transport: nothing is left of a connect that was cancelled, at any moment."""

import asyncio
import gc
import logging
from pathlib import Path

import pytest
from websockets.asyncio.server import serve

from purreal._connector import WebSocketConnector
from purreal._credentials import Credentials
from purreal._errors import ConnectionLost, Outcome, Unreachable
from purreal._transport import Abandoned
from purreal._websockets import WebSockets
from purreal.testing import Constant, FakeServer


def connector_to(server, **parameters):
    return WebSocketConnector(
        server.url, credentials=Credentials("root", "pw"), namespace="n", **parameters
    )


def open_files() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0


async def until(condition) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 (the operating system sends no event for this)
            await asyncio.sleep(0.01)


async def test_a_connect_cancelled_at_any_moment_leaves_no_socket_and_no_task():
    async with FakeServer(password="pw") as server:
        connector = connector_to(server)
        await (await connector.connect()).close()
        tasks, files = len(asyncio.all_tasks()), open_files()
        for turns in range(40):
            connecting = asyncio.create_task(connector.connect())
            for _ in range(turns):
                await asyncio.sleep(0)
            connecting.cancel()
            await asyncio.wait({connecting})
            if not connecting.cancelled() and connecting.exception() is None:
                connecting.result().abort()

        await until(lambda: not server.connections)
        await until(lambda: len(asyncio.all_tasks()) <= tasks)
        await until(lambda: open_files() <= files)


async def test_a_keeper_cancelled_by_a_loop_that_shuts_down_is_no_loss():
    told = []
    async with FakeServer(password="pw", latency=Constant(30.0)) as server:
        before = asyncio.all_tasks()
        connection = await connector_to(server).connect()
        connection.on_lost = lambda: told.append("lost")
        connection.on_abandoned = lambda: told.append("abandoned")
        (keeper,) = [task for task in asyncio.all_tasks() if task.get_name() == "purreal-keeper"]
        request = asyncio.create_task(connection.request("query", ["RETURN 1"]))
        await until(lambda: server.requests["query"] == 1)

        keeper.cancel()
        await asyncio.wait({keeper, request})
        await until(lambda: not server.connections)

        assert told == ["abandoned"]
        assert type(request.exception()) is ConnectionLost
        assert not connection.usable
        await until(lambda: asyncio.all_tasks() <= before)


async def test_a_keeper_cancelled_before_its_first_step_is_noticed_as_well():
    told = []
    async with FakeServer() as server:
        before = asyncio.all_tasks()
        await WebSockets(server.url, None).open(told.append, told.append)
        # This is still the step that made the keeper.
        (keeper,) = [task for task in asyncio.all_tasks() if task.get_name() == "purreal-keeper"]
        keeper.cancel()
        await asyncio.wait({keeper})

        assert [type(reason) for reason in told] == [Abandoned]
        await until(lambda: asyncio.all_tasks() <= before)


async def test_a_closed_connection_is_gone_from_the_server_too():
    async with FakeServer(password="pw") as server:
        connection = await connector_to(server).connect()

        await connection.close()
        await until(lambda: not server.connections)

        with pytest.raises(ConnectionLost) as caught:
            await connection.request("query", ["RETURN 1"])
    assert caught.value.outcome is Outcome.NOT_SENT


async def test_the_log_never_shows_what_travels_not_even_at_debug(caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("websockets", "websockets.client", "purreal", "purreal.websocket"):
        caplog.set_level(logging.DEBUG, logger=name)

    async with FakeServer(password="pa55word") as server:
        credentials = Credentials("root", "pa55word")
        connection = await WebSocketConnector(server.url, credentials=credentials).connect()
        await connection.request("query", ["RETURN $x", {"x": "personal data"}])
        await connection.close()

    assert [name for name in ("is ready", "ended") if name in caplog.text] == ["is ready", "ended"]
    for secret in ("pa55word", b"pa55".hex(" "), "person", b"person".hex(" ")):
        assert secret not in caplog.text


async def test_a_server_that_is_no_websocket_server_is_explained():
    async def answer(reader, writer):
        writer.write(b"SSH-2.0-OpenSSH\r\n")
        writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener:
        with pytest.raises(Unreachable, match="no SurrealDB WebSocket"):
            await WebSocketConnector(f"ws://127.0.0.1:{port}").connect()


async def test_a_server_without_the_cbor_protocol_is_explained():
    async def talk(socket):
        await socket.wait_closed()

    async with serve(talk, "127.0.0.1", 0) as listener:
        port = next(iter(listener.sockets)).getsockname()[1]
        connector = WebSocketConnector(f"ws://127.0.0.1:{port}")
        with pytest.raises(Unreachable, match="cbor"):
            await connector.connect()

    assert (connector.sockets, connector.peak_sockets) == (0, 0)


async def test_a_reply_that_is_too_long_is_explained(monkeypatch):
    for module in ("_websocket", "_websockets"):
        monkeypatch.setattr(f"purreal.{module}.MAX_MESSAGE_BYTES", 2**20)
    async with FakeServer(respond=lambda text, variables: ["x" * 2**20]) as server:
        connection = await WebSocketConnector(server.url).connect()

        with pytest.raises(ConnectionLost, match="more than 1 MiB at once"):
            await connection.request("query", ["RETURN $large", {}])


async def test_large_messages_travel_whole():
    large = "x" * 5_000_000
    async with FakeServer(respond=lambda text, variables: [variables["large"]]) as server:
        connection = await WebSocketConnector(server.url).connect()

        reply = await connection.request("query", ["RETURN $large", {"large": large}])
        await connection.close()

    assert reply[0]["result"] == large
