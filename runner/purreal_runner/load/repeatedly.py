"""Does something again and again while something else lasts; must not know what."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


@asynccontextmanager
async def repeatedly(seconds: float | None, act: Callable[[], None]) -> AsyncIterator[None]:
    """Calls `act` every so many seconds while the block lasts, first after that time.

    Args:
        seconds: between two calls; None: never.
        act: must not raise.
    """
    if seconds is None:
        yield
        return
    task = asyncio.create_task(_for_ever(seconds, act), name="repeatedly")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _for_ever(seconds: float, act: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(seconds)
        act()
