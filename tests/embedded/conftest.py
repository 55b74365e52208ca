"""Targets and a bare WebSocket client for the tests of the embedded engine; no pool is involved."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import cbor2
import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect

from purreal_runner.embedded.launch import (
    RunningTarget,
    find_server_binary,
    start_embedded,
    start_server,
)

NONE = cbor2.CBORTag(6, None)
"""SurrealDB's NONE, as cbor2 shows it."""

_REPLY_SECONDS = 10.0


class Wire:
    """One WebSocket that speaks the RPC protocol without any client's help."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, method: str, *params: Any, id: Any = 1, **fields: Any) -> None:
        if isinstance(fields.get("session"), UUID):
            fields["session"] = cbor2.CBORTag(37, fields["session"].bytes)
        request = {"id": id, "method": method, "params": list(params), **fields}
        await self.socket.send(cbor2.dumps(request))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(_REPLY_SECONDS):
            frame = await self.socket.recv()
        assert isinstance(frame, bytes)
        reply: dict[str, Any] = cbor2.loads(frame)
        return reply

    async def ask(self, method: str, *params: Any, **fields: Any) -> dict[str, Any]:
        await self.send(method, *params, **fields)
        return await self.receive()

    async def ask_raw(self, data: bytes | str) -> dict[str, Any]:
        await self.socket.send(data)
        return await self.receive()

    async def value(self, statement: str, session: UUID | None = None) -> Any:
        """The result of a query with one statement."""
        fields = {} if session is None else {"session": session}
        reply = await self.ask("query", statement, **fields)
        [answer] = reply["result"]
        assert answer["status"] == "OK", answer
        return answer["result"]

    async def sign_in(self, target: RunningTarget, session: UUID | None = None) -> dict[str, Any]:
        fields = {} if session is None else {"session": session}
        user = {"user": target.username, "pass": target.password}
        return await self.ask("signin", user, **fields)

    async def attach(self, session: UUID | None = None) -> UUID:
        session = session or uuid4()
        reply = await self.ask("attach", session=session)
        assert reply == {"id": 1, "result": NONE, "session": session}
        return session


@asynccontextmanager
async def open_wire(target: RunningTarget, **options: Any) -> AsyncIterator[Wire]:
    settings: dict[str, Any] = {"subprotocols": ["cbor"], "compression": None, **options}
    async with connect(f"{target.url}/rpc", **settings) as socket:
        yield Wire(socket)


OpenWire = Callable[..., AbstractAsyncContextManager[Wire]]


@pytest.fixture(name="open_wire")
def open_wire_fixture() -> OpenWire:
    """Opens a `Wire` to a target."""
    return open_wire


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def embedded() -> AsyncIterator[RunningTarget]:
    """The embedded engine, shared by all tests: each must be content with a used database."""
    async with start_embedded() as target:
        yield target


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server() -> AsyncIterator[RunningTarget]:
    """A real server, shared as well."""
    async with start_server() as target:
        yield target


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    # The same test on both engines shows that their answers agree. Without a `surreal` program
    # there is nothing to compare with; the tests on the embedded one hold all the same.
    if "target" in metafunc.fixturenames:
        engines = ["embedded", "server"] if find_server_binary() else ["embedded"]
        metafunc.parametrize("target", engines, indirect=True)


@pytest.fixture
def target(request: pytest.FixtureRequest) -> RunningTarget:
    """Each engine in turn."""
    running: RunningTarget = request.getfixturevalue(request.param)
    return running


@pytest_asyncio.fixture
async def wire(target: RunningTarget) -> AsyncIterator[Wire]:
    """A socket that nobody has signed in on."""
    async with open_wire(target) as opened:
        yield opened


@pytest.fixture
def alive() -> Callable[[int], bool]:
    """Whether a process still runs (a zombie that waits for its parent does not)."""

    def look(pid: int) -> bool:
        try:
            with open(f"/proc/{pid}/stat") as stat:
                return stat.read().rpartition(")")[2].split()[0] not in "ZX"
        except FileNotFoundError:
            return False
        except ProcessLookupError:
            return False

    if not os.path.isdir("/proc/self"):
        pytest.fail("these tests look at processes through /proc")
    return look
