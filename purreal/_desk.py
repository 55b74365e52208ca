"""Owns lending and taking back while a pool is open; never waits, leaves decisions to the core."""

from __future__ import annotations

import asyncio
import os
import sys
import warnings
from typing import TYPE_CHECKING, Final

from purreal._deadlines import Deadlines
from purreal._errors import LeaseError, NestedAcquireWarning, PoolError
from purreal._executor import GrantFuture
from purreal._slots import Condition

if TYPE_CHECKING:
    from purreal._binding import Binding
    from purreal._core import Core
    from purreal._executor import Executor
    from purreal._lease import Lease

_OWN_CODE: Final = os.path.join(os.path.dirname(__file__), "")

# An attribute of an enumeration costs more than a global name, which shows in every lease.
_CLEAN: Final = Condition.CLEAN

# Asked with every lease and every request. Who gets the right loop is in the right process, too:
# a fork runs no loop. What is wrong with any other place, the binding says.
running_loop = asyncio._get_running_loop


class Desk:
    """The lending desk of one open pool.

    Attributes:
        loop: the event loop on which everything happens.
        deadlines: of those who wait.
    """

    __slots__ = ("_binding", "_core", "_executor", "_time", "deadlines", "loop")

    def __init__(self, core: Core, executor: Executor, binding: Binding) -> None:
        self.loop = binding.loop
        self._core = core
        self._executor = executor
        self._binding = binding
        self._time = binding.clock
        self.deadlines = Deadlines(binding.loop)

    @property
    def closed(self) -> bool:
        return self._core.closed

    def require_right_place(self, refusal: str, error: type[PoolError] = PoolError) -> None:
        """Refuse another event loop or a forked process, where sockets and futures don't work."""
        complaint = self._binding.complaint()
        if complaint is not None:
            raise error(f"{refusal}: {complaint}")

    def ask(self, lease: Lease, timeout: float | None) -> GrantFuture | None:
        """Lend a connection at once (None), or queue up; the future is done when it is lent.

        The caller calls `give_up` when it does not get as far, and calls off the deadline in any
        case.

        Args:
            timeout: seconds from now to the end of the future; None: for ever, 0: now or never.
        """
        if running_loop() is not self.loop:
            self.require_right_place("can't acquire from this pool")
        now = self._time()
        core = self._core
        turn = None
        try:
            if not core.request(lease, now, now_or_never=timeout is not None and timeout <= 0):
                turn = lease.future = GrantFuture(loop=self.loop)
                turn.claim = lease
                turn.core = core
                if timeout is not None:
                    self.deadlines.set(turn, timeout, now)
        finally:
            if core.commands:
                self._executor.execute()
        return turn

    def give_up(self, turn: GrantFuture) -> None:
        """The caller was interrupted while it waited, or failed."""
        if not turn.done():
            turn.cancel()
        elif not turn.cancelled() and turn.exception() is None:
            # Cancelled when its turn had come, but before it could notice.
            self._core.release(turn.claim.slot, _CLEAN, self._time())
            self._executor.execute()

    def take_back(self, lease: Lease) -> None:
        """End a lease. Synchronous, so no cancellation can come in between.

        Raises:
            LeaseError: it is not out any more, or this is the wrong loop or process; nothing
                has happened to any connection then.
        """
        if running_loop() is not self.loop:
            self.require_right_place("can't return this lease", LeaseError)
        slot = lease.slot
        if slot.claim is not lease:
            if self.closed:
                return  # close() took it away before; there is nothing left to return
            raise LeaseError(
                f"the lease acquired at {lease.site} was returned before: return it once"
            )
        connection = lease.connection
        if not connection.usable or connection.in_flight:
            # A request still unanswered goes on in the server: nobody else may sit behind it.
            condition = Condition.BROKEN
        else:
            condition = Condition.CHANGED if connection.dirty else _CLEAN
        self._core.release(slot, condition, self._time())
        self._executor.execute()

    def warn_of_nesting(self, lease: Lease) -> None:
        """Tell the programmer that a task waits for a second lease and keeps the first."""
        held_at = self._core.ledger.site_held_by(lease)
        warnings.warn(
            f"the acquire at {lease.site} waits while its task holds the lease acquired at "
            f"{held_at}: when all leases are held like this, no task can go on",
            NestedAcquireWarning,
            stacklevel=_frames_of_ours(),
        )


def _frames_of_ours() -> int:
    """How many frames the caller is away from the code that uses the pool."""
    frame, frames = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OWN_CODE):
        frame, frames = frame.f_back, frames + 1
    return frames
