"""Owns one lendable connection: its session state, its reset, its exchanges; knows no pool.

Whether it has a socket of its own or shares one is a matter of its seat.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import EllipsisType
from typing import Any
from uuid import UUID

from purreal._connection import Exchange, Timeout, ask_trace_context, report_exchange
from purreal._deadlines import Deadlines
from purreal._errors import ConnectionLost, Outcome, RequestError, is_server_error, outcome_of
from purreal._messages import Reply, result_of
from purreal._seats import Seat, TakeSeat
from purreal._session_state import TransactionLedger, may_change_session

SetUp = Callable[["WebSocketConnection"], Awaitable[None]]
"""Makes a connection the configured user in the configured database."""

# Long enough for a server that is busy, short enough for a borrower who waits for another one.
CHECK_SECONDS = 5.0

# After which a socket on which a check or a set-up gets no answer is avoided by new sessions.
PATIENCE_SECONDS = 1.0

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
        self._changed = False
        self._transactions = TransactionLedger()
        self._seat: Seat | None = None

    async def open(self) -> None:
        """Get a session and set it up. When this raises or is cancelled, nothing is left of it."""
        try:
            self._seat = seat = await self._take_seat(self)
            with self._watched(seat):
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
        if self._changed or not self._transactions.is_clear:
            return True
        return self._seat is not None and self._seat.is_crowded

    @property
    def in_flight(self) -> int:
        """Requests that were written and not answered yet, their callers waiting or not."""
        return 0 if self._seat is None else len(self._seat.session.pending)

    async def request(
        self,
        method: str,
        params: list[Any],
        *,
        txn: UUID | None = None,
        timeout: Timeout = ...,
    ) -> Any:
        """Send a borrower's request; return the ``result`` of its reply.

        Args:
            timeout: seconds; None for no limit; ``...`` for the connector's request timeout.

        Raises:
            surrealdb.errors.ServerError: the server answered with an error.
            RequestError: it did not answer; see the error's `outcome`.
        """
        if may_change_session(method, params):
            self._changed = True
        context = ask_trace_context(self.trace_context, method)
        # Not the loop's clock: uvloop's counts whole milliseconds and stands still in a step.
        started = time.monotonic()
        reply: Reply | None = None
        error: BaseException | None = None
        try:
            reply = await self._call(method, params, txn, timeout, context)
            result = result_of(reply)
        except BaseException as caught:
            error = caught
            self._note_failure(method, params, caught)
            raise
        else:
            self._transactions.after(method, params, result)
        finally:
            # After the notes above: whatever the observer does, none of them may be missing.
            if self.on_exchange is not None:
                seconds = time.monotonic() - started
                exchange = Exchange(self.id, method, seconds, reply, error, context)
                report_exchange(self.on_exchange, exchange)
        return result

    def _note_failure(self, method: str, params: list[Any], error: BaseException) -> None:
        outcome = outcome_of(error)
        self._transactions.failed(method, params, outcome)
        if _is_session_expired(error) or (
            outcome is Outcome.REJECTED and method in ("commit", "cancel")
        ):
            # Only a new authentication helps, and `reset` brings one. And whether a transaction
            # is over whose end was refused depends on why: `reset` ends those that are not.
            self._changed = True

    async def _call(
        self,
        method: str,
        params: list[Any],
        txn: UUID | None,
        timeout: Timeout,
        trace_context: str | None = None,
    ) -> Reply:
        seat = self._seat
        if seat is None:
            raise ConnectionLost("the connection is not open", outcome=Outcome.NOT_SENT)
        seconds = self._request_timeout if isinstance(timeout, EllipsisType) else timeout
        return await seat.channel.call(
            method,
            params,
            session=seat.session,
            txn=txn,
            trace_context=trace_context,
            timeout=seconds,
        )

    async def call(self, method: str, params: list[Any]) -> Any:
        """Send a request of the pool's own: no exchange is reported, nothing becomes dirty."""
        return result_of(await self._call(method, params, None, ...))

    async def check(self) -> None:
        """Ask for a ``ping``, which needs no rights and touches no storage; 5 s at most.

        Raises:
            RequestError: no sign of life; the connection is aborted.
        """
        try:
            with self._watched(self._seat):
                await self._call("ping", [], None, CHECK_SECONDS)
        except RequestError:
            self.abort()
            raise

    @contextmanager
    def _watched(self, seat: Seat | None) -> Iterator[None]:
        """Note a server that takes its time, so that nobody else is seated on that socket."""
        if seat is not None:
            self._deadlines.set(seat, PATIENCE_SECONDS)
        try:
            yield
        finally:
            if seat is not None:
                self._deadlines.call_off(seat, PATIENCE_SECONDS)

    async def reset(self) -> None:
        """Go back to the configured user, namespace and database, with nothing left over.

        Raises:
            RequestError: requests are in flight, a transaction may be open, or no answer came.
            surrealdb.errors.ServerError, ConnectFailed: the server refused a step.
        """
        if self.in_flight or self._transactions.uncertain:
            raise RequestError(
                "the connection can not be reset: a request of its last user is still running",
                outcome=Outcome.NOT_SENT,
            )
        await self._cancel_transactions()
        if self._seat is not None and self._seat.is_crowded:
            await self._move()
        else:
            await self.call("reset", [])
        await self._set_up(self)
        self._transactions.clear()
        self._changed = False

    async def _move(self) -> None:
        """Begin anew in another session; the server forgets the old one and all that was in it."""
        old, self._seat = self._seat, await self._take_seat(self)
        if old is not None:
            await old.leave()

    async def _cancel_transactions(self) -> None:
        # `reset` cancels open transactions on 3.3.5; on 3.0 they belonged to the connection.
        for transaction in self._transactions.open:
            try:
                await self.call("cancel", [transaction])
            except Exception as error:
                # The server has ended it by itself, or will with `reset`: nothing is left over.
                if not is_server_error(error):
                    raise

    async def close(self) -> None:
        """Say goodbye within about a second, then abort. Idempotent, never raises."""
        if self._seat is not None:
            await self._seat.leave()

    def abort(self) -> None:
        """End at once; requests in flight fail with `ConnectionLost`. Idempotent."""
        if self._seat is not None:
            self._seat.abandon()


def _is_session_expired(error: BaseException) -> bool:
    # NotAllowed → Auth → SessionExpired, as 3.3.5 answers once `DURATION FOR SESSION` is over.
    details = getattr(error, "details", None)
    if not isinstance(details, dict):
        return False
    inner = details.get("details")
    return isinstance(inner, dict) and inner.get("kind") == "SessionExpired"
