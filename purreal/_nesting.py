"""Owns which task holds leases and which of them waits for more; must not know slots or I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import Task


class HeldLeases:
    """Counts leases that only their own, waiting task could give back.

    Only leases of `async with pool.acquire()` are entered: their task is the one that returns
    them, so while it waits for another lease they can't come back. (A lease of `checkout()` may
    be returned by any task; nothing certain can be said about it.)
    """

    __slots__ = ("_held", "_waiting", "stuck")

    def __init__(self) -> None:
        self._held: dict[Task[object], int] = {}
        self._waiting: set[Task[object]] = set()
        self.stuck = 0
        """Leases held by tasks that wait for another one."""

    def held_by(self, task: Task[object]) -> int:
        """Number of leases that `task` has to give back itself."""
        return self._held.get(task, 0)

    def lent(self, task: Task[object]) -> None:
        self._held[task] = self._held.get(task, 0) + 1

    def returned(self, task: Task[object]) -> None:
        left = self._held[task] - 1
        if left:
            self._held[task] = left
        else:
            del self._held[task]
        if self._waiting and task in self._waiting:
            self.stuck -= 1

    def starts_waiting(self, task: Task[object]) -> bool:
        """Note it if the task holds leases, and tell whether it does."""
        held = self._held.get(task, 0)
        if held and task not in self._waiting:
            self._waiting.add(task)
            self.stuck += held
        return held > 0

    def stops_waiting(self, task: Task[object]) -> None:
        if task in self._waiting:
            self._waiting.discard(task)
            self.stuck -= self.held_by(task)
