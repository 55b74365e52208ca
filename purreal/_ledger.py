"""Owns the books of one pool: which slot is in which state, who waits, what was counted.

It changes state only as told and decides nothing; every state and every counter of leases and
waiters has one method here that changes it.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from purreal._nesting import HeldLeases
from purreal._slots import Borrower, Slot, SlotState, Waiter
from purreal._stats import Counters, PoolStats

if TYPE_CHECKING:
    from purreal._config import PoolConfig
    from purreal._connection import Connection, Connector


_IS_OPEN = tuple(
    state in (SlotState.IDLE, SlotState.LEASED, SlotState.CHECKING, SlotState.RESETTING)
    for state in SlotState
)
_IS_COMING = tuple(
    state in (SlotState.CONNECTING, SlotState.CHECKING, SlotState.RESETTING) for state in SlotState
)


class Ledger:
    """All slots, all waiters, all counters."""

    def __init__(self, config: PoolConfig) -> None:
        self.config = config
        self.counters = Counters()
        self.held = HeldLeases()
        # Both ends in O(1): the newest is lent first, the coldest (first) retires first.
        self.idle: OrderedDict[Slot, None] = OrderedDict()
        self.waiting: OrderedDict[Waiter, None] = OrderedDict()
        self.leased: dict[Slot, None] = {}
        self.vacant = [Slot() for _ in range(config.max_size)]
        self.lost_leases = 0
        """Leases whose connection is gone: they will free a slot, but serve nobody."""
        self.open = 0
        """Connections that exist and can be lent, now or when their preparation is over."""
        self.coming = 0
        """Connections that will be ready soon without anybody returning one."""
        self.slow = 0
        """Checks and resets that take their time; they are not counted as coming."""
        self._count = [0] * len(SlotState)
        self._count[SlotState.VACANT] = config.max_size

    # -- waiters ----------------------------------------------------------------------------------

    def enqueue(self, waiter: Waiter) -> None:
        self.waiting[waiter] = None
        if len(self.waiting) > self.counters.peak_waiting:
            self.counters.peak_waiting = len(self.waiting)
        task = waiter.borrower.task
        if task is not None and self.held.held_by(task):
            self.held.starts_waiting(task)

    def leave_queue(self, waiter: Waiter) -> None:
        del self.waiting[waiter]
        if waiter.borrower.task is not None:
            self.held.stops_waiting(waiter.borrower.task)

    def site_held_by(self, borrower: Borrower) -> str:
        """Where the borrower's task acquired what it holds; empty when it holds nothing."""
        task = borrower.task
        if task is None or not self.held.held_by(task):
            return ""
        holders = (slot.borrower for slot in self.leased)
        return next((b.site for b in holders if b and b.scoped and b.task is task), "")

    # -- slots ------------------------------------------------------------------------------------

    def occupy(self, now: float) -> Slot:
        """Take a vacant slot for a connection to be opened."""
        slot = self.vacant.pop()
        slot.begun_at = now
        self._move(slot, SlotState.CONNECTING)
        return slot

    def opened(self, slot: Slot, connection: Connection, expires_at: float) -> None:
        slot.connection = connection
        slot.expires_at = expires_at

    def park(self, slot: Slot, now: float) -> None:
        """Nobody wants it now."""
        self._move(slot, SlotState.IDLE)
        slot.idle_since = now
        self.idle[slot] = None

    def lend(self, slot: Slot, borrower: Borrower, now: float, waited: float) -> None:
        """Give it to a borrower who waited so many seconds."""
        self.idle.pop(slot, None)
        self._move(slot, SlotState.LEASED)
        self.leased[slot] = None
        slot.borrower = borrower
        slot.leased_at = now
        if borrower.scoped and borrower.task is not None:
            self.held.lent(borrower.task)
        counters = self.counters
        counters.granted += 1
        counters.wait_seconds += waited
        leased = self._count[SlotState.LEASED]
        if leased > counters.peak_leased:
            counters.peak_leased = leased

    def end_lease(self, slot: Slot) -> None:
        """The borrower has nothing to do with it any more; another state must follow."""
        del self.leased[slot]
        if slot.lost:
            self.lost_leases -= 1
        borrower, slot.borrower = slot.borrower, None
        if borrower is not None and borrower.scoped and borrower.task is not None:
            self.held.returned(borrower.task)

    def prepare(self, slot: Slot, state: SlotState) -> None:
        """Check it (CHECKING) or reset it (RESETTING) before it is lent again."""
        self.idle.pop(slot, None)
        self._move(slot, state)

    def mark_slow(self, slot: Slot) -> None:
        slot.slow = True
        self.slow += 1
        self.coming -= 1

    def close(self, slot: Slot) -> None:
        self.idle.pop(slot, None)
        self._move(slot, SlotState.CLOSING)

    def mark_lost(self, slot: Slot) -> None:
        slot.lost = True
        self.counters.lost += 1
        if slot.state is SlotState.LEASED:
            self.lost_leases += 1

    def vacate(self, slot: Slot) -> None:
        self._move(slot, SlotState.VACANT)
        slot.vacate()
        self.vacant.append(slot)

    def _move(self, slot: Slot, state: SlotState) -> None:
        before = slot.state
        self._count[before] -= 1
        self._count[state] += 1
        slot.state = state
        self.coming += _IS_COMING[state] - _IS_COMING[before]
        if slot.slow:
            slot.slow = False
            self.slow -= 1
            self.coming += 1
        self.open += _IS_OPEN[state] - _IS_OPEN[before]
        if self.open > self.counters.peak_open:
            self.counters.peak_open = self.open

    # -- sums -------------------------------------------------------------------------------------

    @property
    def connecting(self) -> int:
        return self._count[SlotState.CONNECTING]

    @property
    def preparing(self) -> int:
        return self._count[SlotState.CHECKING] + self._count[SlotState.RESETTING]

    @property
    def size(self) -> int:
        """Slots in use, whatever for."""
        return self.config.max_size - self._count[SlotState.VACANT]

    def describe(self) -> str:
        """One line for messages."""
        closing = self._count[SlotState.CLOSING]
        parts = [f"{len(self.leased)} of {self.config.max_size} leased", f"{len(self.idle)} idle"]
        for number, what in (
            (self.connecting, "connecting"),
            (self.preparing, "in preparation"),
            (closing, "closing"),
        ):
            if number:
                parts.append(f"{number} {what}")
        parts.append(f"{len(self.waiting)} waiting")
        return ", ".join(parts)

    def snapshot(self, connector: Connector, last_error: str | None) -> PoolStats:
        """All numbers of this instant, in O(1)."""
        counters = self.counters
        return PoolStats(
            name=self.config.name,
            min_size=self.config.min_size,
            max_size=self.config.max_size,
            size=self.size,
            open=self.open,
            idle=len(self.idle),
            leased=len(self.leased),
            connecting=self.connecting,
            preparing=self.preparing,
            closing=self._count[SlotState.CLOSING],
            waiting=len(self.waiting),
            requests=counters.requests,
            granted=counters.granted,
            timed_out=counters.timed_out,
            shed=counters.shed,
            cancelled=counters.cancelled,
            failed=counters.failed,
            released=counters.released,
            wait_seconds=counters.wait_seconds,
            use_seconds=counters.use_seconds,
            connects=counters.connects,
            connect_failures=counters.connect_failures,
            connect_seconds=counters.connect_seconds,
            lost=counters.lost,
            retired_lifetime=counters.retired_lifetime,
            retired_idle=counters.retired_idle,
            discarded=counters.discarded,
            resets=counters.resets,
            sockets=connector.sockets,
            peak_sockets=connector.peak_sockets,
            sign_ins=connector.sign_ins,
            peak_leased=counters.peak_leased,
            peak_waiting=counters.peak_waiting,
            peak_open=counters.peak_open,
            last_error=last_error,
        )
