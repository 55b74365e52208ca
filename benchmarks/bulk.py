"""Measures how much bulky results hold up small ones beside them; judges nothing."""

from benchmarks.machine import Cores
from benchmarks.results import Results
from benchmarks.running import ProgramFailed, run_program
from benchmarks.throughput import Target

KINDS = ("session", "connection")

_SCRIPT = "drivers/purreal_bulk.py"
_LEASES = 50
_WORKERS = 20


async def read_beside_bulk(
    results: Results, target: Target, cores: Cores, *, repeats: int, seconds: float
) -> None:
    """Read small records alone, and beside a lease that reads 1 MB over and over."""
    for _ in range(repeats):
        for kind in KINDS:
            if name_of(kind) not in results.absent:
                await _run(results, kind, target, cores, seconds)


def name_of(kind: str) -> str:
    """The section and contestant of the samples with leases of a kind."""
    return f"bulk/{kind}"


async def _run(results: Results, kind: str, target: Target, cores: Cores, seconds: float) -> None:
    who = name_of(kind)
    settings = {
        "url": target.url,
        "username": target.username,
        "password": target.password,
        "workload": "bulk",
        "workers": _WORKERS,
        "leases": _LEASES,
        "seconds": seconds,
        "core": cores.client,
        "variant": kind,
    }
    try:
        outcome = await run_program(_SCRIPT, settings)
    except ProgramFailed as error:
        results.leave_out(who, str(error))
        return
    results.add(f"{who}/alone_p99_ms", outcome["alone_p99_ms"])
    results.add(f"{who}/beside_bulk_p99_ms", outcome["beside_bulk_p99_ms"])
    results.add(f"{who}/bulk_reads_per_second", outcome["bulk_reads"] / seconds)
    results.add(f"{who}/sockets", outcome["sockets"])
