"""Runs the guide's sustained test with `purreal run` and takes its figures; judges nothing."""

from pathlib import Path
from typing import Literal

from benchmarks.purreal_run import RunFailed, purreal_run
from benchmarks.results import Results

Engine = Literal["server", "embedded"]

_DOCUMENT = Path(__file__).parents[1] / "examples" / "loadtest.yaml"
_WARM_UP_SECONDS = 10


async def sustained(results: Results, engine: Engine, *, warm: bool) -> None:
    """Run it once: 500 workers, 5,000 operations, a pool of 50 to 600, on asyncio.

    Args:
        engine: the database that is started for it.
        warm: let the pool grow before the operations that count.
    """
    who = f"guide/{'warm' if warm else 'cold'} {engine}"
    warm_up = str(_WARM_UP_SECONDS if warm else 0)
    try:
        report = await purreal_run(_DOCUMENT, ["--engine", engine, "--warm-up", warm_up])
    except RunFailed as error:
        results.leave_out(who, str(error))
        return
    rows = {row["name"]: row for row in report["grade"]}
    below = [name for name, row in rows.items() if row["grade"] != "Excellent"]
    results.add(f"{who}/rows_not_excellent", len(below))
    results.add(f"{who}/success_percent", rows["Success Rate"]["observed"] * 100)
    results.add(f"{who}/acquire_p95_ms", rows["P95 Acquire Time"]["observed"] * 1000)
    results.add(f"{who}/operations_per_second", report["throughput"])
    if below or who not in results.details:
        results.details[who] = ", ".join(below)
