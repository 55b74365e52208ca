"""Owns what a borrower holds: a connection for the time of one lease; must not decide anything."""

from __future__ import annotations

from asyncio import current_task
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from purreal._desk import running_loop
from purreal._errors import ConnectionLost, LeaseError, Outcome, PoolClosed
from purreal._methods import Methods
from purreal._notifications import Notifications
from purreal._slots import Claim

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import CodeType, TracebackType
    from uuid import UUID

    from purreal._desk import Desk


class Lease(Methods, Claim):
    """A connection lent by a pool, with the methods of the official SDK's `AsyncSurreal`.

    It is yours alone until it is returned; then every use of it raises `LeaseError`. Requests of
    several tasks on one lease are sent at once and answered in any order.
    """

    __slots__ = ("desk",)

    def __init__(self, desk: Desk, scoped: bool, code: CodeType, instruction: int) -> None:
        task = current_task(desk.loop)
        self.desk = desk
        self.task = task
        self.holder = task if scoped else None
        self.code = code
        self.instruction = instruction

    def __repr__(self) -> str:
        if not hasattr(self, "slot"):
            return f"<Lease of no connection yet, acquired at {self.site}>"
        state = "returned" if self.is_over else "out"
        return f"<Lease of connection {self.connection.id}, {state}, acquired at {self.site}>"

    @property
    def is_over(self) -> bool:
        """Whether it was returned, or taken away by the closing of the pool."""
        # Each lease is a claim of its own, so a slot lent again is not mistaken.
        return self.slot.claim is not self

    async def connect(self, url: str | None = None) -> None:
        """Do nothing: a lease is connected, and an address is not looked at, as in the SDK.

        Raises:
            LeaseError: the lease was returned already.
            ConnectionLost: the connection is lost or closed. It is never replaced inside a lease.
        """
        self._require_mine("connect")
        if not self.connection.usable:
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
        await self.connection.close()

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

    def _request(
        self,
        method: str,
        params: list[Any],
        *,
        session: UUID | None = None,
        txn: UUID | None = None,
    ) -> Coroutine[Any, Any, Any]:
        # No coroutine of its own around that of the connection: each costs every request.
        if running_loop() is not self.desk.loop or self.slot.claim is not self:
            self._require_mine("use")
        return self.connection.request(method, params, session=session, txn=txn)

    def _notifications(self, live_id: UUID) -> Notifications:
        self._require_mine("use")
        query = self.connection.live_query(live_id)
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
