"""Notices the death of the process that started this one; knows nothing of what this one does.

Three ways, because none covers all: the pipe on standard input closes with the parent (unless a
forked sibling holds it open too), Linux sends a signal (only Linux), and the parent's process id
changes (looked at once a second).
"""

import asyncio
import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO, Final

_LOOK_SECONDS: Final = 1.0
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


def read_hello(stream: BinaryIO) -> dict[str, Any]:
    """The one JSON line that the parent sends: its process id under "parent", and what the child
    needs.

    Ends this process when there is none: the parent is dead already.
    """
    line = stream.readline()
    if not line:
        sys.exit("purreal: started as a child process, but the parent is gone")
    hello: dict[str, Any] = json.loads(line)
    return hello


async def parent_is_gone(parent: int) -> None:
    """Return when the process `parent`, which started this one, no longer lives."""
    loop = asyncio.get_running_loop()
    look = asyncio.Event()
    closed = asyncio.Event()
    _signal_on_death_of_parent(loop, look.set)
    await loop.connect_read_pipe(lambda: _Pipe(closed, look), sys.stdin)
    while os.getppid() == parent and not closed.is_set():
        look.clear()
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await look.wait()
        except TimeoutError:
            continue


class _Pipe(asyncio.Protocol):
    def __init__(self, closed: asyncio.Event, look: asyncio.Event) -> None:
        self._closed, self._look = closed, look

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set()
        self._look.set()


def _signal_on_death_of_parent(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    if sys.platform != "linux":
        return
    # The signal comes when the parent's *thread* ends that started us, so it is only a reason to
    # look.
    loop.add_signal_handler(signal.SIGUSR1, call)
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGUSR1)
