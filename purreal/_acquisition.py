"""Owns how a caller comes to its lease, waits for it, and gives it back; decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from purreal._errors import LeaseError
from purreal._lease import Lease
from purreal._slots import Claim

if TYPE_CHECKING:
    from types import FrameType, TracebackType

    from purreal._desk import Desk
    from purreal._pool import SurrealDBConnectionPool


class Acquisition(Claim):
    """What `pool.acquire()` returns: `async with` it, once, to hold a lease for the block."""

    __slots__ = ("desk", "pool", "timeout")

    desk: Desk | None
    """None until it is entered."""
    pool: SurrealDBConnectionPool
    timeout: float

    async def __aenter__(self) -> Lease:
        # The only coroutine of an acquire, with the only `await`: each more would cost every one.
        if self.desk is not None:
            # Nor may it be entered again when it is over: its old lease would come to life.
            raise LeaseError("this acquisition was entered already: call acquire() once for each")
        desk = self.desk = self.pool._desk
        if desk is None:
            raise self.pool._not_open()
        turn = desk.ask(self, self.timeout)
        if turn is not None:
            try:
                if self.is_nested:
                    desk.warn_of_nesting(self)
                await turn
            except BaseException:
                desk.give_up(turn)
                raise
            finally:
                turn.line.pop(turn, None)
                # The traceback of an error keeps these names, and both lead back to the error.
                del turn
        # Here and not in an `__init__`, which would double what it costs.
        lease = Lease()
        lease.desk = desk
        lease.claim = self
        lease.slot = self.slot
        lease.connection = self.connection
        return lease

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.desk is not None:
            self.desk.take_back(self)


def acquisition_by(
    caller: FrameType, pool: SurrealDBConnectionPool, timeout: float, scoped: bool = True
) -> Acquisition:
    """Make one; an `__init__` would cost twice as much, with every acquire.

    Args:
        caller: the borrower's code. A traceback for messages would cost 100 times more.
        timeout: seconds; infinite for no limit, 0 for now or never.
        scoped: whether the task that enters it leaves it, too.
    """
    made = Acquisition()
    made.code = caller.f_code
    made.instruction = caller.f_lasti
    made.is_scoped = scoped
    made.desk = None
    made.pool = pool
    made.timeout = timeout
    return made
