"""Owns the books of one pool: which slot is in which state, who waits, what was counted.

It changes state only as told and decides nothing; every state and every counter of leases and
waiters has one method here that changes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from purreal._line import WaitingLine
from purreal._nesting import HeldLeases
from purreal._slots import Claim, Slot, SlotState
from purreal._stats import Counters, PoolStats

if TYPE_CHECKING:
    from purreal._config import PoolConfig
    from purreal._connection import Connection, Connector


# An attribute of an enumeration costs more than a global name, which shows in every lease.
_IDLE = SlotState.IDLE
_LEASED = SlotState.LEASED

_OPEN = (SlotState.IDLE, SlotState.LEASED, SlotState.CHECKING, SlotState.RESETTING)


class Ledger:
    """All slots, all waiters, all counters."""

    def __init__(self, config: PoolConfig) -> None:
        self.config = config
        self.counters = Counters()
        self.held = HeldLeases()
        self.slots = tuple(Slot() for _ in range(config.max_size))
        self.vacant = list(self.slots)
        # The newest is lent first, the coldest (first) retires first; each may leave at any time.
        self.idle: dict[Slot, None] = {}
        self.waiting = WaitingLine()
        self.open = 0
        """Connections that exist and can be lent, now or when their preparation is over."""
        self.leased = 0
        self.lost_leases = 0
        """Leases whose connection is gone: they will free a slot, but serve nobody."""
        self.connecting = 0
        self.preparing = 0
        """Connections that are checked or reset."""
        self.slow = 0
        """Checks and resets that take their time; they are not counted as coming."""
        self.closing = 0

    # -- waiters ----------------------------------------------------------------------------------

    def enqueue(self, claim: Claim, now: float) -> None:
        claim.asked_at = now
        waiting = self.waiting
        waiting.join(claim)
        if waiting.count > self.counters.peak_waiting:
            self.counters.peak_waiting = waiting.count
        if claim.is_nested and claim.task is not None:
            self.held.starts_waiting(claim.task)

    def leave_queue(self, claim: Claim) -> None:
        self.waiting.leave(claim)
        self._waits_no_more(claim)

    def next_waiting(self) -> Claim:
        """Take the one who waits longest out of the queue."""
        claim = self.waiting.next()
        if claim.is_nested:
            self._waits_no_more(claim)
        return claim

    def _waits_no_more(self, claim: Claim) -> None:
        if claim.is_nested and claim.task is not None:
            self.held.stops_waiting(claim.task)

    def site_held_by(self, claim: Claim) -> str:
        """Where the claim's task acquired what it holds; empty when it holds nothing."""
        if claim.task is None:
            return ""
        holders = (slot.claim for slot in self.leased_slots())
        return next((c.site for c in holders if c and c.holder is claim.task), "")

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
        if slot.state is _LEASED:
            slot.state = _IDLE
        else:
            self._move(slot, _IDLE)
        slot.idle_since = now
        self.idle[slot] = None

    def lend(self, slot: Slot, claim: Claim, now: float) -> None:
        """Give it to a claim. It is not in `idle` any more."""
        if slot.state is _IDLE:
            slot.state = _LEASED
        elif slot.state is not _LEASED:
            self._move(slot, _LEASED)
        if slot.connection is None:
            raise AssertionError("a slot without a connection was lent")
        slot.claim = claim
        slot.leased_at = now
        claim.slot = slot
        claim.connection = slot.connection
        self.leased += 1
        counters = self.counters
        counters.granted += 1
        if self.leased > counters.peak_leased:
            counters.peak_leased = self.leased
        holder = claim.holder
        if holder is not None:
            counts = self.held.counts
            counts[holder] = counts.get(holder, 0) + 1

    def end_lease(self, slot: Slot) -> None:
        """The borrower has nothing to do with it any more; another state, or lease, must follow."""
        claim, slot.claim = slot.claim, None
        self.leased -= 1
        if slot.lost:
            self.lost_leases -= 1
        holder = None if claim is None else claim.holder
        if holder is not None:
            if self.held.stuck or self.held.counts[holder] > 1:
                self.held.returned(holder)
            else:
                del self.held.counts[holder]

    def leased_slots(self) -> list[Slot]:
        """All that are leased; looks at each slot there is."""
        return [slot for slot in self.slots if slot.claim is not None]

    def prepare(self, slot: Slot, state: SlotState) -> None:
        """Check it (CHECKING) or reset it (RESETTING) before it is lent again."""
        self.idle.pop(slot, None)
        self._move(slot, state)

    def mark_slow(self, slot: Slot) -> None:
        slot.slow = True
        self.slow += 1

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
        """Every change of state but those between IDLE and LEASED, which change no sum here."""
        self._count(slot.state, -1)
        self._count(state, 1)
        self.open += (state in _OPEN) - (slot.state in _OPEN)
        if self.open > self.counters.peak_open:
            self.counters.peak_open = self.open
        slot.state = state
        if slot.slow:
            slot.slow = False
            self.slow -= 1

    def _count(self, state: SlotState, change: int) -> None:
        match state:
            case SlotState.CONNECTING:
                self.connecting += change
            case SlotState.CHECKING | SlotState.RESETTING:
                self.preparing += change
            case SlotState.CLOSING:
                self.closing += change
            case _:
                pass  # `vacant` and `idle` have a length, and a lease begins and ends elsewhere

    # -- sums -------------------------------------------------------------------------------------

    @property
    def coming(self) -> int:
        """Connections that will be ready soon without anybody returning one."""
        return self.connecting + self.preparing - self.slow

    @property
    def size(self) -> int:
        """Slots in use, whatever for."""
        return self.config.max_size - len(self.vacant)

    def describe(self) -> str:
        """One line for messages."""
        parts = [f"{self.leased} of {self.config.max_size} leased", f"{len(self.idle)} idle"]
        for number, what in (
            (self.connecting, "connecting"),
            (self.preparing, "in preparation"),
            (self.closing, "closing"),
        ):
            if number:
                parts.append(f"{number} {what}")
        parts.append(f"{self.waiting.count} waiting")
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
            leased=self.leased,
            connecting=self.connecting,
            preparing=self.preparing,
            closing=self.closing,
            waiting=self.waiting.count,
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
