"""A `FakeConnector` whose connections are real: sessions that share sockets of a scripted server.

A step that takes its time is an answer that does, one that fails is a socket that breaks (for a
reset, a refusal), and a held call is one whose answer is held. So a test of the pool on scripted
connections is, unchanged, one of the pool on sessions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from purreal._deadlines import Deadlines
from purreal._shared_sockets import SharedSockets
from purreal._websocket_connection import WebSocketConnection
from purreal.testing import SILENCE, Answer, FakeConnector, Gate, Operation, ScriptedServer, Step

_OPERATIONS: Mapping[str, Operation] = {"ping": "check", "reset": "reset", "detach": "close"}


class SessionConnector(FakeConnector):
    """Makes sessions; see `FakeConnector`. What is open is what the server says is."""

    def __init__(self, endpoint: str = "fake://database") -> None:
        super().__init__(endpoint)
        self.server = ScriptedPeer(self)
        self._shared: SharedSockets | None = None

    @property
    def lends(self) -> Literal["session"]:
        return "session"

    @property
    def sockets(self) -> int:
        return self.server.open

    @property
    def open(self) -> int:
        return self.server.attached

    async def connect(self) -> SharingConnection:
        self.connects += 1
        self.connecting += 1
        try:
            loop = asyncio.get_running_loop()
            await self.play("connect", loop.create_future())
            if self._shared is None:
                self._shared = SharedSockets(
                    self.endpoint, Deadlines(loop), self.server.open_transport, max_lifetime=None
                )
            connection = SharingConnection(self, self._shared)
            await connection.open()
        finally:
            self.connecting -= 1
        self.connections.append(connection)
        return connection

    def step(self, operation: Operation) -> Step:
        return self._scripts[operation].next_step()

    def gate(self, operation: Operation) -> Gate | None:
        return self._scripts[operation].gate

    def note_peak(self) -> None:
        self.peak_open = max(self.peak_open, self.server.attached)


class ScriptedPeer(ScriptedServer):
    """Reacts as the scripts of a connector say."""

    def __init__(self, connector: SessionConnector) -> None:
        super().__init__()
        self._connector = connector

    def gate(self, method: str) -> Gate | None:
        return None if method == "attach" else self._connector.gate(_operation(method))

    def react(self, request: Mapping[str, Any]) -> Answer:
        self._connector.note_peak()
        default = super().react(request)
        if request["method"] == "attach":
            return default
        operation = _operation(request["method"])
        return _as_answer(operation, self._connector.step(operation))

    async def play_closing(self, ending: asyncio.Future[None]) -> None:
        await self._connector.play("close", ending)


def _operation(method: str) -> Operation:
    return _OPERATIONS.get(method, "request")


def _as_answer(operation: Operation, step: Step) -> Answer:
    if step.seconds is None:
        return SILENCE
    if step.error is None:
        return Answer(step.value, after=step.seconds)
    error = step.error if isinstance(step.error, BaseException) else step.error()
    if operation in ("reset", "close"):
        refusal = {"code": -32000, "kind": "Internal", "message": repr(error)}
        return Answer(error=refusal, after=step.seconds)
    assert isinstance(error, Exception)
    return Answer(loss=error, after=step.seconds)


class SharingConnection(WebSocketConnection):
    """A session, with what tests look at and do to a `FakeConnection`."""

    def __init__(self, connector: SessionConnector, shared: SharedSockets) -> None:
        deadlines = Deadlines(asyncio.get_running_loop())
        super().__init__(deadlines, connector.request_timeout, shared.take_seat, _no_set_up)
        self.ended: str | None = None
        self._server = connector.server

    @property
    def name(self) -> UUID:
        """The session, as the server knows it."""
        assert self._seat is not None
        return UUID(bytes=self._seat.session.entry[-16:])

    @property
    def requests(self) -> list[tuple[str, list[Any]]]:
        """What arrived of the borrowers' requests."""
        together = zip(self._server.sessions, self._server.requests, strict=True)
        mine = [request for session, request in together if session == self.name]
        return [request for request in mine if request[0] not in ("attach", *_OPERATIONS)]

    def lose(self) -> None:
        """Break the socket, and so every session on it."""
        for transport in self._server.transports:
            if self.name in transport.attached:
                transport.lose()

    def abandon(self) -> None:
        """As the event loop does that shuts down."""
        for transport in self._server.transports:
            if self.name in transport.attached:
                transport.abandon()

    def seat_lost(self) -> None:
        self.ended = self.ended or "lost"
        super().seat_lost()

    def seat_abandoned(self) -> None:
        self.ended = self.ended or "abandoned"
        super().seat_abandoned()

    async def close(self) -> None:
        await super().close()
        self.ended = self.ended or "closed"

    def abort(self) -> None:
        super().abort()
        self.ended = self.ended or "aborted"


async def _no_set_up(connection: WebSocketConnection) -> None:
    """Anonymous, in no database."""
