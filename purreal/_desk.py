"""Owns lending and taking back while a pool is open; never waits, leaves decisions to the core."""

from __future__ import annotations

import os
import sys
import warnings
from asyncio import current_task
from threading import get_ident
from typing import TYPE_CHECKING, Final

from purreal._deadlines import Deadlines
from purreal._errors import LeaseError, NestedAcquireWarning, PoolError
from purreal._grant import GrantFuture
from purreal._slots import Condition

if TYPE_CHECKING:
    from purreal._binding import Binding
    from purreal._connection import Connection
    from purreal._core import Core
    from purreal._executor import Executor
    from purreal._slots import Claim

_OWN_CODE: Final = os.path.join(os.path.dirname(__file__), "")


class Desk:
    """The lending desk of one open pool.

    Attributes:
        binding: to the place where everything happens.
        loop: its event loop.
        deadlines: of those who wait.
    """

    __slots__ = ("_clock", "_core", "_executor", "binding", "deadlines", "loop")

    def __init__(self, core: Core, executor: Executor, binding: Binding) -> None:
        self.loop = binding.loop
        self._core = core
        self._executor = executor
        self.binding = binding
        self._clock = binding.clock
        self.deadlines = Deadlines(binding.loop)

    @property
    def closed(self) -> bool:
        return self._core.closed

    def require_right_place(self, refusal: str, error: type[PoolError] = PoolError) -> None:
        """Refuse another event loop or a forked process, where sockets and futures don't work."""
        complaint = self.binding.complaint()
        if complaint is not None:
            raise error(f"{refusal}: {complaint}")

    def ask(self, claim: Claim, timeout: float) -> GrantFuture | None:
        """Lend a connection at once (None), or queue up; the future is done when it is lent.

        The caller calls `give_up` when it does not get as far, and takes its deadline out of its
        line in any case.

        Args:
            timeout: seconds from now to the end of the future; infinite, or 0: now or never.
        """
        if get_ident() != self.binding.host._thread_id:
            self.require_right_place("can't acquire from this pool")
        task = claim.task = current_task(self.loop)
        if task is None:
            claim.is_scoped = False
        clock = self._clock  # Called as a method, it would be looked up anew each time.
        now = clock()
        core = self._core
        turn = None
        try:
            if not core.request(claim, now, timeout <= 0.0):
                turn = claim.future = GrantFuture(loop=self.loop)
                turn.claim = claim
                turn.core = core
                turn.line = self.deadlines.set(turn, timeout, now)
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
            slot = turn.claim.slot
            if slot.claim is turn.claim:  # nobody has taken it away meanwhile
                self._core.release(slot, Condition.CLEAN, self._clock())
                self._executor.execute()

    def take_back(self, claim: Claim) -> None:
        """End a lease. Synchronous, so no cancellation can come in between.

        Raises:
            LeaseError: it is not out any more, or this is the wrong loop or process; nothing
                has happened to any connection then.
        """
        if get_ident() != self.binding.host._thread_id:
            self.require_right_place("can't return this lease", LeaseError)
        slot = claim.slot
        if slot.claim is not claim:
            if self.closed:
                return  # close() took it away before; there is nothing left to return
            raise LeaseError(
                f"the lease acquired at {claim.site} was returned before: return it once"
            )
        connection = claim.connection
        clock = self._clock
        now = clock()
        if connection.unchanged:
            served = self._core.release_clean(claim, now)
            if served is not None:
                # Not by way of the commands: there are none, and nothing else has changed.
                future = served.future
                del served.future
                future.set_result(None)
                return
        else:
            self._core.release(slot, _condition(connection), now)
        self._executor.execute()

    def warn_of_nesting(self, claim: Claim) -> None:
        """Tell the programmer that a task waits for a second lease and keeps the first."""
        held_at = self._core.ledger.site_held_by(claim)
        warnings.warn(
            f"the acquire at {claim.site} waits while its task holds the lease acquired at "
            f"{held_at}: when all leases are held like this, no task can go on",
            NestedAcquireWarning,
            stacklevel=_frames_of_ours(),
        )


def _condition(connection: Connection) -> Condition:
    if not connection.usable or connection.in_flight:
        # A request still unanswered goes on in the server: nobody else may sit behind it.
        return Condition.BROKEN
    return Condition.CHANGED if connection.dirty else Condition.CLEAN


def _frames_of_ours() -> int:
    """How many frames the caller is away from the code that uses the pool."""
    frame, frames = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OWN_CODE):
        frame, frames = frame.f_back, frames + 1
    return frames
