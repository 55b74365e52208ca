"""Makes workers hold their leases at the same moment; knows nothing of what they do with them."""

import asyncio
from collections.abc import Callable

LONGEST_HOLD_SECONDS = 30.0


class Gate:
    """Opens when `needed` workers stand at it, so that all of them hold a lease at once.

    A worker that can't get a lease gives up its place, so nobody waits for it. As a last resort
    the gate opens after `LONGEST_HOLD_SECONDS`.

    Args:
        needed: how many must stand here; no more than the pool can lend.
        on_open: called once, while all of them hold their leases.
    """

    def __init__(self, needed: int, on_open: Callable[[], None] = lambda: None) -> None:
        self._missing = needed
        self._on_open = on_open
        self._open = asyncio.Event()
        if needed <= 0:
            self._open.set()

    async def hold(self) -> None:
        """Stands at the gate until it opens."""
        self._one_less()
        try:
            async with asyncio.timeout(LONGEST_HOLD_SECONDS):
                await self._open.wait()
        except TimeoutError:
            self.open()

    def give_up(self) -> None:
        """Says that one worker will not come."""
        self._one_less()

    def _one_less(self) -> None:
        self._missing -= 1
        if self._missing <= 0:
            self.open()

    def open(self) -> None:
        """Lets everybody go who stands here or will come."""
        if not self._open.is_set():
            self._open.set()
            self._on_open()
