"""Owns what a borrower holds: a connection for the time of one lease; must not decide anything."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Self

from purreal._errors import ConnectionLost, LeaseError, Outcome, PoolClosed
from purreal._methods import Methods
from purreal._notifications import Notifications
from purreal._slots import Condition

if TYPE_CHECKING:
    from types import TracebackType
    from uuid import UUID

    from purreal._desk import Desk, Place
    from purreal._pool import SurrealDBConnectionPool
    from purreal._slots import Slot


class Lease(Methods):
    """A connection lent by a pool, with the methods of the official SDK's `AsyncSurreal`.

    It is yours alone until it is returned; then every use of it raises `LeaseError`. Requests of
    several tasks on one lease are sent at once and answered in any order.
    """

    __slots__ = ("_borrower", "_connection", "desk", "slot")

    def __init__(self, desk: Desk, slot: Slot) -> None:
        connection, borrower = slot.connection, slot.borrower
        if connection is None or borrower is None:
            raise AssertionError("a slot without a connection was lent")
        self.desk = desk
        self.slot = slot
        self._connection = connection
        self._borrower = borrower

    def __repr__(self) -> str:
        state = "returned" if self.is_over else "out"
        return f"<Lease of connection {self._connection.id}, {state}, acquired at {self.site}>"

    @property
    def is_over(self) -> bool:
        """Whether it was returned, or taken away by the closing of the pool."""
        # Each lease has a borrower object of its own, so a slot lent again is not mistaken.
        return self.slot.borrower is not self._borrower

    @property
    def site(self) -> str:
        """Where in the program it was acquired."""
        return self._borrower.site

    def condition(self) -> Condition:
        """In which condition its connection would come back now."""
        connection = self._connection
        if not connection.usable or connection.in_flight:
            # A request still unanswered goes on in the server: nobody else may sit behind it.
            return Condition.BROKEN
        return Condition.CHANGED if connection.dirty else Condition.CLEAN

    async def connect(self, url: str | None = None) -> None:
        """Do nothing: a lease is connected, and an address is not looked at, as in the SDK.

        Raises:
            LeaseError: the lease was returned already.
            ConnectionLost: the connection is lost or closed. It is never replaced inside a lease.
        """
        self._require_mine("connect")
        if not self._connection.usable:
            raise ConnectionLost(
                "the connection of this lease is gone, and it is not replaced inside a lease:"
                " return the lease and acquire a new one",
                outcome=Outcome.NOT_SENT,
            )

    async def close(self) -> None:
        """End the connection now. The lease is still to be returned; the pool replaces it.

        Raises:
            LeaseError: the lease was returned already.
        """
        self._require_mine("close")
        await self._connection.close()

    async def __aenter__(self) -> Self:
        """As `connect`."""
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """As `close`, which is what the SDK does; ``async with pool.acquire()`` keeps it open."""
        await self.close()

    async def _request(
        self,
        method: str,
        params: list[Any],
        *,
        session: UUID | None = None,
        txn: UUID | None = None,
    ) -> Any:
        self._require_mine("use")
        return await self._connection.request(method, params, session=session, txn=txn)

    def _notifications(self, live_id: UUID) -> Notifications:
        self._require_mine("use")
        query = self._connection.live_query(live_id)
        return Notifications(query, partial(self._require_mine, "read a live query of"))

    def _require_mine(self, verb: str) -> None:
        self.desk.require_right_place(f"can't {verb} this lease", LeaseError)
        if not self.is_over:
            return
        if self.desk.closed:
            raise PoolClosed(f"can't {verb} the lease acquired at {self.site}: the pool is closed")
        raise LeaseError(
            f"can't {verb} the lease acquired at {self.site}: it was returned to its pool and its "
            "connection may be somebody else's now; acquire a new one"
        )


class Acquisition:
    """What `pool.acquire()` returns: `async with` it to hold a lease for the block."""

    __slots__ = ("_is_entered", "_lease", "_place", "_pool", "_timeout")

    def __init__(self, pool: SurrealDBConnectionPool, timeout: float | None, place: Place) -> None:
        self._pool = pool
        self._timeout = timeout
        self._place = place
        self._lease: Lease | None = None
        self._is_entered = False

    async def __aenter__(self) -> Lease:
        if self._is_entered:
            raise LeaseError("this acquisition is in use already: call acquire() once for each")
        self._is_entered = True
        try:
            self._lease = await self._pool._obtain(self._timeout, self._place, scoped=True)
        except BaseException:
            self._is_entered = False
            raise
        return self._lease

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        lease, self._lease = self._lease, None
        self._is_entered = False
        if lease is not None:
            self._pool.checkin(lease)
