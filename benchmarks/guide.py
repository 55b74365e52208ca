"""Runs the guide's sustained test with `purreal run` and takes its figures; judges nothing."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

from benchmarks.results import Results

Engine = Literal["server", "embedded"]

_DOCUMENT = Path(__file__).parents[1] / "examples" / "loadtest.yaml"
_WARM_UP_SECONDS = 10
_LIMIT_SECONDS = 90.0

LIMITED_BY_THE_SERVER = ("Throughput",)
"""Rows of the guide's table that say how fast the database is, not how good the pool."""


async def sustained(results: Results, engine: Engine, *, warm: bool) -> None:
    """Run it once: 500 workers, 5,000 operations, a pool of 50 to 600, on asyncio.

    Args:
        engine: the database that is started for it.
        warm: let the pool grow before the operations that count.
    """
    who = f"guide/{'warm' if warm else 'cold'} {engine}"
    report = await _report(engine, _WARM_UP_SECONDS if warm else 0)
    if isinstance(report, str):
        results.leave_out(who, report)
        return
    rows = {row["name"]: row for row in report["grade"]}
    below = [
        name
        for name, row in rows.items()
        if row["grade"] != "Excellent" and name not in LIMITED_BY_THE_SERVER
    ]
    results.add(f"{who}/rows_not_excellent", len(below))
    results.add(f"{who}/success_percent", rows["Success Rate"]["observed"] * 100)
    results.add(f"{who}/acquire_p95_ms", rows["P95 Acquire Time"]["observed"] * 1000)
    results.add(f"{who}/operations_per_second", report["throughput"])
    results.details[who] = ", ".join(below)


async def _report(engine: Engine, warm_up: int) -> dict[str, Any] | str:
    """The report as JSON, or why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "purreal_runner.cli", "run", str(_DOCUMENT),
            "--engine", engine, "--warm-up", str(warm_up), "--loop", "asyncio",
            "--output", str(file),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(_LIMIT_SECONDS):
                _, errors = await process.communicate()
        except TimeoutError:
            return f"purreal run took more than {_LIMIT_SECONDS:g} s"
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
        if not file.exists():
            lines = errors.decode(errors="replace").strip().splitlines()
            return f"purreal run ended with {process.returncode}: {lines[-1] if lines else ''}"
        report: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return report
