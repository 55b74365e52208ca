"""The server in front of the engine: listening, plain HTTP, silent clients; knows no requests."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from purreal_runner.embedded.client import Client
from purreal_runner.embedded.engine import Engine
from purreal_runner.embedded.websocket import ClientSocket, SocketLimits

_RPC_PATH: Final = "/rpc"
_BACKLOG: Final = 4096
_CLOSE_SECONDS: Final = 5.0


class Server:
    """Serves one engine to any number of clients on one TCP port."""

    def __init__(
        self, engine: Engine, limits: SocketLimits | None = None, *, silence_seconds: float = 30.0
    ) -> None:
        self.limits = limits or SocketLimits()
        self._engine = engine
        self._silence_seconds = silence_seconds
        self._sockets: set[ClientSocket] = set()
        self._all_gone = asyncio.Event()
        self._all_gone.set()

    async def listen(self, host: str, port: int) -> int:
        """Start to listen; returns the port, which matters when `port` is 0. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: ClientSocket(self), host, port, backlog=_BACKLOG
        )
        self._sweeper = loop.create_task(self._drop_silent_clients())
        return int(self._listener.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening, say goodbye to every client, cut those that do not answer in time."""
        self._sweeper.cancel()
        self._listener.close()
        for socket in tuple(self._sockets):
            socket.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._all_gone.wait()
        for socket in tuple(self._sockets):
            socket.abort()

    # --- what a socket calls ------------------------------------------------------------------

    def connected(
        self, socket: ClientSocket, send: Callable[[bytes], None], on_done: Callable[[], None]
    ) -> Client:
        """A WebSocket is open: make the client behind it."""
        self._sockets.add(socket)
        self._all_gone.clear()
        return Client(self._engine, send, on_done)

    def disconnected(self, socket: ClientSocket) -> None:
        """The WebSocket is gone."""
        self._sockets.discard(socket)
        if not self._sockets:
            self._all_gone.set()

    def answer_http(self, path: str, respond: Callable[[HTTPStatus, str], None]) -> bool:
        """Answer a plain HTTP request, now or soon; False for the WebSocket's own path.

        `/health`, `/ready` and `/version` as on the real server; `/status` counts clients and
        their sessions.
        """
        if path == _RPC_PATH:
            return False
        if path in ("/health", "/ready"):
            respond(HTTPStatus.OK, "")
        elif path == "/version":
            respond(HTTPStatus.OK, self._engine.version)
        elif path == "/status":
            self._engine.run_soon(self._respond_status(respond))
        else:
            respond(HTTPStatus.NOT_FOUND, "not here; SurrealDB's RPC is at /rpc\n")
        return True

    async def _respond_status(self, respond: Callable[[HTTPStatus, str], None]) -> None:
        sessions = await self._engine.attached_sessions()
        status = {"clients": len(self._sockets), "sessions": sessions}
        respond(HTTPStatus.OK, json.dumps(status) + "\n")

    # ------------------------------------------------------------------------------------------

    async def _drop_silent_clients(self) -> None:
        """Ping who was silent for one round; cut who did not even answer that in the next one."""
        pinged: set[ClientSocket] = set()
        while True:
            await asyncio.sleep(self._silence_seconds)
            silent = {socket for socket in self._sockets if not socket.heard}
            for socket in silent & pinged:
                # Who has to wait is not read, so its answer may be there; to ping a dead one again
                # makes the system find out.
                if socket.reading:
                    socket.abort()
            pinged = silent - pinged
            for socket in pinged:
                socket.ping()
            for socket in self._sockets:
                socket.heard = False
