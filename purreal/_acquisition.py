"""Owns how a caller comes to its lease, waits for it, and gives it back; decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from purreal._errors import LeaseError
from purreal._lease import Lease

if TYPE_CHECKING:
    from types import FrameType, TracebackType

    from purreal._pool import SurrealDBConnectionPool


class Acquisition:
    """What `pool.acquire()` returns: `async with` it to hold a lease for the block.

    Args:
        timeout: seconds; None for no limit, 0 for now or never.
        caller: the borrower's code. A traceback for messages would cost 100 times more.
        scoped: whether the task that enters it leaves it, too.
    """

    __slots__ = ("_code", "_instruction", "_lease", "_pool", "_scoped", "_timeout")

    def __init__(
        self,
        pool: SurrealDBConnectionPool,
        timeout: float | None,
        caller: FrameType,
        scoped: bool = True,
    ) -> None:
        self._code = caller.f_code
        self._instruction = caller.f_lasti
        self._pool = pool
        self._timeout = timeout
        self._scoped = scoped
        self._lease: Lease | None = None

    async def __aenter__(self) -> Lease:
        # The only coroutine of an acquire, with the only `await`: each more would cost every one.
        if self._lease is not None:
            raise LeaseError("this acquisition is in use already: call acquire() once for each")
        desk = self._pool._desk
        if desk is None:
            raise self._pool._not_open()
        lease = self._lease = Lease(desk, self._scoped, self._code, self._instruction)
        try:
            turn = desk.ask(lease, self._timeout)
            if turn is not None:
                try:
                    if lease.is_nested:
                        desk.warn_of_nesting(lease)
                    await turn
                except BaseException:
                    desk.give_up(turn)
                    raise
                finally:
                    if self._timeout is not None:
                        desk.deadlines.call_off(turn, self._timeout)
                    # The traceback of an error keeps these names, and both lead back to the error.
                    del turn
        except BaseException:
            self._lease = None
            del lease
            raise
        return lease

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.desk.take_back(lease)
