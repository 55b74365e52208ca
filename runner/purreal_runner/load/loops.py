"""Chooses the event loop: uvloop where it is installed, asyncio's own otherwise."""

import asyncio
import importlib.util
import os
from collections.abc import Coroutine
from typing import Any, Literal, TypeVar

from purreal_runner.exit_codes import ExitCode
from purreal_runner.load.refused import RunRefused

LoopName = Literal["asyncio", "uvloop"]
Result = TypeVar("Result")


def choose_loop(wanted: str | None = None) -> LoopName:
    """Which event loop to use.

    Args:
        wanted: `asyncio` or `uvloop`; None: uvloop if the `speed` extra is installed, unless
            PYTHONASYNCIODEBUG asks for asyncio's debug mode, which uvloop lacks.

    Raises:
        RunRefused: uvloop is wanted and not installed.
        ValueError: the name is unknown.
    """
    installed = importlib.util.find_spec("uvloop") is not None
    if wanted == "asyncio":
        return "asyncio"
    if wanted == "uvloop":
        if not installed:
            raise RunRefused(
                "uvloop is not installed: pip install 'purreal[speed]', or --loop asyncio",
                ExitCode.USAGE,
            )
        return "uvloop"
    if wanted is not None:
        raise ValueError(f"there is no event loop {wanted!r}: asyncio or uvloop")
    return "uvloop" if installed and not os.environ.get("PYTHONASYNCIODEBUG") else "asyncio"


def run_in_loop(main: Coroutine[Any, Any, Result], loop: LoopName) -> Result:
    """Runs a coroutine to its end in a new event loop of that kind.

    Raises:
        KeyboardInterrupt: somebody aborted it (`interruptible`).
    """
    try:
        with asyncio.Runner(loop_factory=_factory(loop)) as runner:
            return runner.run(main)
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def _factory(loop: LoopName) -> Any:
    if loop == "asyncio":
        return asyncio.new_event_loop
    import uvloop  # only where it was chosen: it is an extra

    return uvloop.new_event_loop
