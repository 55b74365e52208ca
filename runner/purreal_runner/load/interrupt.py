"""Ctrl-C and SIGTERM: the first one ends the load and still reports, the second one aborts."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible(on_first: Callable[[], None]) -> Iterator[None]:
    """Listens to the signals while the block lasts.

    The first signal calls `on_first`. The second one cancels the task that runs the block. After
    that the signals do again what they do by default, so a third one always ends the process.
    """
    task = asyncio.current_task()
    if task is None or threading.current_thread() is not threading.main_thread():
        yield  # signals can be caught in the main thread only
        return
    loop = asyncio.get_running_loop()
    heard = 0

    def hear() -> None:
        nonlocal heard
        heard += 1
        if heard == 1:
            on_first()
        else:
            task.cancel()
            _forget(loop)

    for number in _SIGNALS:
        loop.add_signal_handler(number, hear)
    try:
        yield
    finally:
        _forget(loop)


def _forget(loop: asyncio.AbstractEventLoop) -> None:
    for number in _SIGNALS:
        loop.remove_signal_handler(number)
