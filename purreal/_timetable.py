"""Owns when the pool has to look again, and which idle connections have had their time."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from purreal._pacing import shrink_interval

if TYPE_CHECKING:
    from purreal._config import PoolConfig
    from purreal._ledger import Ledger
    from purreal._slots import Slot


class Timetable:
    """Lifetimes, idle times and the next moment that needs attention."""

    def __init__(self, config: PoolConfig, ledger: Ledger) -> None:
        self.next_tick = inf
        """When the core's `tick` has something to do; the pool keeps one timer for it."""
        self.floor = config.min_size
        """Connections to keep open: `min_size`, at the start maybe more."""
        self.owed = 0
        """Connections to open in place of lost ones, though nobody waits for them: what was worth
        keeping before the loss, is so after it."""
        self._owed_until = inf
        self._max_idle_time = config.max_idle_time
        self._ledger = ledger
        self._shrink_at = -inf

    def wake_by(self, when: float) -> None:
        if when < self.next_tick:
            self.next_tick = when

    def parked(self, slot: Slot, now: float) -> None:
        """A connection became idle."""
        if slot.expires_at < self.next_tick:
            self.next_tick = slot.expires_at
        limit = self._max_idle_time
        if limit is not None and now + limit < self.next_tick:
            self.plan_shrinking()

    def lost(self, now: float) -> None:
        """A connection broke by itself."""
        self.owed += 1
        self._owed_until = inf if self._max_idle_time is None else now + self._max_idle_time

    def replaced(self) -> None:
        """A connection was opened."""
        if self.owed:
            self.owed -= 1

    def write_off(self, now: float) -> None:
        """Owe nothing more after a time in which idle connections would have been closed."""
        if now >= self._owed_until:
            self.owed = 0

    def expired(self, now: float) -> list[Slot]:
        """Idle connections that have lived long enough."""
        return [slot for slot in self._ledger.idle if now >= slot.expires_at]

    def surplus(self, now: float) -> Slot | None:
        """The coldest idle connection, if the pool could do without it for long enough."""
        limit = self._max_idle_time
        if limit is None or not self._has_surplus() or now < self._shrink_at:
            return None
        coldest = next(iter(self._ledger.idle))
        if now < coldest.idle_since + limit:
            return None
        self._shrink_at = now + shrink_interval(limit)
        return coldest

    def plan_shrinking(self) -> None:
        limit = self._max_idle_time
        if limit is not None and self._has_surplus():
            coldest = next(iter(self._ledger.idle))
            self.wake_by(max(coldest.idle_since + limit, self._shrink_at))

    def plan(self) -> None:
        """Set `next_tick` anew from all idle connections."""
        self.next_tick = min((slot.expires_at for slot in self._ledger.idle), default=inf)
        self.plan_shrinking()

    def _has_surplus(self) -> bool:
        return bool(self._ledger.idle) and self._ledger.open > self.floor
