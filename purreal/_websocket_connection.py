"""Owns one lendable connection: its session state, its reset, its exchanges; knows no pool.

Whether it has a socket of its own or shares one is a matter of its seat.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from purreal._connection import Exchange, Timeout, ask_trace_context, report_exchange
from purreal._deadlines import Deadlines
from purreal._errors import (
    ConnectionLost,
    LeaseError,
    Outcome,
    RequestError,
    is_server_error,
)
from purreal._live import LiveQuery, MakeError
from purreal._messages import Reply, result_of
from purreal._patience import Patience
from purreal._rpc_session import RpcSession
from purreal._seats import Seat, TakeSeat
from purreal._traces import Traces, may_leave_traces

SetUp = Callable[["WebSocketConnection"], Awaitable[None]]
"""Makes a connection the configured user in the configured database."""

# Long enough for a server that is busy, short enough for a borrower who waits for another one.
CHECK_SECONDS = 5.0

_ids = itertools.count(1)


class WebSocketConnection:
    """A server session that is lent; a `purreal._connection.Connection`.

    Args:
        deadlines: of the event loop that the connection lives on.
        request_timeout: seconds, where a request names no timeout; None for no limit.
        take_seat: gets a fresh session, on a socket of its own or on a shared one.
        set_up: authenticates the session and selects the database.
    """

    def __init__(
        self,
        deadlines: Deadlines,
        request_timeout: float | None,
        take_seat: TakeSeat,
        set_up: SetUp,
    ) -> None:
        self.id = next(_ids)
        self.on_lost: Callable[[], None] | None = None
        self.on_abandoned: Callable[[], None] | None = None
        self.on_exchange: Callable[[Exchange], None] | None = None
        self.trace_context: Callable[[], str | None] | None = None
        self._deadlines = deadlines
        self._request_timeout = request_timeout
        self._take_seat = take_seat
        self._set_up = set_up
        self._traces = Traces()
        self._seat: Seat | None = None

    async def open(self) -> None:
        """Get a session and set it up. When this raises or is cancelled, nothing is left of it."""
        try:
            self._seat = await self._take_seat(self)
            await self._set_up(self)
        except BaseException:
            self.abort()
            raise

    def seat_lost(self) -> None:
        """Called by the seat when it is gone by itself."""
        if self.on_lost is not None:
            self.on_lost()

    def seat_abandoned(self) -> None:
        """Called by the seat instead when the event loop shuts down."""
        if self.on_abandoned is not None:
            self.on_abandoned()

    @property
    def usable(self) -> bool:
        """False once lost, closed or poisoned, and then for ever."""
        return self._seat is not None and self._seat.usable

    @property
    def dirty(self) -> bool:
        """True when a reset is due before the next borrower, who might see what this one left.

        Or because the session had better move to another socket.
        """
        return not self._traces.are_none or (self._seat is not None and self._seat.is_crowded)

    @property
    def unchanged(self) -> bool:
        """True when it is usable, not dirty, and nothing is in flight."""
        # Asked at the end of every lease, so it is not put together from the other properties.
        seat = self._seat
        return (
            seat is not None
            and self._traces.are_none
            and not seat.session.pending
            and seat.usable
            and not seat.is_crowded
        )

    @property
    def in_flight(self) -> int:
        """Requests that were written and not answered yet, their callers waiting or not."""
        return 0 if self._seat is None else len(self._seat.session.pending)

    async def request(
        self,
        method: str,
        params: list[Any],
        *,
        session: UUID | None = None,
        txn: UUID | None = None,
        timeout: Timeout = ...,
    ) -> Any:
        """Send a borrower's request; return the ``result`` of its reply.

        Args:
            session: one that the borrower attached, or is attaching; None for the lease's own.
            txn: a transaction of `begin`.
            timeout: seconds; None for no limit; ``...`` for the connector's request timeout.

        Raises:
            surrealdb.errors.ServerError: the server answered with an error, or would have: the
                session is none of this lease.
            RequestError: it did not answer; see the error's `outcome`.
        """
        seat = self._require_seat()
        traces = self._traces
        if txn is not None:
            txn = traces.transactions.own(txn)
        notes = may_leave_traces(method, params)
        if notes:
            if traces.belongings.is_gone(method, session):
                return None  # As the server answers to what is over, or never was.
            params = traces.transactions.own_end(method, params)
        if session is not None and method != "attach":
            traces.belongings.entry_of(session)  # before anything is noted: a stranger is refused
        if notes:
            traces.before(method, session, seat.channel.live_queries)
        hook = self.trace_context
        context = None if hook is None else ask_trace_context(hook, method)
        # Not the loop's clock: uvloop's counts whole milliseconds and stands still in a step.
        started = time.monotonic()
        reply: Reply | None = None
        error: BaseException | None = None
        try:
            reply = await seat.channel.call(
                method,
                params,
                session=seat.session if session is None else self._attached(session, seat),
                txn=txn,
                trace_context=context,
                timeout=self._request_timeout if timeout is ... else timeout,
            )
            result = result_of(reply)
        except BaseException as caught:
            error = caught
            traces.failed(method, params, session, caught)
            raise
        else:
            if notes:
                traces.after(method, params, result, session, seat.channel.live_queries)
        finally:
            if notes:
                traces.ended(method, seat.channel.live_queries)
            # After the notes above: whatever the observer does, none of them may be missing.
            if self.on_exchange is not None:
                seconds = time.monotonic() - started
                exchange = Exchange(self.id, method, seconds, reply, error, context)
                report_exchange(self.on_exchange, exchange)
        return result

    def live_query(self, live_id: UUID) -> LiveQuery:
        """Return a live query that the borrower started, for its notifications.

        Raises:
            LeaseError: it did not start it, or has killed it.
        """
        return self._traces.belongings.live_query(live_id)

    def _require_seat(self) -> Seat:
        if self._seat is None:
            raise ConnectionLost("the connection is not open", outcome=Outcome.NOT_SENT)
        return self._seat

    def _attached(self, session: UUID, seat: Seat) -> RpcSession:
        """A session that the borrower attached, for one request."""
        return RpcSession(self._traces.belongings.entry_of(session), seat.session)

    async def call(self, method: str, params: list[Any], session: UUID | None = None) -> Any:
        """Send a request of the pool's own: no exchange is reported, nothing becomes dirty."""
        return await self._ask(method, params, self._request_timeout, session)

    async def _ask(
        self, method: str, params: list[Any], timeout: float | None, session: UUID | None = None
    ) -> Any:
        seat = self._require_seat()
        own = seat.session if session is None else self._attached(session, seat)
        call = seat.channel.call(method, params, session=own, timeout=timeout)
        if method == "signin":
            return result_of(await call)
        with Patience(self._deadlines, seat.avoid):
            return result_of(await call)

    async def check(self) -> None:
        """Ask for a ``ping``, which needs no rights and touches no storage; 5 s at most.

        Raises:
            RequestError: no sign of life; the connection is aborted.
        """
        try:
            await self._ask("ping", [], CHECK_SECONDS)
        except RequestError:
            self.abort()
            raise

    async def reset(self) -> None:
        """Go back to the configured user, namespace and database, with nothing left over.

        Raises:
            RequestError: requests are in flight, a transaction may be open, or no answer came.
            surrealdb.errors.ServerError, ConnectFailed: the server refused a step.
        """
        self._end_live_queries(_lease_is_over)
        if self.in_flight or self._traces.transactions.uncertain:
            raise RequestError(
                "the connection can not be reset: a request of its last user is still running",
                outcome=Outcome.NOT_SENT,
            )
        await self._cancel_transactions()
        await self._detach_sessions()
        if self._seat is not None and self._seat.is_crowded:
            await self._move(self._seat)
        else:
            await self.call("reset", [])
        await self._set_up(self)
        self._traces.clear()

    async def _move(self, old: Seat) -> None:
        """Begin anew in another session; the server forgets the old one and all that was in it."""
        with old.given_up():
            self._seat = await self._take_seat(self)
        await old.leave()

    async def _cancel_transactions(self) -> None:
        # `reset` cancels open transactions on 3.3.5; on 3.0 they belonged to the connection.
        for transaction, session in self._traces.transactions.open.items():
            try:
                await self.call("cancel", [transaction], session)
            except Exception as error:
                # The server has ended it by itself, or will with `reset`: nothing is left over.
                if not is_server_error(error):
                    raise

    async def _detach_sessions(self) -> None:
        sessions = self._traces.belongings.sessions
        for session in list(sessions):
            await self.call("detach", [], session)
            del sessions[session]

    def _end_live_queries(self, make_error: MakeError) -> None:
        # `reset` and `detach` end them in the server, which may have notified once more meanwhile.
        if self._seat is not None:
            queries = self._seat.channel.live_queries
            self._traces.belongings.end_live_queries(queries, make_error)

    def _end_belongings(self) -> None:
        self._end_live_queries(_is_closed)
        seat = self._seat
        if seat is not None and seat.usable:
            for session in self._traces.belongings.sessions:  # the socket may live on
                seat.channel.post("detach", [], self._attached(session, seat))

    async def close(self) -> None:
        """Say goodbye within about a second, then abort. Idempotent, never raises."""
        self._end_belongings()
        if self._seat is not None:
            await self._seat.leave()

    def abort(self) -> None:
        """End at once; requests in flight fail with `ConnectionLost`. Idempotent."""
        self._end_belongings()
        if self._seat is not None:
            self._seat.abandon()


def _lease_is_over() -> Exception:
    return LeaseError("the lease is over, and with it its live queries")


def _is_closed() -> Exception:
    return ConnectionLost("the connection was closed on this side, and with it its live queries")
