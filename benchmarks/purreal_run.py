"""Runs the real command `purreal run` and reads its report; judges nothing."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_LIMIT_SECONDS = 90.0


class RunFailed(RuntimeError):
    """There is no report; the text says why."""


async def purreal_run(document: Path, arguments: Sequence[str]) -> dict[str, Any]:
    """Run the load test of a document on asyncio and return its report.

    Raises:
        RunFailed: it took too long or ended without a report.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "purreal_runner.cli", "run", str(document),
            *arguments, "--loop", "asyncio", "--output", str(file),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(_LIMIT_SECONDS):
                _, errors = await process.communicate()
        except TimeoutError:
            raise RunFailed(f"purreal run took more than {_LIMIT_SECONDS:g} s") from None
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
        if not file.exists():
            lines = errors.decode(errors="replace").strip().splitlines()
            last = lines[-1] if lines else ""
            raise RunFailed(f"purreal run ended with {process.returncode}: {last}")
        report: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return report
