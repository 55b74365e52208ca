"""Owns scripted calls: ok, error, slow, never, or held at a gate; must not know connections."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class Ended(Exception):
    """The thing that a scripted call was made on came to its end during the call."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one call does: wait `seconds`, then raise `error` or return `value`.

    Args:
        seconds: how long the call takes; None for never ending by itself.
        error: raised at the end; an exception, or a callable that makes a fresh one.
        value: returned at the end where the call returns something; ``...`` for its default.
    """

    seconds: float | None = 0.0
    error: BaseException | Callable[[], BaseException] | None = None
    value: Any = ...

    async def play(self, ending: asyncio.Future[None]) -> Any:
        """Do what the step says; always gives other tasks a turn, as real I/O would.

        Raises:
            Ended: `ending` was done before the step was.
        """
        await asyncio.wait({ending}, timeout=self.seconds)
        if ending.done():
            raise Ended
        if self.error is not None:
            raise self.error if isinstance(self.error, BaseException) else self.error()
        return self.value


OK = Step()
"""Succeeds after one turn of the loop."""

NEVER = Step(seconds=None)
"""Does not end until it is cancelled or the connection is aborted."""


def slow(seconds: float, value: Any = ...) -> Step:
    """Succeed after `seconds`."""
    return Step(seconds=seconds, value=value)


def fails(error: BaseException | Callable[[], BaseException], after: float = 0.0) -> Step:
    """Raise `error` after `after` seconds."""
    return Step(seconds=after, error=error)


def returns(value: Any, after: float = 0.0) -> Step:
    """Return `value` after `after` seconds."""
    return Step(seconds=after, value=value)


class Gate:
    """Holds calls at their await until it is opened, so that a test can act at that very point."""

    def __init__(self) -> None:
        self._arrivals = 0
        self._opened = False
        self._held: set[asyncio.Future[None]] = set()
        self._arrived = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether calls pass."""
        return self._opened

    @property
    def waiting(self) -> int:
        """How many calls are held at this moment."""
        return len(self._held)

    def open(self) -> None:
        """Let all held calls go on, and all later ones pass."""
        self._opened = True
        for passage in self._held:
            passage.set_result(None)
        self._held.clear()

    async def arrived(self, calls: int = 1) -> None:
        """Return once `calls` calls in all have reached the gate."""
        while self._arrivals < calls:
            self._arrived.clear()
            await self._arrived.wait()

    def let_pass(self, go: Callable[[], object]) -> None:
        """Call `go` when the gate is open (called by the fakes, where nobody can wait)."""
        self._arrivals += 1
        self._arrived.set()
        if self._opened:
            go()
            return
        passage = asyncio.get_running_loop().create_future()
        passage.add_done_callback(lambda _: go())
        self._held.add(passage)

    async def pass_through(self, ending: asyncio.Future[None]) -> None:
        """Wait until the gate is open or `ending` is done (called by the fakes)."""
        self._arrivals += 1
        self._arrived.set()
        if self._opened:
            return
        passage = asyncio.get_running_loop().create_future()
        self._held.add(passage)
        try:
            await asyncio.wait({passage, ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._held.discard(passage)


class Script:
    """The steps of one kind of call, in order of the calls.

    Args:
        steps: one for each of the first calls.
        then: for every call after those.
    """

    def __init__(self, *steps: Step, then: Step = OK) -> None:
        self._steps = deque(steps)
        self._then = then
        self.calls = 0
        self.gate: Gate | None = None

    def next_step(self) -> Step:
        """Count one call and say what it does."""
        self.calls += 1
        return self._steps.popleft() if self._steps else self._then

    async def play(self, ending: asyncio.Future[None]) -> Any:
        """Do what the script says for the next call, unless `ending` is done first."""
        step = self.next_step()
        if self.gate is not None:
            await self.gate.pass_through(ending)
        return await step.play(ending)
