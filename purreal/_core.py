"""Owns every decision of the pool; it never awaits, does no I/O and reads no clock.

Events come in as method calls that carry the time; commands go out through `commands`; the pool
executes them and reports back. Between any two calls:

* a connection lives in a slot and there are `max_size` slots, so the size can't exceed it;
* `waiting` holds only callers that still want a connection, in the order of their arrival;
* nothing fit to be lent is idle while somebody waits.
"""

from __future__ import annotations

import random
from collections import deque
from math import inf
from typing import TYPE_CHECKING

from purreal import _refusals as refusals
from purreal._errors import AcquireTimeout, ConnectFailed, PoolClosed
from purreal._ledger import Ledger
from purreal._pacing import Backoff, ConnectWindow, draw_expiry
from purreal._slots import (
    Check,
    Claim,
    Close,
    Command,
    Condition,
    Fail,
    Open,
    Reset,
    Slot,
    SlotState,
)
from purreal._timetable import Timetable

if TYPE_CHECKING:
    from collections.abc import Callable

    from purreal._config import PoolConfig
    from purreal._connection import Connection


# An attribute of an enumeration costs more than a global name, which shows in every lease.
_CLEAN = Condition.CLEAN


class Core:
    """The state of one pool between `open()` and `close()`."""

    def __init__(self, config: PoolConfig, rng: random.Random) -> None:
        self.config = config
        self.ledger = Ledger(config)
        self.commands: deque[Command] = deque()
        self.timetable = Timetable(config, self.ledger)
        self.closed = False
        self.last_error: ConnectFailed | None = None
        self._rng = rng
        self._backoff = Backoff(rng)
        most = config.max_connecting
        self._window = ConnectWindow(config.max_size if most is None else most)
        limit = config.check_after_idle
        self._stale_after = inf if limit is None else limit

    # -- requests ---------------------------------------------------------------------------------

    def request(self, claim: Claim, now: float, *, now_or_never: bool = False) -> bool:
        """Lend a connection that is ready, and return True; else queue the claim.

        Args:
            now_or_never: take what is there, unchecked, or fail.

        Raises:
            PoolClosed, AcquireTimeout, TooManyWaiters, NestedAcquireError: nothing was lent.
        """
        ledger = self.ledger
        ledger.counters.requests += 1
        if self.closed:
            ledger.counters.failed += 1
            raise PoolClosed("the pool is closed: nothing can be acquired from it any more")
        idle = ledger.idle
        while idle and not ledger.waiting.count:
            slot, _ = idle.popitem()
            if now >= slot.expires_at:
                self._retire_expired(slot)
            elif now - slot.idle_since >= self._stale_after and not now_or_never:
                idle[slot] = None
                break
            else:
                ledger.lend(slot, claim, now)
                return True
        claim.is_nested = claim.task in ledger.held.counts
        if now_or_never or claim.is_nested or self.config.max_waiting is not None:
            self._refuse_what_is_pointless(claim, now_or_never)
        ledger.enqueue(claim, now)
        if ledger.vacant or idle:  # else all are in use, and nobody but a borrower can help
            self._provide(now)
        return False

    def expire(self, claim: Claim, now: float) -> AcquireTimeout:
        """A waiter's deadline passed: take it out of the queue and say why it got nothing."""
        self.ledger.leave_queue(claim)
        self.ledger.counters.timed_out += 1
        return refusals.acquire_timeout(self.ledger, now - claim.asked_at, self.last_error)

    def withdraw(self, claim: Claim) -> None:
        """A waiter was cancelled; harmless if it was served or failed before."""
        if claim.is_waiting:
            self.ledger.leave_queue(claim)
            self.ledger.counters.cancelled += 1

    def release(self, slot: Slot, condition: Condition, now: float) -> None:
        """A lease came back."""
        ledger = self.ledger
        counters = ledger.counters
        counters.released += 1
        counters.use_seconds += now - slot.leased_at
        ledger.end_lease(slot)
        if condition is _CLEAN and not slot.lost and now < slot.expires_at and not self.closed:
            # The way of nearly every lease, so it is written out. It makes no room and takes away
            # no hope: there is nothing to provide.
            if ledger.waiting.count:
                self._grant(slot, now)
            else:
                ledger.park(slot, now)
                if slot.expires_at < self.timetable.next_tick or ledger.open > self.timetable.floor:
                    self.timetable.parked(slot, now)
            return
        if slot.lost or condition is Condition.BROKEN:
            counters.discarded += 1
            self._close(slot)
        elif self.closed:
            self._close(slot)
        elif now >= slot.expires_at:
            self._retire_expired(slot)
        else:
            ledger.prepare(slot, SlotState.RESETTING)
            self.commands.append(Reset(slot))
        self._provide(now)

    # -- reports about executed commands ----------------------------------------------------------

    def connected(self, slot: Slot, connection: Connection, seconds: float, now: float) -> None:
        """A connection is open; that took so many seconds."""
        self.ledger.counters.connects += 1
        self.ledger.counters.connect_seconds += seconds
        self._backoff.succeeded()
        self._window.succeeded(seconds)
        self.timetable.replaced()
        self.last_error = None
        self.ledger.opened(slot, connection, draw_expiry(now, self.config.max_lifetime, self._rng))
        self._prepared(slot, now)

    def connect_failed(self, slot: Slot, error: ConnectFailed, now: float) -> None:
        """None could be opened: pause, and tell the waiters if nothing else can serve them."""
        self.ledger.counters.connect_failures += 1
        self.last_error = error
        self._backoff.failed(slot.begun_at, now)
        self._window.failed()
        self.ledger.vacate(slot)
        if self._is_hopeless():
            self._fail_all(error.copy, cause=error)
        self._provide(now)
        self.timetable.wake_by(self._backoff.retry_at)

    def vacated(self, slot: Slot, now: float) -> None:
        """A connection is closed for good, or the attempt to open it was called off."""
        self.ledger.vacate(slot)
        self._provide(now)

    def checked(self, slot: Slot, now: float) -> None:
        """The server gave a sign of life."""
        self._prepared(slot, now)

    def was_reset(self, slot: Slot, now: float) -> None:
        """The connection is as good as new."""
        self.ledger.counters.resets += 1
        self._prepared(slot, now)

    def is_slow(self, slot: Slot, now: float) -> None:
        """A check or a reset takes its time: serve its waiter in another way, if there is one."""
        if slot.state in (SlotState.CHECKING, SlotState.RESETTING):
            self.ledger.mark_slow(slot)
            self._provide(now)

    def unfit(self, slot: Slot, now: float) -> None:
        """A check or a reset failed."""
        self.ledger.counters.discarded += 1
        if slot.state is SlotState.CHECKING:
            self._discard_stale(now)
        self._close(slot)
        self._provide(now)

    def lost(self, slot: Slot, now: float) -> None:
        """A connection broke by itself; a lease, check or reset under way notices that too."""
        if slot.lost or slot.state in (SlotState.VACANT, SlotState.CLOSING):
            return
        self.ledger.mark_lost(slot)
        self.timetable.lost(now)
        if slot.state is SlotState.IDLE:
            self._close(slot)
            self._provide(now)

    # -- time -------------------------------------------------------------------------------------

    def fill(self, floor: int, now: float) -> None:
        """Keep at least `floor` connections open from now on."""
        self.timetable.floor = floor
        self.timetable.plan_shrinking()
        self._provide(now)

    def tick(self, now: float) -> None:
        """Retire what is too old, shrink by one, refill, and plan the next tick."""
        self.timetable.write_off(now)
        for slot in self.timetable.expired(now):
            self._retire_expired(slot)
        coldest = self.timetable.surplus(now)
        if coldest is not None:
            self.ledger.counters.retired_idle += 1
            self._close(coldest)
        self._provide(now)
        self.timetable.plan()
        if self._backoff.retry_at > now:
            self.timetable.wake_by(self._backoff.retry_at)

    def begin_close(self) -> None:
        """Serve nobody any more: waiters fail now, idle connections close now."""
        self.closed = True
        self._fail_all(lambda: PoolClosed("the pool was closed while the caller waited for it"))
        for slot in list(self.ledger.idle):
            self._close(slot)

    def revoke(self, slot: Slot) -> None:
        """Take a lease away from its borrower."""
        self.ledger.end_lease(slot)
        self._close(slot)

    # -- decisions --------------------------------------------------------------------------------

    def _provide(self, now: float) -> None:
        """Serve waiters from idle connections; start what can serve the rest later."""
        ledger = self.ledger
        while ledger.waiting.count and ledger.idle:
            slot = next(reversed(ledger.idle))
            if now >= slot.expires_at:
                self._retire_expired(slot)
            elif not self._is_stale(slot, now):
                del ledger.idle[slot]
                self._grant(slot, now)
            elif self._should_check():
                ledger.prepare(slot, SlotState.CHECKING)
                self.commands.append(Check(slot))
            else:
                break  # the newest idle one is stale, so all are
        missing = ledger.waiting.count - ledger.coming
        floor = self.timetable.floor
        if ledger.open < floor:
            missing = max(missing, floor - ledger.open - ledger.connecting)
        if self.timetable.owed:
            missing = max(missing, self.timetable.owed - ledger.connecting)
        while missing > 0 and self._may_connect(now):
            self.commands.append(Open(ledger.occupy(now)))
            missing -= 1

    def _may_connect(self, now: float) -> bool:
        if self.closed or not self.ledger.vacant or now < self._backoff.retry_at:
            return False
        # After a failure, one attempt at a time finds out whether the server is back.
        limit = 1 if self._backoff.failures else self._window.size
        return self.ledger.connecting < limit

    def _should_check(self) -> bool:
        """Whether to check one more stale connection for those who wait."""
        ledger = self.ledger
        if ledger.slow and ledger.vacant:
            return False  # the last ones did not answer: a new connection is the better bet
        return ledger.coming < ledger.waiting.count

    def _is_hopeless(self) -> bool:
        """Whether nothing that exists could still serve a waiter."""
        ledger = self.ledger
        usable_leases = ledger.leased - ledger.lost_leases
        return not ledger.idle and usable_leases + ledger.connecting + ledger.preparing == 0

    def _is_stale(self, slot: Slot, now: float) -> bool:
        return now - slot.idle_since >= self._stale_after

    def _refuse_what_is_pointless(self, claim: Claim, now_or_never: bool) -> None:
        """Turn a claim away that may not, or can't ever, be served by waiting."""
        ledger = self.ledger
        limit = self.config.max_waiting
        if now_or_never:
            ledger.counters.timed_out += 1
            raise refusals.now_or_never(ledger)
        if limit is not None and ledger.waiting.count >= limit:
            ledger.counters.shed += 1
            raise refusals.too_many_waiters(ledger, limit)
        mine = ledger.held.counts[claim.task] if claim.is_nested and claim.task is not None else 0
        if mine and ledger.held.stuck + mine >= self.config.max_size:
            ledger.counters.shed += 1
            raise refusals.deadlock(ledger, claim)

    # -- what decisions are made of ---------------------------------------------------------------

    def _prepared(self, slot: Slot, now: float) -> None:
        if self.closed or slot.lost:
            self._close(slot)
        else:
            self._offer(slot, now)
        self._provide(now)

    def _offer(self, slot: Slot, now: float) -> None:
        """It is fit to be lent: to whom waits longest, else to nobody for now."""
        if self.ledger.waiting.count:
            self._grant(slot, now)
            return
        self.ledger.park(slot, now)
        self.timetable.parked(slot, now)

    def _grant(self, slot: Slot, now: float) -> None:
        claim = self.ledger.next_waiting()
        self.ledger.lend(slot, claim, now)
        self.ledger.counters.wait_seconds += now - claim.asked_at
        self.commands.append(claim)

    def _fail_all(
        self, make_error: Callable[[], Exception], cause: Exception | None = None
    ) -> None:
        """End every waiter, each with an error object (and traceback) of its own."""
        for claim in list(self.ledger.waiting):
            self.ledger.leave_queue(claim)
            self.ledger.counters.failed += 1
            error = make_error()
            error.__cause__ = cause
            self.commands.append(Fail(claim, error))

    def _close(self, slot: Slot) -> None:
        self.ledger.close(slot)
        self.commands.append(Close(slot))

    def _retire_expired(self, slot: Slot) -> None:
        self.ledger.counters.retired_lifetime += 1
        self._close(slot)

    def _discard_stale(self, now: float) -> None:
        """One that was idle for long is dead: those of its age have shared its fate."""
        for slot in [slot for slot in self.ledger.idle if self._is_stale(slot, now)]:
            self.ledger.counters.discarded += 1
            self._close(slot)
