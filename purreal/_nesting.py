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

    __slots__ = ("_waiting", "counts", "stuck")

    def __init__(self) -> None:
        self.counts: dict[Task[object], int] = {}
        """How many leases each task has to give back itself; only those that have any. A call of a
        method to count one more, or the only one less, would show in every lease: the ledger does
        both itself."""
        self.stuck = 0
        """Leases held by tasks that wait for another one."""
        self._waiting: set[Task[object]] = set()

    def returned(self, task: Task[object]) -> None:
        left = self.counts[task] - 1
        if left:
            self.counts[task] = left
        else:
            del self.counts[task]
        if self.stuck and task in self._waiting:
            self.stuck -= 1

    def starts_waiting(self, task: Task[object]) -> None:
        if task not in self._waiting:
            self._waiting.add(task)
            self.stuck += self.counts.get(task, 0)

    def stops_waiting(self, task: Task[object]) -> None:
        if task in self._waiting:
            self._waiting.discard(task)
            self.stuck -= self.counts.get(task, 0)
