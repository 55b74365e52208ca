"""Owns what a borrower holds: a connection for the time of one lease; must not decide anything."""

from __future__ import annotations

from asyncio import current_task
from typing import TYPE_CHECKING, Any

from purreal._desk import running_loop
from purreal._errors import LeaseError, PoolClosed
from purreal._methods import Methods
from purreal._slots import Claim

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import CodeType
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

    async def close(self) -> None:
        """End the connection now. The lease is still to be returned; the pool replaces it.

        Raises:
            LeaseError: the lease was returned already.
        """
        self._require_mine("close")
        await self.connection.close()

    def _request(
        self, method: str, params: list[Any], *, txn: UUID | None = None
    ) -> Coroutine[Any, Any, Any]:
        # No coroutine of its own around that of the connection: each costs every request.
        if running_loop() is not self.desk.loop or self.slot.claim is not self:
            self._require_mine("use")
        return self.connection.request(method, params, txn=txn)

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
