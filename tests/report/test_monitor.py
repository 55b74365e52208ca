"""Owns the proof that the live bar can be put on any pool and leaves the terminal clean."""

import asyncio
import io
import os
import pty
from collections.abc import Iterator
from typing import Any

import pytest

from purreal_runner.monitor import monitor

LAST = "Total:  543 | Used:    3 | Free:  540 | Util:   0.6%"


class CountingPool:
    """A pool that has one more lease out at each reading."""

    def __init__(self, gauges: Any) -> None:
        self._gauges = gauges
        self.readings = 0

    def stats(self) -> Any:
        self.readings += 1
        return self._gauges(leased=self.readings)


class Terminal(io.StringIO):
    """A stream that says it is a terminal, of unknown width."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def pool(gauges: Any) -> CountingPool:
    return CountingPool(gauges)


@pytest.mark.looptime
async def test_elsewhere_each_reading_is_a_plain_line_and_the_last_state_comes_at_the_end(
    pool: CountingPool,
) -> None:
    stream = io.StringIO()

    async with monitor(pool, interval=0.25, stream=stream):
        await asyncio.sleep(0.3)

    lines = stream.getvalue().splitlines()
    assert len(lines) == pool.readings == 3
    assert lines[-1].endswith(LAST)
    assert "\x1b" not in stream.getvalue()
    assert "\r" not in stream.getvalue()


@pytest.mark.looptime
async def test_on_a_terminal_the_bar_is_drawn_in_place(pool: CountingPool) -> None:
    stream = Terminal()

    async with monitor(pool, interval=0.25, stream=stream):
        await asyncio.sleep(0.3)

    text = stream.getvalue()
    assert text.count("\r\x1b[2K[") == 3
    assert text.count("\n") == 1
    assert text.endswith(LAST + "\n")


@pytest.mark.looptime
async def test_the_bar_ends_with_the_body_also_when_that_raises(pool: CountingPool) -> None:
    stream = Terminal()
    before = asyncio.all_tasks()

    async def body() -> None:
        async with monitor(pool, stream=stream):
            await asyncio.sleep(0.3)
            raise RuntimeError("of the body")

    with pytest.raises(RuntimeError, match="of the body"):
        await body()

    assert asyncio.all_tasks() == before
    assert stream.getvalue().endswith("%\n")


async def test_the_standard_output_of_the_moment_is_the_default(
    pool: CountingPool, capsys: pytest.CaptureFixture[str]
) -> None:
    async with monitor(pool):
        await asyncio.sleep(0)

    assert capsys.readouterr().out.count("Total:") == 2


@pytest.mark.parametrize("interval", [0, -1])
async def test_an_interval_that_is_not_above_zero_is_refused(
    pool: CountingPool, interval: float
) -> None:
    with pytest.raises(ValueError, match="interval must be above 0"):
        async with monitor(pool, interval=interval):
            pass


@pytest.fixture
def narrow_terminal() -> Iterator[tuple[int, Any]]:
    """A real terminal of 80 columns, as (its other end, a stream to it)."""
    screen, keyboard = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with os.fdopen(keyboard, "w", encoding="utf-8") as stream:
        yield screen, stream
    os.close(screen)


async def test_on_a_narrow_terminal_the_bar_gives_way_so_that_no_line_wraps(
    pool: CountingPool, narrow_terminal: tuple[int, Any]
) -> None:
    screen, stream = narrow_terminal

    async with monitor(pool, stream=stream):
        await asyncio.sleep(0)

    shown = os.read(screen, 10_000).decode()
    for drawn in shown.split("\r\x1b[2K")[1:]:
        assert len(drawn.rstrip()) == 79
