"""Owns one lendable connection: its session state, its reset, its exchanges; knows no pool."""

from __future__ import annotations

import importlib
import itertools
import time
from collections.abc import Awaitable, Callable
from types import EllipsisType
from typing import Any
from uuid import UUID

from purreal._belongings import Belongings, may_start_live_queries
from purreal._connection import Exchange, Timeout, ask_trace_context, report_exchange
from purreal._deadlines import Deadlines
from purreal._errors import (
    ConnectionLost,
    LeaseError,
    Outcome,
    RequestError,
    is_server_error,
    outcome_of,
)
from purreal._live import LiveQueries, LiveQuery, MakeError
from purreal._messages import Reply
from purreal._rpc import RpcChannel
from purreal._session_state import TransactionLedger, may_change_session
from purreal._transport import OpenTransport

SetUp = Callable[["WebSocketConnection"], Awaitable[None]]
"""Makes a connection the configured user in the configured database."""

# Long enough for a server that is busy, short enough for a borrower who waits for another one.
CHECK_SECONDS = 5.0

_ids = itertools.count(1)


class WebSocketConnection:
    """A connection with a socket of its own; a `purreal._connection.Connection`.

    Args:
        endpoint: for messages.
        deadlines: of the event loop that the connection lives on.
        request_timeout: seconds, where a request names no timeout; None for no limit.
        set_up: used by `reset` to authenticate and to select the database again.
    """

    def __init__(
        self, endpoint: str, deadlines: Deadlines, request_timeout: float | None, set_up: SetUp
    ) -> None:
        self.id = next(_ids)
        self.on_lost: Callable[[], None] | None = None
        self.on_abandoned: Callable[[], None] | None = None
        self.on_exchange: Callable[[Exchange], None] | None = None
        self.trace_context: Callable[[], str | None] | None = None
        self._endpoint = endpoint
        self._deadlines = deadlines
        self._request_timeout = request_timeout
        self._set_up = set_up
        self._changed = False
        self._transactions = TransactionLedger()
        self._belongings = Belongings()
        self._channel: RpcChannel | None = None

    async def open(self, open_transport: OpenTransport) -> None:
        """Open the socket. When this raises or is cancelled, there is none."""
        self._channel = await RpcChannel.open(
            self._endpoint,
            self._deadlines,
            open_transport,
            self._channel_lost,
            self._channel_abandoned,
        )

    def _channel_lost(self) -> None:
        if self.on_lost is not None:
            self.on_lost()

    def _channel_abandoned(self) -> None:
        if self.on_abandoned is not None:
            self.on_abandoned()

    @property
    def usable(self) -> bool:
        """False once lost, closed or poisoned, and then for ever."""
        return self._channel is not None and self._channel.usable

    @property
    def dirty(self) -> bool:
        """True when the borrower changed, or may have changed, what the next one would see."""
        return self._changed or not self._transactions.is_clear

    @property
    def in_flight(self) -> int:
        """Requests that were written and not answered yet, their callers waiting or not."""
        return 0 if self._channel is None else self._channel.in_flight

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
            surrealdb.errors.ServerError: the server answered with an error.
            RequestError: it did not answer; see the error's `outcome`.
        """
        changes = may_change_session(method, params)
        if changes:
            self._changed = True
            if method == "detach" and session not in self._belongings.sessions:
                return None  # As the server answers to what is over, or never was.
            self._belongings.before(method, session)
        entry = b"" if session is None else self._belongings.entry_of(session)
        starts = changes and may_start_live_queries(method)
        context = ask_trace_context(self.trace_context, method)
        # Not the loop's clock: uvloop's counts whole milliseconds and stands still in a step.
        started = time.monotonic()
        reply: Reply | None = None
        error: BaseException | None = None
        if starts:
            self._live_queries.begin_start()
        try:
            reply = await self._call(method, params, entry, txn, timeout, context)
            result = _result_of(reply)
        except BaseException as caught:
            error = caught
            self._note_failure(method, params, session, caught)
            raise
        else:
            self._transactions.after(method, params, result, session)
            if changes:
                self._belongings.after(method, params, result, session, self._live_queries)
        finally:
            if starts:
                self._live_queries.end_start()
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
        return self._belongings.live_query(live_id)

    @property
    def _live_queries(self) -> LiveQueries:
        if self._channel is None:
            raise ConnectionLost("the connection is not open", outcome=Outcome.NOT_SENT)
        return self._channel.live_queries

    def _note_failure(
        self, method: str, params: list[Any], session: UUID | None, error: BaseException
    ) -> None:
        outcome = outcome_of(error)
        if outcome is Outcome.REJECTED:
            self._belongings.refused(method, session)
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
        session: bytes,
        txn: UUID | None,
        timeout: Timeout,
        trace_context: str | None = None,
    ) -> Reply:
        if self._channel is None:
            raise ConnectionLost("the connection is not open", outcome=Outcome.NOT_SENT)
        seconds = self._request_timeout if isinstance(timeout, EllipsisType) else timeout
        return await self._channel.call(
            method, params, session=session, txn=txn, trace_context=trace_context, timeout=seconds
        )

    async def call(self, method: str, params: list[Any], session: bytes = b"") -> Any:
        """Send a request of the pool's own: no exchange is reported, nothing becomes dirty."""
        return _result_of(await self._call(method, params, session, None, ...))

    async def check(self) -> None:
        """Ask for a ``ping``, which needs no rights and touches no storage; 5 s at most.

        Raises:
            RequestError: no sign of life; the connection is aborted.
        """
        try:
            await self._call("ping", [], b"", None, CHECK_SECONDS)
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
        if self.in_flight or self._transactions.uncertain:
            raise RequestError(
                "the connection can not be reset: a request of its last user is still running",
                outcome=Outcome.NOT_SENT,
            )
        await self._cancel_transactions()
        await self._detach_sessions()
        await self.call("reset", [])
        await self._set_up(self)
        self._transactions.clear()
        self._changed = False

    async def _cancel_transactions(self) -> None:
        # `reset` cancels open transactions on 3.3.5; on 3.0 they belonged to the connection.
        for transaction, session in self._transactions.open.items():
            try:
                await self.call("cancel", [transaction], self._belongings.entry_of(session))
            except Exception as error:
                # The server has ended it by itself, or will with `reset`: nothing is left over.
                if not is_server_error(error):
                    raise

    async def _detach_sessions(self) -> None:
        for session, entry in list(self._belongings.sessions.items()):
            await self.call("detach", [], entry)
            del self._belongings.sessions[session]

    def _end_live_queries(self, make_error: MakeError) -> None:
        # `reset` and `detach` end them in the server, which may have notified once more meanwhile.
        if self._channel is not None:
            self._belongings.end_live_queries(self._channel.live_queries, make_error)

    async def close(self) -> None:
        """Say goodbye within about a second, then abort. Idempotent, never raises."""
        self._end_live_queries(_is_closed)
        if self._channel is not None:
            await self._channel.close()

    def abort(self) -> None:
        """End at once; requests in flight fail with `ConnectionLost`. Idempotent."""
        self._end_live_queries(_is_closed)
        if self._channel is not None:
            self._channel.abort()


def _lease_is_over() -> Exception:
    return LeaseError("the lease is over, and with it its live queries")


def _is_closed() -> Exception:
    return ConnectionLost("the connection was closed on this side, and with it its live queries")


def _result_of(reply: Reply) -> Any:
    raw = reply.get("error")
    if raw is None:
        return reply.get("result")
    # Loaded with the first pool; imported by name here so that `import purreal` stays cheap.
    raise importlib.import_module("surrealdb.errors").parse_rpc_error(raw)


def _is_session_expired(error: BaseException) -> bool:
    # NotAllowed → Auth → SessionExpired, as 3.3.5 answers once `DURATION FOR SESSION` is over.
    details = getattr(error, "details", None)
    if not isinstance(details, dict):
        return False
    inner = details.get("details")
    return isinstance(inner, dict) and inner.get("kind") == "SessionExpired"
