"""Owns to which event loop and process a pool belongs; knows nothing of what a pool does."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from threading import get_ident
from typing import Protocol, cast
from weakref import WeakSet

_process = os.getpid()


def _note_fork() -> None:
    global _process
    _process = os.getpid()
    for binding in _bindings:
        binding.host = _Nowhere()


# Asking the kernel for the process id at each use would cost more than the lease itself.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


class Host(Protocol):
    """What knows in which thread an event loop runs now, if it does. asyncio's own loops do."""

    @property
    def _thread_id(self) -> int | None: ...


class Binding:
    """The one loop and process in which sockets and futures of a pool work.

    Where every lease and every request asks, they compare `host` with the thread they are in, and
    turn to `complaint` when it differs. To ask asyncio for the running loop is a system call on
    Python 3.11, three times in each lease with a request: a third of a microsecond.

    Attributes:
        loop: the event loop.
        host: its `_thread_id` is the thread in which the loop runs, in this process.
        clock: its time in seconds.

    Raises:
        RuntimeError: no event loop is running.
    """

    __slots__ = ("__weakref__", "_process", "clock", "host", "loop")

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.host = _host_of(self.loop)
        self.clock = _clock_of(self.loop)
        self._process = _process
        _bindings.add(self)

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


_bindings: WeakSet[Binding] = WeakSet()


class _Nowhere:
    """Nothing runs in a fork."""

    _thread_id = None


class _Asking:
    """Of a loop that does not tell its thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    @property
    def _thread_id(self) -> int | None:
        return get_ident() if asyncio._get_running_loop() is self._loop else None


def _host_of(loop: asyncio.AbstractEventLoop) -> Host:
    tells = getattr(loop, "_thread_id", None) == get_ident()
    return cast("Host", loop) if tells else _Asking(loop)


def _clock_of(loop: asyncio.AbstractEventLoop) -> Callable[[], float]:
    """What the loop's `time` would tell, without the method around it where that is asyncio's."""
    own = getattr(loop.time, "__func__", None)
    return time.monotonic if own is asyncio.BaseEventLoop.time else loop.time
