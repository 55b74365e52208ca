"""Owns to which event loop and process a pool belongs; knows nothing of what a pool does."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

_process = os.getpid()


def _note_fork() -> None:
    global _process
    _process = os.getpid()


# Asking the kernel for the process id at each use would cost more than the lease itself.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


class Binding:
    """The one loop and process in which sockets and futures of a pool work.

    Attributes:
        loop: the event loop.
        clock: its time in seconds.

    Raises:
        RuntimeError: no event loop is running.
    """

    __slots__ = ("_process", "clock", "loop")

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.clock = _clock_of(self.loop)
        self._process = _process

    def complaint(self) -> str | None:
        """Why this is the wrong place to use the pool, None where it is the right one."""
        if self._process != _process:
            return (
                f"it belongs to process {self._process} and this is its fork {_process}: sockets "
                "can't be shared between processes, so make a pool in each"
            )
        if asyncio._get_running_loop() is not self.loop:
            return (
                "it belongs to another event loop: make one pool in each loop, or hand the work "
                "over with asyncio.run_coroutine_threadsafe()"
            )
        return None


def _clock_of(loop: asyncio.AbstractEventLoop) -> Callable[[], float]:
    """What the loop's `time` would tell, without the method around it where that is asyncio's."""
    own = getattr(loop.time, "__func__", None)
    return time.monotonic if own is asyncio.BaseEventLoop.time else loop.time
