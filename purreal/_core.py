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
from purreal._pacing import Backoff, draw_expiry, shrink_interval
from purreal._slots import (
    Borrower,
    Check,
    Close,
    Command,
    Condition,
    Fail,
    Grant,
    Open,
    Reset,
    Slot,
    SlotState,
    Waiter,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from purreal._config import PoolConfig
    from purreal._connection import Connection


class Core:
    """The state of one pool between `open()` and `close()`."""

    def __init__(self, config: PoolConfig, rng: random.Random) -> None:
        self.config = config
        self.ledger = Ledger(config)
        self.commands: deque[Command] = deque()
        self.next_tick = inf
        """When `tick` has something to do; the pool keeps one timer for it."""
        self.closed = False
        self.last_error: ConnectFailed | None = None
        self._rng = rng
        self._backoff = Backoff(rng)
        self.floor = config.min_size
        """Connections to keep open: `min_size`, at the start maybe more."""
        self._shrink_at = -inf

    # -- requests ---------------------------------------------------------------------------------

    def request(
        self, borrower: Borrower, now: float, *, now_or_never: bool = False
    ) -> Slot | Waiter:
        """Lend a connection that is ready, else queue the borrower.

        Args:
            now_or_never: take what is there, unchecked, or fail.

        Raises:
            PoolClosed, AcquireTimeout, TooManyWaiters, NestedAcquireError: nothing was lent.
        """
        if self.closed:
            raise PoolClosed("the pool is closed: nothing can be acquired from it any more")
        ledger = self.ledger
        ledger.counters.requests += 1
        while ledger.idle and not ledger.waiting:
            slot = next(reversed(ledger.idle))
            if now >= slot.expires_at:
                self._retire_expired(slot)
            elif self._is_stale(slot, now) and not now_or_never:
                break
            else:
                ledger.lend(slot, borrower, now, waited=0.0)
                return slot
        self._refuse_what_is_pointless(borrower, now_or_never)
        waiter = Waiter(now, borrower)
        ledger.enqueue(waiter)
        self._provide(now)
        return waiter

    def expire(self, waiter: Waiter, now: float) -> AcquireTimeout:
        """A waiter's deadline passed: take it out of the queue and say why it got nothing."""
        self.ledger.leave_queue(waiter)
        self.ledger.counters.timed_out += 1
        return refusals.acquire_timeout(self.ledger, now - waiter.asked_at, self.last_error)

    def withdraw(self, waiter: Waiter) -> None:
        """A waiter was cancelled; harmless if it was served or failed before."""
        if waiter in self.ledger.waiting:
            self.ledger.leave_queue(waiter)
            self.ledger.counters.cancelled += 1

    def release(self, slot: Slot, condition: Condition, now: float) -> None:
        """A lease came back."""
        counters = self.ledger.counters
        counters.released += 1
        counters.use_seconds += now - slot.leased_at
        self.ledger.end_lease(slot)
        if slot.lost or condition is Condition.BROKEN:
            counters.discarded += 1
            self._close(slot)
        elif self.closed:
            self._close(slot)
        elif now >= slot.expires_at:
            self._retire_expired(slot)
        elif condition is Condition.CHANGED:
            self.ledger.prepare(slot, SlotState.RESETTING)
            self.commands.append(Reset(slot))
        else:
            self._offer(slot, now)
        self._provide(now)

    # -- reports about executed commands ----------------------------------------------------------

    def connected(self, slot: Slot, connection: Connection, seconds: float, now: float) -> None:
        """A connection is open; that took so many seconds."""
        self.ledger.counters.connects += 1
        self.ledger.counters.connect_seconds += seconds
        self._backoff.succeeded()
        self.last_error = None
        self.ledger.opened(slot, connection, draw_expiry(now, self.config.max_lifetime, self._rng))
        self._prepared(slot, now)
        self._wake_for_shrinking()  # one more may make an older one surplus

    def connect_failed(self, slot: Slot, error: ConnectFailed, now: float) -> None:
        """None could be opened: pause, and tell the waiters if nothing else can serve them."""
        self.ledger.counters.connect_failures += 1
        self.last_error = error
        self._backoff.failed(now)
        self.ledger.vacate(slot)
        if self._is_hopeless():
            self._fail_all(error.copy, cause=error)
        self._provide(now)
        self._wake_by(self._backoff.retry_at)

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

    def unfit(self, slot: Slot, now: float) -> None:
        """A check or a reset failed."""
        self.ledger.counters.discarded += 1
        self._close(slot)
        self._provide(now)

    def lost(self, slot: Slot, now: float) -> None:
        """A connection broke by itself; a lease, check or reset under way notices that too."""
        if slot.lost or slot.state in (SlotState.VACANT, SlotState.CLOSING):
            return
        self.ledger.mark_lost(slot)
        if slot.state is SlotState.IDLE:
            self._close(slot)
            self._provide(now)

    # -- time -------------------------------------------------------------------------------------

    def start(self, floor: int, now: float) -> None:
        """Begin to fill: to `floor` connections at first, to `min_size` from then on."""
        self.floor = max(floor, self.config.min_size)
        self._provide(now)

    @property
    def has_filled(self) -> bool:
        """Whether as many connections are open as `start` asked for."""
        return self.ledger.open >= self.floor

    def settle(self) -> None:
        """The start is over: from now on `min_size` is the floor."""
        self.floor = self.config.min_size

    def tick(self, now: float) -> None:
        """Retire what is too old, shrink by one, refill, and set `next_tick` anew."""
        self.next_tick = inf
        for slot in [slot for slot in self.ledger.idle if now >= slot.expires_at]:
            self._retire_expired(slot)
        self._shrink(now)
        self._provide(now)
        for slot in self.ledger.idle:
            self._wake_by(slot.expires_at)
        self._wake_for_shrinking()
        if self._backoff.retry_at > now:
            self._wake_by(self._backoff.retry_at)

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
        while ledger.waiting and ledger.idle:
            slot = next(reversed(ledger.idle))
            if now >= slot.expires_at:
                self._retire_expired(slot)
            elif not self._is_stale(slot, now):
                self._grant(slot, now)
            elif ledger.coming < len(ledger.waiting):
                ledger.prepare(slot, SlotState.CHECKING)
                self.commands.append(Check(slot))
            else:
                break  # the newest idle one is stale, so all are, and enough are being checked
        missing = len(ledger.waiting) - ledger.coming
        if ledger.open < self.floor:
            missing = max(missing, self.floor - ledger.open - ledger.connecting)
        while missing > 0 and self._may_connect(now):
            self.commands.append(Open(ledger.occupy()))
            missing -= 1

    def _may_connect(self, now: float) -> bool:
        if self.closed or not self.ledger.vacant or now < self._backoff.retry_at:
            return False
        # After a failure, one attempt at a time finds out whether the server is back.
        limit = 1 if self._backoff.failures else self.config.max_connecting
        return self.ledger.connecting < limit

    def _is_hopeless(self) -> bool:
        """Whether nothing that exists could still serve a waiter."""
        ledger = self.ledger
        return not ledger.idle and len(ledger.leased) - ledger.lost_leases + ledger.coming == 0

    def _is_stale(self, slot: Slot, now: float) -> bool:
        limit = self.config.check_after_idle
        return limit is not None and now - slot.idle_since >= limit

    def _refuse_what_is_pointless(self, borrower: Borrower, now_or_never: bool) -> None:
        """Turn a borrower away that may not, or can't ever, be served by waiting."""
        ledger = self.ledger
        limit = self.config.max_waiting
        if now_or_never:
            ledger.counters.timed_out += 1
            raise refusals.now_or_never(ledger)
        if limit is not None and len(ledger.waiting) >= limit:
            ledger.counters.shed += 1
            raise refusals.too_many_waiters(ledger, limit)
        held = ledger.held
        mine = held.held_by(borrower.task) if borrower.task is not None else 0
        if mine and held.stuck + mine >= self.config.max_size:
            ledger.counters.shed += 1
            raise refusals.deadlock(ledger, borrower)

    # -- what decisions are made of ---------------------------------------------------------------

    def _prepared(self, slot: Slot, now: float) -> None:
        if self.closed or slot.lost:
            self._close(slot)
        else:
            self._offer(slot, now)
        self._provide(now)

    def _offer(self, slot: Slot, now: float) -> None:
        """It is fit to be lent: to whom waits longest, else to nobody for now."""
        if self.ledger.waiting:
            self._grant(slot, now)
            return
        self.ledger.park(slot, now)
        # Only when it can be earlier than planned: this is the way of every returned lease.
        if slot.expires_at < self.next_tick:
            self.next_tick = slot.expires_at
        limit = self.config.max_idle_time
        if limit is not None and now + limit < self.next_tick:
            self._wake_for_shrinking()

    def _grant(self, slot: Slot, now: float) -> None:
        waiter = next(iter(self.ledger.waiting))
        self.ledger.leave_queue(waiter)
        self.ledger.lend(slot, waiter.borrower, now, waited=now - waiter.asked_at)
        self.commands.append(Grant(waiter, slot))

    def _fail_all(
        self, make_error: Callable[[], Exception], cause: Exception | None = None
    ) -> None:
        """End every waiter, each with an error object (and traceback) of its own."""
        for waiter in list(self.ledger.waiting):
            self.ledger.leave_queue(waiter)
            self.ledger.counters.failed += 1
            error = make_error()
            error.__cause__ = cause
            self.commands.append(Fail(waiter, error))

    def _close(self, slot: Slot) -> None:
        self.ledger.close(slot)
        self.commands.append(Close(slot))

    def _retire_expired(self, slot: Slot) -> None:
        self.ledger.counters.retired_lifetime += 1
        self._close(slot)

    def _has_surplus(self) -> bool:
        return bool(self.ledger.idle) and self.ledger.open > self.config.min_size

    def _shrink(self, now: float) -> None:
        """Close the coldest idle connection if the pool can do without it for long enough."""
        limit = self.config.max_idle_time
        if limit is None or not self._has_surplus() or now < self._shrink_at:
            return
        coldest = next(iter(self.ledger.idle))
        if now >= coldest.idle_since + limit:
            self.ledger.counters.retired_idle += 1
            self._close(coldest)
            self._shrink_at = now + shrink_interval(limit)

    def _wake_for_shrinking(self) -> None:
        limit = self.config.max_idle_time
        if limit is not None and self._has_surplus():
            coldest = next(iter(self.ledger.idle))
            self._wake_by(max(coldest.idle_since + limit, self._shrink_at))

    def _wake_by(self, when: float) -> None:
        if when < self.next_tick:
            self.next_tick = when
