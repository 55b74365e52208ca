"""One client's sessions and requests on their way to the engine; knows no frames, no transports."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Protocol
from uuid import UUID, uuid4

import cbor2

from purreal_runner.embedded import answers
from purreal_runner.embedded.envelope import (
    Request,
    Unreadable,
    echo,
    for_client_session,
    read_request,
    session_entry,
    with_session,
    without_session,
)
from purreal_runner.embedded.ordering import SessionOrder, changes_session

_log = logging.getLogger("purreal.serve")

# As on the real server, whose limit of 256 (SURREAL_WEBSOCKET_MAX_ATTACHED_SESSIONS) counts the
# socket's own session too: tried, its 256th `attach` is refused.
MAX_SESSIONS: Final = 256


class RunsRequests(Protocol):
    """What a client needs of the engine."""

    @property
    def execute(self) -> Callable[[bytes], asyncio.Future[bytes]]: ...

    def detach_soon(self, session: UUID) -> None: ...


class _Session:
    """A session of this client: `inner` is the engine's name of it, `outer` the client's (None:
    the socket's own).

    The engine's names are made here and never leave the server, so no client can name another
    one's session.
    """

    __slots__ = ("attached", "entry", "inner", "order", "outer")

    def __init__(self, outer: bytes | None) -> None:
        self.outer = None if outer is None else UUID(bytes=outer)
        self.inner = uuid4()
        self.entry = session_entry(self.inner)
        self.order = SessionOrder()

    def translate(self, reply: bytes) -> bytes:
        if self.outer is None:
            return without_session(reply, self.entry)
        return for_client_session(reply, self.inner, self.outer)


class _Call:
    """One request on its way through the engine."""

    __slots__ = ("_client", "_session", "data", "identity", "method", "ordered", "silent")

    def __init__(
        self,
        client: "Client",
        session: _Session,
        method: bytes,
        data: bytes,
        identity: bytes,
        *,
        silent: bool = False,
    ) -> None:
        self._client = client
        self._session = session
        self.method = method
        self.data = data
        self.identity = identity
        self.silent = silent  # our own request: nobody waits for a reply
        self.ordered = (
            method != b"ping"
        )  # a ping never waits for its session, as on the real server

    def submit(self) -> None:
        if self.ordered:
            self._session.order.submit(changes_session(self.method), self.start)
        else:
            self.start()

    def start(self) -> None:
        self._client.started(self, self._session).add_done_callback(self._finish)

    def _finish(self, future: "asyncio.Future[bytes]") -> None:
        self._client.finished(self, self._session, future)
        if self.ordered:
            self._session.order.done()


class Client:
    """Takes request bytes, gives reply bytes to `send`; `on_done` follows each finished request."""

    def __init__(
        self, engine: RunsRequests, send: Callable[[bytes], None], on_done: Callable[[], None]
    ) -> None:
        self.in_flight = 0
        self._engine = engine
        self._send = send
        self._on_done = on_done
        self._running: dict[asyncio.Future[bytes], _Call] = {}
        self._left = False
        self._own = _Session(None)
        self._attached: dict[bytes, _Session] = {}
        self._detaching: set[_Session] = set()
        tag = cbor2.CBORTag(37, self._own.inner.bytes)
        attach = cbor2.dumps({"method": "attach", "session": tag})
        _Call(self, self._own, b"attach", attach, b"", silent=True).submit()

    def receive(self, data: bytes) -> None:
        """Handle one message; its reply is sent later, or at once when the server answers by
        itself.
        """
        try:
            answer = self._route(read_request(data))
        except Unreadable as unreadable:
            answer = unreadable.answer
        if answer is not None:
            self._send(answer)

    def leave(self) -> None:
        """The socket is gone: cancel what runs, then detach every session. Idempotent."""
        if self._left:
            return
        self._left = True
        for session in self._sessions():
            session.order.forget_waiting()
        for future, call in tuple(self._running.items()):
            # An `attach` cut short might still make its session, after we have detached it.
            if call.method not in (b"attach", b"detach"):
                future.cancel()  # the engine stops working on it
        self._detach_when_quiet()

    def started(self, call: _Call, session: _Session) -> "asyncio.Future[bytes]":
        """Hand a call to the engine; it is this client's until `finished`."""
        future = self._engine.execute(call.data)
        self._running[future] = call
        return future

    def finished(self, call: _Call, session: _Session, future: "asyncio.Future[bytes]") -> None:
        """A call has its reply, or failed, or was cancelled by `leave`."""
        del self._running[future]
        if call.method == b"detach":
            self._detaching.discard(session)
        failure = None if future.cancelled() else future.exception()
        if self._left:
            self._detach_when_quiet()
            return
        if call.silent:
            return
        self.in_flight -= 1
        self._send(
            session.translate(future.result()) if failure is None else _failed(call, failure)
        )
        self._on_done()

    def _route(self, request: Request) -> bytes | None:
        """The server's own answer, or None when the request went on to the engine."""
        if request.method == b"sessions":
            return answers.session_list(echo(request.identity), self._attached, request.session)
        if request.session is None:
            if request.method in (b"attach", b"detach"):
                return answers.no_session_named(echo(request.identity))
            session = self._own
        elif self._may_not_attach(request):
            return answers.too_many_sessions(echo(request.identity), request.session)
        else:
            session = self._session_for(request.method, request.session)
        data = with_session(request, session.entry)
        self.in_flight += 1
        _Call(self, session, request.method, data, request.identity).submit()
        return None

    def _may_not_attach(self, request: Request) -> bool:
        return (
            request.method == b"attach"
            and request.session not in self._attached
            and 1 + len(self._attached) >= MAX_SESSIONS
        )

    def _session_for(self, method: bytes, outer: bytes) -> _Session:
        """The session that goes by this name; a new one, unknown to the engine, when there is
        none.
        """
        session = self._attached.get(outer) or _Session(outer)
        if method == b"attach":
            self._attached[outer] = session
        elif method == b"detach" and self._attached.pop(outer, None) is not None:
            self._detaching.add(session)
        return session

    def _sessions(self) -> tuple[_Session, ...]:
        return (self._own, *self._attached.values(), *self._detaching)

    def _detach_when_quiet(self) -> None:
        if self._running:
            return
        for session in self._sessions():
            self._engine.detach_soon(session.inner)


def _failed(call: _Call, failure: BaseException) -> bytes:
    """The frame for a call without a reply: bytes the engine can't read, or a fault inside the
    engine.
    """
    if isinstance(failure, ValueError):
        return answers.unreadable(str(failure))
    _log.error("the engine failed in a request: %s", failure)
    return answers.internal_error(echo(call.identity))
