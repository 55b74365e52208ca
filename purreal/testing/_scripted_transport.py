"""Owns a transport whose peer is a script, for tests in virtual time; must not know the pool."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from purreal import _codec
from purreal._transport import Abandoned, NotWritten, OnClosed, OnMessage
from purreal.testing._script import OK, Ended, Gate, Script, Step

Params = list[Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """How the scripted peer reacts to one request.

    Args:
        result: the ``result`` of the reply; ``...`` for what the method gives by default.
        error: an RPC error instead: ``{"code", "kind", "message", "details"}``.
        after: seconds until the reaction; None for silence.
        raw: these bytes (or text) instead of a reply: undecodable, without an id, twice the same.
        loss: the connection drops instead, with this reason.
    """

    result: Any = ...
    error: Mapping[str, Any] | None = None
    after: float | None = 0.0
    raw: bytes | str | None = None
    loss: Exception | None = None


SILENCE = Answer(after=None)
"""No reaction at all."""

UNDECODABLE = Answer(raw=b"\xff\x00")
"""Bytes that are no CBOR."""


def id_less(error: Mapping[str, Any] | None = None, result: Any = None) -> Answer:
    """React with a message that names no request, as SurrealDB does to bytes it can't read."""
    body: dict[str, Any] = {"result": result} if error is None else {"error": dict(error)}
    return Answer(raw=_codec.encode(body))


Responder = Callable[[Params], Answer]

_NO_SUCH_SESSION = Answer(
    error={"code": -32000, "kind": "NotFound", "message": "Session not found"}
)
_NO_MORE_SESSIONS = Answer(
    error={"code": -32602, "kind": "NotAllowed", "message": "Method not allowed"}
)


class ScriptedServer:
    """The peer of `ScriptedTransport`s: what it answers, and what it saw.

    Its `open_transport` goes where a connector or channel takes one.

    Args:
        most_sessions: sessions that a transport takes beside its own; one more `attach` is
            refused, as SurrealDB does. None for no limit.

    Attributes:
        requests: every ``(method, params)`` in the order of arrival, on all transports.
        sessions: the session that each of them names, None for the socket's own.
        transports: every transport that was opened.
        scripts_sending: whether `script` or `hold_sending` said how sendings go.
    """

    def __init__(self, most_sessions: int | None = None) -> None:
        _codec.load()
        self.most_sessions = most_sessions
        self.requests: list[tuple[str, Params]] = []
        self.sessions: list[UUID | None] = []
        self.transports: list[ScriptedTransport] = []
        self._gates: dict[str, Gate] = {}
        self._queues: dict[str, deque[Answer]] = {}
        self._responders: dict[str, Responder] = {}
        self._opening = Script()
        self._sending = Script()
        self.scripts_sending = False
        self._closing = Script()

    @property
    def open(self) -> int:
        """How many transports are open."""
        return sum(not transport.ended for transport in self.transports)

    @property
    def attached(self) -> int:
        """How many sessions are attached to open transports."""
        return sum(len(transport.attached) for transport in self.transports if not transport.ended)

    def answer(self, method: str, *answers: Answer, then: Answer | Responder = Answer()) -> None:
        """Say how the next requests of `method` are answered.

        Args:
            answers: one for each of the next requests.
            then: for all after those; or a function of the parameters.
        """
        self._queues[method] = deque(answers)
        self._responders[method] = then if callable(then) else lambda params: then

    def script(
        self,
        opening: tuple[Step, ...] = (),
        sending: tuple[Step, ...] = (),
        closing: tuple[Step, ...] = (),
        then: Step = OK,
    ) -> None:
        """Say how the next openings, sendings and closings go; `then` for all after those."""
        self._opening = Script(*opening, then=then)
        self._sending = Script(*sending, then=then)
        self.scripts_sending = bool(sending) or then is not OK
        self._closing = Script(*closing, then=then)

    def hold_opening(self) -> Gate:
        """Park all openings from now on at a gate."""
        self._opening.gate = Gate()
        return self._opening.gate

    def hold_sending(self) -> Gate:
        """Park all sendings from now on at a gate, before anything is written."""
        self._sending.gate = Gate()
        self.scripts_sending = True
        return self._sending.gate

    def hold_answers(self, method: str) -> Gate:
        """Park the reactions to all requests of `method` from now on at a gate."""
        gate = self._gates[method] = Gate()
        return gate

    def gate(self, method: str) -> Gate | None:
        """Return where the reactions to `method` are parked (called by the transports)."""
        return self._gates.get(method)

    async def open_transport(self, on_message: OnMessage, on_closed: OnClosed) -> ScriptedTransport:
        """Open a transport to this server, as scripted."""
        await self._opening.play(asyncio.get_running_loop().create_future())
        transport = ScriptedTransport(self, on_message, on_closed)
        self.transports.append(transport)
        return transport

    async def play_sending(self, ending: asyncio.Future[None]) -> None:
        """Do what the script says about one sending (called by the transports)."""
        await self._sending.play(ending)

    async def play_closing(self, ending: asyncio.Future[None]) -> None:
        """Do what the script says about one goodbye (called by the transports)."""
        await self._closing.play(ending)

    def react(self, request: Mapping[str, Any]) -> Answer:
        """Choose the answer to a request (called by the transports)."""
        method, params = request["method"], request["params"]
        self.requests.append((method, params))
        self.sessions.append(request.get("session"))
        queue = self._queues.get(method)
        if queue:
            return queue.popleft()
        responder = self._responders.get(method)
        return Answer() if responder is None else responder(params)


class ScriptedTransport:
    """A `purreal._transport.Transport` whose replies come from a `ScriptedServer`.

    Attributes:
        ended: whether it is closed, aborted or lost.
        requests: every ``(method, params)`` that arrived on it.
        attached: the sessions that were attached to it and not detached.
    """

    def __init__(self, server: ScriptedServer, on_message: OnMessage, on_closed: OnClosed) -> None:
        loop = asyncio.get_running_loop()
        self.ended = False
        self.requests: list[tuple[str, Params]] = []
        self.attached: set[UUID] = set()
        self._server = server
        self._on_message = on_message
        self._on_closed = on_closed
        self._ending: asyncio.Future[None] = loop.create_future()
        self._later = loop.call_later
        self._sending: set[asyncio.Task[None]] = set()

    def write(self, message: bytes) -> bool:
        """Take a request, unless a script says how sendings go: that is for `send`."""
        if self.ended:
            raise NotWritten
        if self._server.scripts_sending:
            return False
        self._take(message)
        return True

    async def send(self, message: bytes) -> None:
        """Take a request and plan the reaction to it."""
        if self.ended:
            raise NotWritten
        try:
            await self._server.play_sending(self._ending)
        except Ended:
            raise ConnectionResetError("the scripted transport ended while sending") from None
        self._take(message)

    def write_later(self, message: bytes) -> None:
        """Take a request when the script lets its sending end."""
        task = asyncio.get_running_loop().create_task(self._send_unattended(message))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send_unattended(self, message: bytes) -> None:
        try:
            await self.send(message)
        except NotWritten:
            pass
        except Exception as error:
            self.lose(error)

    def _take(self, message: bytes) -> None:
        request = _codec.decode(message)
        self.requests.append((request["method"], request["params"]))
        answer = self._sessions_answer(request, self._server.react(request))
        gate = self._server.gate(request["method"])
        if answer.after is None:
            return
        if gate is None:
            self._later(answer.after, self._deliver, request, answer)
        else:
            gate.let_pass(partial(self._later, answer.after, self._deliver, request, answer))

    def _sessions_answer(self, request: Mapping[str, Any], answer: Answer) -> Answer:
        """Keep the sessions; refuse what names none of them, else leave the answer as it is."""
        session, method = request.get("session"), request["method"]
        if session is None:
            return answer
        if method == "attach" and answer.error is None:
            if len(self.attached) == self._server.most_sessions:
                return _NO_MORE_SESSIONS
            self.attached.add(session)
        elif method != "attach" and session not in self.attached:
            return _NO_SUCH_SESSION
        elif method == "detach":
            self.attached.remove(session)
        return answer

    def _deliver(self, request: Mapping[str, Any], answer: Answer) -> None:
        if self.ended:
            return
        if answer.loss is not None:
            self.lose(answer.loss)
        elif answer.raw is not None:
            self._on_message(answer.raw)
        elif answer.error is not None:
            self._on_message(_codec.encode({"id": request["id"], "error": dict(answer.error)}))
        else:
            self._on_message(
                _codec.encode({"id": request["id"], "result": _result(request, answer)})
            )

    def push(self, message: bytes | str) -> None:
        """Deliver a message that nobody asked for, now."""
        self._on_message(message)

    def lose(self, reason: Exception | None = None) -> None:
        """Drop the connection from the far side, now."""
        if not self.ended:
            self._end()
            self._on_closed(reason or ConnectionResetError("the scripted peer went away"))

    def abandon(self) -> None:
        """Drop the connection as an event loop does that shuts down."""
        self.lose(Abandoned("the event loop is being shut down"))

    async def close(self) -> None:
        """Say goodbye, as scripted."""
        await self._server.play_closing(self._ending)
        self.abort()

    def abort(self) -> None:
        """Drop the connection from the near side."""
        if not self.ended:
            self._end()
            # Told on the next turn, as a socket's reader would.
            self._later(0, self._on_closed, ConnectionAbortedError("aborted"))

    def _end(self) -> None:
        self.ended = True
        if not self._ending.done():
            self._ending.set_result(None)


def _result(request: Mapping[str, Any], answer: Answer) -> Any:
    if answer.result is not ...:
        return answer.result
    if request["method"] == "query":
        return [{"status": "OK", "result": None, "time": "0ns"}]
    return None
