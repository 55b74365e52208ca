"""Owns a WebSocket server with known latencies and faults on demand; must not know the pool."""

from __future__ import annotations

import asyncio
import random
from array import array
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from purreal import _codec
from purreal._tags import CodecError
from purreal._websockets import websocket_logger
from purreal.testing._fake_sessions import Accounts, Client, Refused
from purreal.testing._latency import Constant, Latency

Respond = Callable[[str, Mapping[str, Any]], list[Any]]
"""From the text and the variables of a query to one result for each statement."""

_PARSE_ERROR = {
    "code": -32700,
    "kind": "Validation",
    "message": "Parse error",
    "details": {"kind": "Parse"},
}


@dataclass(frozen=True, slots=True)
class Stall:
    """A period of silence that comes back: nothing is answered in it, everything after it.

    Args:
        every_seconds: from the beginning of one to the beginning of the next; the first begins
            so long after the server's start.
        seconds: how long each lasts.
    """

    every_seconds: float
    seconds: float

    def remaining(self, elapsed: float) -> float:
        """Say how many seconds of silence are left, `elapsed` seconds after the start."""
        rounds, into = divmod(elapsed, self.every_seconds)
        return max(0.0, self.seconds - into) if rounds >= 1 else 0.0


def one_result_per_statement(text: str, variables: Mapping[str, Any]) -> list[Any]:
    """Answer a query with None for each of its statements (the default)."""
    return [None for statement in text.split(";") if statement.strip()]


class FakeServer:
    """Speaks SurrealDB's RPC over a real WebSocket, without a database behind it.

    Args:
        latency: of each ``query``; drawn with `seed`, so that a run can be repeated.
        seed: for latencies and faults.
        host: to listen on.
        port: 0 for any free one; see `url`.
        username: who may sign in.
        password: None lets everybody in.
        token_seconds: life of the tokens.
        error_ratio: of queries that fail (0…1).
        drop_ratio: of queries whose connection is dropped instead of an answer (0…1).
        stall: silence that comes back.
        respond: makes the results of a query.
        sessions: False: it has none to attach, as servers before SurrealDB 3.

    Attributes:
        samples: the simulated service time of every query, in seconds, in order of arrival.
        requests: how many requests came, by method.
        trace_contexts: what requests carried as ``trace_context``, in order of arrival.
        connections: sockets that are open; `peak_connections` and `total_connections` likewise.
        errors: queries that were made to fail; `drops`: connections that were dropped.
    """

    def __init__(
        self,
        latency: Latency | None = None,
        *,
        seed: int = 0,
        host: str = "127.0.0.1",
        port: int = 0,
        username: str = "root",
        password: str | None = None,
        token_seconds: float = 3600.0,
        error_ratio: float = 0.0,
        drop_ratio: float = 0.0,
        stall: Stall | None = None,
        respond: Respond = one_result_per_statement,
        sessions: bool = True,
    ) -> None:
        _codec.load()
        self.samples = array("d")
        self.requests: Counter[str] = Counter()
        self.trace_contexts: list[str] = []
        self.errors = self.drops = 0
        self.peak_connections = self.total_connections = 0
        self.accounts = Accounts(username, password, token_seconds)
        self.latency: Latency = latency or Constant()
        self.error_ratio = error_ratio
        self.drop_ratio = drop_ratio
        self._random = random.Random(seed)
        self._host, self._port = host, port
        self._stall = stall
        self._respond = respond
        self._has_sessions = sessions
        self._sockets: set[ServerConnection] = set()
        self._listener: Server | None = None
        self._started = 0.0

    @property
    def url(self) -> str:
        """Where it listens: ``ws://127.0.0.1:PORT``."""
        return f"ws://{self._host}:{self._port}"

    @property
    def connections(self) -> int:
        """How many sockets are open."""
        return len(self._sockets)

    @property
    def sign_ins(self) -> int:
        """How many sign-ins by password there were, refused ones too."""
        return self.accounts.sign_ins

    async def __aenter__(self) -> FakeServer:
        await self.listen()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.drop_connections()
        listener = self.refuse_connections()
        if listener is not None:
            await listener.wait_closed()

    async def listen(self) -> None:
        """Start, or take connections again on the same port after `refuse_connections`."""
        self._started = self._started or asyncio.get_running_loop().time()
        self._listener = await serve(
            self._talk,
            self._host,
            self._port,
            subprotocols=[Subprotocol("cbor")],
            compression=None,
            max_size=None,
            ping_interval=None,
            close_timeout=1.0,
            logger=websocket_logger,
        )
        self._port = next(iter(self._listener.sockets)).getsockname()[1]

    def refuse_connections(self) -> Server | None:
        """Stop listening: new connections are refused, existing ones live on."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close(close_connections=False)
        return listener

    def drop_connections(self) -> None:
        """Cut all connections without a goodbye, as a crash would."""
        for socket in self._sockets:
            socket.transport.abort()

    async def _talk(self, socket: ServerConnection) -> None:
        self._sockets.add(socket)
        self.total_connections += 1
        self.peak_connections = max(self.peak_connections, len(self._sockets))
        client = Client(self.accounts, self._has_sessions)
        try:
            async with asyncio.TaskGroup() as requests:
                async for message in socket:
                    # Like the real one: the requests of a socket run side by side.
                    requests.create_task(self._serve(socket, client, message))
        except* ConnectionClosed:
            pass
        finally:
            self._sockets.discard(socket)

    async def _serve(self, socket: ServerConnection, client: Client, message: bytes | str) -> None:
        try:
            request = _codec.decode(message if isinstance(message, bytes) else b"")
            method = request["method"]
        except (CodecError, TypeError, KeyError):
            # As the real one, which can't say whose request it was.
            await self._send(socket, {"error": _PARSE_ERROR})
            return
        self.requests[str(method)] += 1
        if "trace_context" in request:
            self.trace_contexts.append(str(request["trace_context"]))
        try:
            result = await self._result(socket, client, request)
        except Refused as refusal:
            await self._send(socket, {"id": request.get("id"), "error": refusal.reply})
        except TypeError:
            invalid = Refused(-32603, "Validation", "Invalid params", {"kind": "InvalidParams"})
            await self._send(socket, {"id": request.get("id"), "error": invalid.reply})
        else:
            await self._send(socket, {"id": request.get("id"), "result": result})

    async def _result(
        self, socket: ServerConnection, client: Client, request: Mapping[str, Any]
    ) -> Any:
        if request["method"] != "query":
            await self._sleep_through_stall()
            return client.answer(request)
        self.accounts.require(client.session(request))
        seconds = self.latency.sample(self._random)
        fails = self._random.random() < self.error_ratio
        drops = self._random.random() < self.drop_ratio
        self.samples.append(seconds)
        if seconds > 0:
            await asyncio.sleep(seconds)
        await self._sleep_through_stall()
        if drops:
            self.drops += 1
            socket.transport.abort()
        self.errors += fails
        text, variables = (*request.get("params", ()), None)[:2]
        return _statements(self._respond(str(text), variables or {}), seconds, fails)

    async def _sleep_through_stall(self) -> None:
        if self._stall is not None:
            elapsed = asyncio.get_running_loop().time() - self._started
            remaining = self._stall.remaining(elapsed)
            if remaining > 0:
                await asyncio.sleep(remaining)

    async def _send(self, socket: ServerConnection, reply: Mapping[str, Any]) -> None:
        await socket.send(_codec.encode(reply))


def _statements(results: list[Any], seconds: float, fails: bool) -> list[dict[str, Any]]:
    share = f"{seconds * 1000 / max(1, len(results)):.6f}ms"
    if fails:
        return [
            {"status": "ERR", "result": "injected failure", "kind": "Internal", "time": share}
            for _ in results
        ]
    return [{"status": "OK", "result": result, "time": share} for result in results]
