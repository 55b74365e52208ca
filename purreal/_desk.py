"""Owns lending and taking back while a pool is open; waits, but leaves decisions to the core."""

from __future__ import annotations

import asyncio
import warnings
from typing import TYPE_CHECKING

from purreal._binding import Binding
from purreal._deadlines import Deadlines
from purreal._errors import LeaseError, NestedAcquireWarning, PoolError
from purreal._executor import GrantFuture
from purreal._lease import Lease
from purreal._slots import Borrower, Condition, Slot

if TYPE_CHECKING:
    from types import CodeType

    from purreal._core import Core
    from purreal._executor import Executor

Place = tuple["CodeType", int]
"""A line of the borrower's code."""


class Desk:
    """The lending desk of one open pool."""

    __slots__ = ("_binding", "_core", "_deadlines", "_executor", "_loop")

    def __init__(self, core: Core, executor: Executor, binding: Binding) -> None:
        self._core = core
        self._executor = executor
        self._binding = binding
        self._loop = binding.loop
        self._deadlines = Deadlines(binding.loop)

    @property
    def closed(self) -> bool:
        return self._core.closed

    def require_right_place(self, refusal: str, error: type[PoolError] = PoolError) -> None:
        """Refuse another event loop or a forked process, where sockets and futures don't work."""
        complaint = self._binding.complaint()
        if complaint is not None:
            raise error(f"{refusal}: {complaint}")

    async def obtain(self, timeout: float | None, place: Place, *, scoped: bool) -> Lease:
        """Lease a connection within `timeout` seconds (None: for ever, 0: now or never)."""
        self.require_right_place("can't acquire from this pool")
        borrower = Borrower(asyncio.current_task(self._loop), scoped, *place)
        now_or_never = timeout is not None and timeout <= 0
        try:
            found = self._core.request(borrower, self._loop.time(), now_or_never=now_or_never)
            if isinstance(found, Slot):
                return Lease(self, found)
            found.future = future = GrantFuture(self._core, found, self._loop)
        finally:
            self._executor.execute()
        return Lease(self, await self._wait_for(future, borrower, timeout))

    def take_back(self, lease: Lease) -> None:
        """End a lease. Synchronous, so no cancellation can come in between.

        Raises:
            LeaseError: it is not out any more, or this is the wrong loop or process; nothing
                has happened to any connection then.
        """
        self.require_right_place("can't return this lease", LeaseError)
        if lease.is_over:
            if self.closed:
                return  # close() took it away before; there is nothing left to return
            raise LeaseError(
                f"the lease acquired at {lease.site} was returned before: return it once"
            )
        self._core.release(lease.slot, lease.condition(), self._loop.time())
        self._executor.execute()

    async def _wait_for(
        self, future: GrantFuture, borrower: Borrower, timeout: float | None
    ) -> Slot:
        if timeout is not None:
            self._deadlines.set(future, timeout)
        try:
            self._warn_of_nesting(borrower)
            return await future
        except BaseException:
            self._give_up(future)
            raise
        finally:
            if timeout is not None:
                self._deadlines.call_off(future, timeout)

    def _give_up(self, future: asyncio.Future[Slot]) -> None:
        if not future.done():
            future.cancel()
        elif not future.cancelled() and future.exception() is None:
            # Cancelled when its turn had come, but before it could notice.
            self._core.release(future.result(), Condition.CLEAN, self._loop.time())
            self._executor.execute()

    def _warn_of_nesting(self, borrower: Borrower) -> None:
        held_at = self._core.ledger.site_held_by(borrower)
        if held_at:
            warnings.warn(
                f"the acquire at {borrower.site} waits while its task holds the lease acquired at "
                f"{held_at}: when all leases are held like this, no task can go on",
                NestedAcquireWarning,
                stacklevel=5,
            )
