"""Whether an event loop still turns: beaten in the loop, looked at from another thread."""

import asyncio
import time

BEAT_SECONDS = 1.0


class Heartbeat:
    """The pulse of one event loop."""

    def __init__(self) -> None:
        self._beat = time.monotonic()

    def alive(self, within_seconds: float = 30.0) -> bool:
        """Whether the loop has turned within that time."""
        return time.monotonic() - self._beat < within_seconds

    async def keep(self) -> None:
        """Beat until cancelled."""
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(BEAT_SECONDS)
