"""Owns the deadlines of many on one timer of the event loop; must not know what they are for."""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from types import TracebackType

# Deadlines that are the same number of seconds away pass in the order in which they were set. So
# each number has a line of its own, and nearly always there are one or two. Lines that are empty
# are kept up to this many, more come from callers that compute each number anew.
_EMPTY_LINES = 16


class Expires(Protocol):
    """Something with a deadline."""

    def expire(self) -> None:
        """The deadline has passed; must not raise."""


class Deadlines:
    """Deadlines that are set and, nearly always, called off again: neither touches a timer.

    A timer for each of them costs more than all else that the pool does for a request.

    Attributes:
        loop: the event loop whose clock counts.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._lines: dict[float, dict[Expires, float]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf

    def set(self, entry: Expires, seconds: float, now: float | None = None) -> None:
        """Call ``entry.expire()`` in so many seconds; not before the next turn of the loop.

        Args:
            now: the loop's time, from who knows it already.
        """
        when = (self.loop.time() if now is None else now) + seconds
        line = self._lines.get(seconds)
        if line is None:
            line = self._lines[seconds] = {}
        line[entry] = when
        if when < self._timer_at:
            self._set_timer(when)

    def call_off(self, entry: Expires, seconds: float) -> None:
        """Forget a deadline that was set with so many seconds. Idempotent."""
        line = self._lines.get(seconds)
        if line is None:
            return
        line.pop(entry, None)
        if not line and len(self._lines) > _EMPTY_LINES:
            del self._lines[seconds]

    def limit(self, seconds: float | None) -> Limit:
        """Limit what is awaited in a block: ``with deadlines.limit(5.0): await …``.

        Args:
            seconds: None for no limit but the one that `Limit.expire` sets.

        Raises (on leaving the block):
            TimeoutError: the seconds are over. As with `asyncio.timeout`.
        """
        return Limit(self, seconds)

    def _set_timer(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = when
        self._timer = self.loop.call_at(when, self._on_timer) if when < inf else None

    def _on_timer(self) -> None:
        # A loop may call a clock tick early; the time asked for keeps that from spinning.
        now = max(self.loop.time(), self._timer_at)
        self._timer_at = inf
        self._timer = None
        for line in list(self._lines.values()):
            for entry in _passed(line, now):
                if line.pop(entry, None) is not None:  # not called off by one before it
                    entry.expire()
        first = min(
            (next(iter(line.values())) for line in self._lines.values() if line), default=inf
        )
        if first < self._timer_at:
            self._set_timer(first)


def _passed(line: dict[Expires, float], now: float) -> list[Expires]:
    passed = []
    for entry, when in line.items():
        if when > now:
            break
        passed.append(entry)
    return passed


class Limit:
    """The block of `Deadlines.limit`.

    Attributes:
        expired: whether the deadline passed inside the block, or somebody called `expire`.
    """

    __slots__ = ("_cancelling", "_deadlines", "_seconds", "_task", "expired")

    def __init__(self, deadlines: Deadlines, seconds: float | None) -> None:
        self._deadlines = deadlines
        self._seconds = seconds
        self._task: asyncio.Task[object] | None = None
        self.expired = False

    def __enter__(self) -> Limit:
        task = asyncio.current_task(self._deadlines.loop)
        if task is None:
            raise RuntimeError("a limit of time needs a task that it can interrupt")
        self._task = task
        self._cancelling = task.cancelling()
        if self._seconds is not None:
            self._deadlines.set(self, self._seconds)
        return self

    def expire(self) -> None:
        """Interrupt the block, as its deadline does; without effect when it is over. Idempotent."""
        if self._task is not None and not self.expired:
            self.expired = True
            self._task.cancel()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._seconds is not None:
            self._deadlines.call_off(self, self._seconds)
        task, self._task = self._task, None
        # Of two that interrupt the task, a caller's own request to be cancelled comes first.
        if (
            self.expired
            and task is not None
            and task.uncancel() <= self._cancelling
            and kind is asyncio.CancelledError
        ):
            raise TimeoutError from error
