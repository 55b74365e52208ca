"""Start and stop of a run inside one process; must not know what is started or stopped."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Control:
    """Lets one place say "start" and "stop" and many places hear it.

    Stopping means: no new operations, let those under way end. It is final.
    """

    def __init__(self, *, started: bool = False) -> None:
        self._started = asyncio.Event()
        self._stopped = False
        self._halts: set[asyncio.Event] = set()
        if started:
            self._started.set()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped

    def start(self) -> None:
        """Lets everybody who waits for the start go."""
        self._started.set()

    def stop(self) -> None:
        """Ends every stretch of load that is under way and all that would follow."""
        self._stopped = True
        self._started.set()
        for halt in self._halts:
            halt.set()

    async def wait_for_start(self) -> None:
        """Returns when the run starts, or is stopped before it did."""
        await self._started.wait()

    @contextmanager
    def halt(self, seconds: float | None = None) -> Iterator[asyncio.Event]:
        """An event that is set when the run is stopped or, if given, `seconds` from now."""
        event = asyncio.Event()
        if self._stopped:
            event.set()
        self._halts.add(event)
        timer = None
        if seconds is not None:
            timer = asyncio.get_running_loop().call_later(seconds, event.set)
        try:
            yield event
        finally:
            self._halts.discard(event)
            if timer is not None:
                timer.cancel()
