"""Owns what "something lendable" and its maker are to a pool; must not know sockets or pools."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from purreal._live import LiveQuery

if TYPE_CHECKING:
    from uuid import UUID

logger = logging.getLogger("purreal")

Lend = Literal["auto", "session", "connection"]
"""What a pool lends: sessions that share sockets, connections, or sessions where there are any."""

Timeout = float | EllipsisType | None
"""Seconds; None for no limit; ``...`` for the connection's configured request timeout."""


class Exchange(NamedTuple):
    """One request of a borrower and how it ended, as handed to ``on_exchange``.

    A tuple, because one is made for every request: a frozen dataclass takes three times as long.

    An exception that ``on_exchange`` raises is logged, and changes nothing for the request.

    Args:
        connection_id: number of the connection, unique within the process.
        method: name of the RPC method, such as ``query``.
        seconds: from handing the request over to its end, on the monotonic clock.
        reply: the whole RPC reply; for ``query`` its ``result`` is a list with one
            ``{"status", "result", "time"}`` for each statement. None when no reply came.
        error: what the caller got raised (also a cancellation); None after success.
        trace_context: what the request carried of ``trace_context``, None for nothing.
    """

    connection_id: int
    method: str
    seconds: float
    reply: Mapping[str, Any] | None
    error: BaseException | None
    trace_context: str | None = None


def report_exchange(hook: Callable[[Exchange], None] | None, exchange: Exchange) -> None:
    """Tell an observer about a request; one that fails is logged with its traceback."""
    if hook is None:
        return
    try:
        hook(exchange)
    except Exception:
        logger.exception("on_exchange failed for a `%s`", exchange.method)


def ask_trace_context(hook: Callable[[], str | None] | None, method: str) -> str | None:
    """Ask what a request shall carry of a trace.

    A function that fails, or answers what no header can hold, is logged: the request goes without.
    """
    if hook is None:
        return None
    try:
        text = hook()
    except Exception:
        logger.exception("trace_context failed for a `%s`", method)
        return None
    if text is None or (isinstance(text, str) and text.isascii()):
        return text
    logger.error("trace_context gave no ASCII text for a `%s`: it goes without", method)
    return None


class Connection(Protocol):
    """Something that a pool can lend: a socket of its own, or a session on a shared one."""

    on_lost: Callable[[], None] | None
    """Called once, synchronously, when `usable` turns False by itself (not by abort or close)."""
    on_abandoned: Callable[[], None] | None
    """Called once, synchronously, instead of `on_lost` when somebody else cancelled the task that
    reads the replies, which is what an event loop does that shuts down: begin nothing new on it."""
    on_exchange: Callable[[Exchange], None] | None
    """Called synchronously in the task that made the request, when the request ended.

    What it raises is logged: it can neither fail nor hide a request, see `report_exchange`."""
    trace_context: Callable[[], str | None] | None
    """Called synchronously in the task that makes the request, before it is sent; its text goes
    with the request, see `ask_trace_context`."""

    @property
    def id(self) -> int:
        """Number of this connection, unique within the process."""

    @property
    def usable(self) -> bool:
        """False once lost, closed or poisoned, and then for ever."""

    @property
    def dirty(self) -> bool:
        """True when the borrower changed, or may have changed, what the next one would see."""

    @property
    def unchanged(self) -> bool:
        """True when it can be lent again at once: usable, not dirty, with nothing in flight."""

    @property
    def in_flight(self) -> int:
        """Requests that were written and not answered yet, their callers waiting or not."""

    async def request(
        self,
        method: str,
        params: list[Any],
        *,
        session: UUID | None = None,
        txn: UUID | None = None,
        timeout: Timeout = ...,
    ) -> Any:
        """Send one request and return the ``result`` of its reply.

        Args:
            session: one that the borrower attached, or is attaching; None for the lease's own.
            txn: a transaction of `begin`; None for none.

        Raises:
            surrealdb.errors.ServerError: the server answered with an error.
            RequestError: no answer; its `outcome` says whether the request was sent.
        """

    def live_query(self, live_id: UUID) -> LiveQuery:
        """Return a live query that the borrower started, for its notifications.

        Raises:
            LeaseError: it did not start it, or has killed it.
        """

    async def check(self) -> None:
        """Ask the server for a sign of life.

        Raises:
            RequestError: there was none; the connection is not usable any more.
        """

    async def reset(self) -> None:
        """Go back to the configured user, namespace and database, with nothing left over.

        Raises:
            Exception: any; the connection must then be discarded.
        """

    async def close(self) -> None:
        """Say goodbye within about a second, then abort. Idempotent, never raises."""

    def abort(self) -> None:
        """End at once; requests in flight fail with `ConnectionLost`. Idempotent."""


class Connector(Protocol):
    """Makes connections that are signed in and ready to lend."""

    @property
    def endpoint(self) -> str:
        """The address, without secrets, for messages."""

    @property
    def sign_ins(self) -> int:
        """How often the password was sent so far (a token is used wherever one will do)."""

    @property
    def sockets(self) -> int:
        """How many sockets are open."""

    @property
    def peak_sockets(self) -> int:
        """The most that were."""

    @property
    def lends(self) -> Literal["session", "connection"] | None:
        """What its connections are; None as long as that depends on a server not reached yet."""

    async def connect(self) -> Connection:
        """Open, authenticate, and select namespace and database.

        A cancelled or failed call leaves neither a socket nor a task behind.

        Raises:
            Unreachable: nothing answered, or not with this protocol.
            AuthenticationFailed: the server refused the credentials.
        """
