"""Runs one measuring program in a process of its own and reads what it says; knows no numbers."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

_SHOWN_CHARACTERS = 300


class ProgramFailed(RuntimeError):
    """A program ended without a result; the text is the last that it wrote."""


async def run_program(
    script: str, said: Mapping[str, Any], python: Path | None = None, seconds: float = 90.0
) -> dict[str, Any]:
    """Run `script`, tell it `said` on its standard input, and return the JSON it prints last.

    Args:
        script: a file of this folder, such as `drivers/sdk.py`.
        python: the interpreter; None for the one that runs this.
        seconds: how long it may take.

    Raises:
        ProgramFailed: it ended with an error, said nothing or took too long.
    """
    process = await asyncio.create_subprocess_exec(
        str(python or sys.executable),
        str(HERE / script),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_environment(),
    )
    try:
        async with asyncio.timeout(seconds):
            output, errors = await process.communicate(json.dumps(said).encode() + b"\n")
    except TimeoutError:
        raise ProgramFailed(f"{script} took more than {seconds:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = output.decode().splitlines()
    if process.returncode != 0 or not lines:
        raise ProgramFailed(f"{script}: {_last_line(errors)}")
    result: dict[str, Any] = json.loads(lines[-1])
    return result


def _environment() -> dict[str, str]:
    """Ours, without what would put this repository on the search path of another environment, and
    without what would have each program compile all its modules anew."""
    unwanted = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def _last_line(errors: bytes) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[-1][:_SHOWN_CHARACTERS] if lines else "it ended without a word"
