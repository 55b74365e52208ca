"""Owns fakes of the pool's connector and connections, without sockets; must not know the pool."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from types import EllipsisType
from typing import Any, Literal
from uuid import UUID, uuid4

from purreal._connection import Exchange, Timeout, ask_trace_context, report_exchange
from purreal._errors import ConnectionLost, Outcome, RequestError, RequestTimeout
from purreal._live import LiveQuery
from purreal._session_state import may_change_session
from purreal.testing._script import OK, Ended, Gate, Script, Step

Operation = Literal["connect", "check", "reset", "request", "close"]

End = Literal["closed", "aborted", "lost", "abandoned"]

_CLOSE_SECONDS = 1.0
_ids = itertools.count(1)


class FakeConnector:
    """A connector whose every step does what a test tells it to.

    Works under a virtual clock: nothing but `asyncio` primitives is awaited.

    Attributes:
        connections: every connection that was made, the ended ones too.
        connecting: calls of `connect` under way (each would hold a half-open socket).
        connects: calls of `connect` so far.
        peak_open: the most that `connecting` and `open` together ever reached.
    """

    def __init__(self, endpoint: str = "fake://database") -> None:
        self.endpoint = endpoint
        self.sign_ins = 0
        self.connections: list[FakeConnection] = []
        self.connecting = 0
        self.connects = 0
        self.peak_open = 0
        self.request_timeout: float | None = None
        self._scripts: dict[Operation, Script] = {
            "connect": Script(),
            "check": Script(),
            "reset": Script(),
            "request": Script(),
            "close": Script(),
        }

    @property
    def lends(self) -> Literal["connection"]:
        """What its connections stand for."""
        return "connection"

    @property
    def sockets(self) -> int:
        """The sockets that its connections stand for: one each."""
        return self.open

    @property
    def peak_sockets(self) -> int:
        """The most that were open, those being opened among them."""
        return self.peak_open

    @property
    def open(self) -> int:
        """How many connections exist that were neither closed, aborted nor lost."""
        return sum(not connection.ended for connection in self.connections)

    def script(self, operation: Operation, *steps: Step, then: Step = OK) -> None:
        """Say what the next calls of `operation` do, whichever connection they are made on.

        Args:
            operation: ``connect``, ``check``, ``reset``, ``request`` or ``close``.
            steps: one for each of the next calls, in their order.
            then: for all calls after those.
        """
        self._scripts[operation] = Script(*steps, then=then)

    def hold(self, operation: Operation) -> Gate:
        """Park all calls of `operation` from now on until the returned gate is opened."""
        gate = Gate()
        self._scripts[operation].gate = gate
        return gate

    def calls(self, operation: Operation) -> int:
        """Count the calls of `operation` since its script was set."""
        return self._scripts[operation].calls

    async def play(self, operation: Operation, ending: asyncio.Future[None]) -> Any:
        """Do what the script of `operation` says (called by the fake connections)."""
        return await self._scripts[operation].play(ending)

    async def connect(self) -> FakeConnection:
        """Make a connection, as scripted."""
        self.connects += 1
        self.connecting += 1
        self._note_peak()
        try:
            await self.play("connect", asyncio.get_running_loop().create_future())
        finally:
            self.connecting -= 1
        connection = FakeConnection(self)
        self.connections.append(connection)
        self._note_peak()
        return connection

    def _note_peak(self) -> None:
        self.peak_open = max(self.peak_open, self.connecting + self.open)


class FakeConnection:
    """A connection without a socket; made by `FakeConnector.connect`.

    Attributes:
        requests: every ``(method, params)`` that was asked for.
        ended: how it came to its end: None while open, else ``closed``, ``aborted``, ``lost`` or
            ``abandoned``.
    """

    def __init__(self, connector: FakeConnector) -> None:
        self.id = next(_ids)
        self.usable = True
        self.in_flight = 0
        self.dirty = False
        self.on_lost: Callable[[], None] | None = None
        self.on_abandoned: Callable[[], None] | None = None
        self.on_exchange: Callable[[Exchange], None] | None = None
        self.trace_context: Callable[[], str | None] | None = None
        self.requests: list[tuple[str, list[Any]]] = []
        self.ended: End | None = None
        self._live: dict[UUID, LiveQuery] = {}
        self._connector = connector
        self._ending: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def unchanged(self) -> bool:
        """True when it is usable, not dirty, and nothing is in flight."""
        return self.usable and not self.dirty and not self.in_flight

    async def request(
        self,
        method: str,
        params: list[Any],
        *,
        session: UUID | None = None,
        txn: UUID | None = None,
        timeout: Timeout = ...,
    ) -> Any:
        """Answer as scripted; by default an empty statement to ``query``, an id to ``live``."""
        clock = asyncio.get_running_loop().time
        context = ask_trace_context(self.trace_context, method)
        started = clock()
        result: Any = None
        error: BaseException | None = None
        try:
            result = await self._request(method, params, timeout)
        except BaseException as caught:
            error = caught
            raise
        finally:
            reply = {"result": result} if error is None else None
            seconds = clock() - started
            exchange = Exchange(self.id, method, seconds, reply, error, context)
            report_exchange(self.on_exchange, exchange)
        return result

    async def _request(self, method: str, params: list[Any], timeout: Timeout) -> Any:
        if not self.usable:
            raise ConnectionLost("the fake connection has ended", outcome=Outcome.NOT_SENT)
        self.requests.append((method, params))
        self.dirty = self.dirty or may_change_session(method, params)
        limit = self._connector.request_timeout if isinstance(timeout, EllipsisType) else timeout
        self.in_flight += 1
        try:
            async with asyncio.timeout(limit) as scope:
                value = await self._unless_ended("request")
        except Exception:
            if scope.expired():
                # Not counted down: like a real one, it waits for the reply that never came.
                raise RequestTimeout(f"no answer within {limit} s") from None
            self.in_flight -= 1
            raise
        self.in_flight -= 1
        return _default_result(method) if value is ... else value

    def live_query(self, live_id: UUID) -> LiveQuery:
        """Return the live query of that name: a fake one needs no start."""
        return self._live.setdefault(live_id, LiveQuery())

    def notify(self, live_id: UUID, record: Any) -> None:
        """Let a live query notify its readers."""
        self.live_query(live_id).notify(record, 0)

    async def check(self) -> None:
        """Answer as scripted; a `RequestError` of the script ends the connection."""
        try:
            await self._unless_ended("check")
        except RequestError:
            self.abort()
            raise

    async def reset(self) -> None:
        """Clear `dirty`, as scripted."""
        self._end_live_queries()
        await self._unless_ended("reset")
        self.dirty = False

    async def close(self) -> None:
        """End as scripted, within a second."""
        if self.ended is not None:
            return
        self.usable = False
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._unless_ended("close")
        except Exception:
            self.abort()
        except BaseException:
            self.abort()
            raise
        else:
            self._end("closed")

    def abort(self) -> None:
        """End at once."""
        self._end("aborted")

    def lose(self) -> None:
        """Simulate the loss of the connection: what waits on it fails, `on_lost` is called."""
        if self.ended is None and self.usable:
            self._end("lost")
            if self.on_lost is not None:
                self.on_lost()

    def abandon(self) -> None:
        """Simulate an event loop that shuts down: as `lose`, but `on_abandoned` is called."""
        if self.ended is None and self.usable:
            self._end("abandoned")
            if self.on_abandoned is not None:
                self.on_abandoned()

    def _end(self, how: End) -> None:
        self.usable = False
        self._end_live_queries()
        if self.ended is None:
            self.ended = how
            self._ending.set_result(None)

    def _end_live_queries(self) -> None:
        for query in self._live.values():
            query.end(lambda: ConnectionLost("the fake connection ended"))
        self._live.clear()

    async def _unless_ended(self, operation: Operation) -> Any:
        """Play the script, but fail as soon as the connection ends under it."""
        try:
            return await self._connector.play(operation, self._ending)
        except Ended:
            raise ConnectionLost(f"the fake connection ended ({self.ended})") from None


def _default_result(method: str) -> Any:
    if method == "query":
        return [{"status": "OK", "result": None, "time": "0ns"}]
    return uuid4() if method == "live" else None
