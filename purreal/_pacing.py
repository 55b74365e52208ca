"""Owns the pool's random and growing intervals (backoff, lifetimes); reads no clock itself."""

from __future__ import annotations

import random
from math import inf
from typing import Final

FIRST_BACKOFF: Final = 0.1
LONGEST_BACKOFF: Final = 5.0
"""Pause after a failed connect, in seconds; it doubles from the first to the longest."""

BACKOFF_JITTER: Final = 0.2
"""± 20 %, so that many pools that lost the same server do not come back in step."""

LIFETIME_JITTER: Final = 0.1
"""Each life is up to 10 % shorter than `max_lifetime`, so that connections that were opened
together are not replaced together."""

FIRST_CONNECTS: Final = 16
"""Attempts to connect that run side by side until it is known how the server takes them."""

QUICK_CONNECT: Final = 0.1
SLOW_CONNECT: Final = 1.0
"""Seconds of a connect: a quicker one lets one more run side by side, a slower one one fewer."""

SHRINK_STEPS: Final = 100
"""Surplus idle connections go one by one, `max_idle_time / SHRINK_STEPS` apart (at most 1 s)."""


class Backoff:
    """Decides when the next attempt to connect may start."""

    __slots__ = ("_retry_at", "_rng", "failures")

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.failures = 0
        self._retry_at = -inf

    @property
    def retry_at(self) -> float:
        """No attempt before this time."""
        return self._retry_at

    def failed(self, begun_at: float, now: float) -> None:
        """An attempt begun at `begun_at` failed; of attempts side by side only the first counts."""
        if begun_at < self._retry_at:
            return
        pause = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(self.failures, 16))
        self.failures += 1
        self._retry_at = now + pause * self._rng.uniform(1 - BACKOFF_JITTER, 1 + BACKOFF_JITTER)

    def succeeded(self) -> None:
        self.failures = 0
        self._retry_at = -inf


class ConnectWindow:
    """Decides how many attempts to connect may run side by side.

    More of them than a server takes at once only wait in its queue, and everybody's requests with
    them. Where connects are quick their number doubles with each round, as in TCP's slow start.

    Args:
        limit: never more than that.
    """

    __slots__ = ("_limit", "size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.size = min(FIRST_CONNECTS, limit)

    def succeeded(self, seconds: float) -> None:
        """A connect took so many seconds."""
        if seconds < QUICK_CONNECT:
            self.size = min(self.size + 1, self._limit)
        elif seconds > SLOW_CONNECT:
            self.size = max(self.size - 1, 1)

    def failed(self) -> None:
        """A connect failed: what was known about the server is out of date."""
        self.size = min(self.size, FIRST_CONNECTS)


def draw_expiry(now: float, max_lifetime: float | None, rng: random.Random) -> float:
    """When a connection opened `now` has lived long enough."""
    if max_lifetime is None:
        return inf
    return now + max_lifetime * (1 - LIFETIME_JITTER * rng.random())


def shrink_interval(max_idle_time: float) -> float:
    """Seconds between two retirements of surplus idle connections."""
    return min(1.0, max_idle_time / SHRINK_STEPS)
