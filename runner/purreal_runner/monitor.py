"""Owns the live bar of a pool; reads nothing but the pool's statistics."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol, TextIO

from purreal_runner.measure.views import PoolGauges
from purreal_runner.report.guide import BAR_CELLS, monitor_bar

_CLEAR_LINE = "\r\x1b[2K"


class Watchable(Protocol):
    """What the bar needs of a pool; `SurrealDBConnectionPool` has it."""

    def stats(self) -> PoolGauges:
        """The pool at this instant."""


@asynccontextmanager
async def monitor(
    pool: Watchable, interval: float = 0.25, stream: TextIO | None = None
) -> AsyncIterator[None]:
    """Show a pool's live bar while the body runs: `async with monitor(pool): ...`.

    On a terminal the bar is redrawn in place; elsewhere each reading is a line of its own. The
    last state is printed at the end, however the body ends, and the cursor is on a new line then.

    Args:
        pool: any pool; only its `stats()` is used.
        interval: seconds between two readings.
        stream: where to write; by default the standard output.

    Raises:
        ValueError: the interval is not above zero.
    """
    if interval <= 0:
        raise ValueError(f"interval must be above 0 seconds, not {interval}")
    bar = _Bar(pool, stream or sys.stdout)
    drawing = asyncio.create_task(_draw_repeatedly(bar, interval), name="purreal-monitor")
    try:
        yield
    finally:
        drawing.cancel()
        await asyncio.gather(drawing, return_exceptions=True)
        bar.finish()


async def _draw_repeatedly(bar: "_Bar", interval: float) -> None:
    while True:
        bar.draw()
        await asyncio.sleep(interval)


class _Bar:
    """Writes the bar in place on a terminal, as lines elsewhere."""

    def __init__(self, pool: Watchable, stream: TextIO) -> None:
        self._pool = pool
        self._stream = stream
        self._in_place = stream.isatty()

    def draw(self) -> None:
        """Write the pool's present state."""
        stats = self._pool.stats()
        if self._in_place:
            self._stream.write(_CLEAR_LINE + monitor_bar(stats, self._cells_that_fit(stats)))
        else:
            self._stream.write(f"{monitor_bar(stats)}\n")
        self._stream.flush()

    def _cells_that_fit(self, stats: PoolGauges) -> int:
        """A line that wraps could not be drawn again in place, so the bar gives way."""
        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns
        except OSError:
            return BAR_CELLS
        return max(0, min(BAR_CELLS, columns - 1 - len(monitor_bar(stats, 0))))

    def finish(self) -> None:
        """Write the last state and leave the cursor on a new line."""
        self.draw()
        if self._in_place:
            self._stream.write("\n")
            self._stream.flush()
