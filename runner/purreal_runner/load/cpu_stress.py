"""Keeps processors busy on purpose while a test runs; must not know which test."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_LOOK_EVERY_SECONDS = 0.1


@asynccontextmanager
async def cpu_stress(processes: int, seconds: float) -> AsyncIterator[None]:
    """Runs busy processes for as long as the block lasts.

    Args:
        processes: how many; each keeps one core busy.
        seconds: each of them ends after this time by itself, and at once when its parent is gone.
    """
    command = (sys.executable, "-m", "purreal_runner.load.cpu_stress", str(seconds))
    burning: list[asyncio.subprocess.Process] = []
    try:
        while len(burning) < processes:
            process = await asyncio.create_subprocess_exec(*command, start_new_session=True)
            burning.append(process)
        yield
    finally:
        for process in burning:
            if process.returncode is None:
                process.kill()
            await process.wait()


def burn(seconds: float) -> None:
    """Keeps one core busy for that time, or until the parent process is gone."""
    parent = os.getppid()
    end = time.monotonic() + seconds
    while time.monotonic() < end and os.getppid() == parent:
        look = time.monotonic() + _LOOK_EVERY_SECONDS
        while time.monotonic() < look:
            pass


if __name__ == "__main__":
    burn(float(sys.argv[1]))
