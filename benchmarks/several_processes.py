"""Runs `purreal run` with one process and with several, and takes its figures; judges nothing."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.instant_server import InstantServer
from benchmarks.purreal_run import RunFailed, purreal_run
from benchmarks.results import Results

PROCESSES = (1, 2, 4)

_DOCUMENT = Path(__file__).with_name("processes.yaml")


def name_of(processes: int) -> str:
    """The section and contestant of the samples with so many processes."""
    return f"processes/{processes}"


async def compare_processes(
    results: Results, server: InstantServer, *, repeats: int, counts: Sequence[int] = PROCESSES
) -> None:
    """Give the same load to one process and to several, all of them in each repeat."""
    for _ in range(repeats):
        for processes in counts:
            if name_of(processes) not in results.absent:
                await _run(results, server, processes)


async def _run(results: Results, server: InstantServer, processes: int) -> None:
    who = name_of(processes)
    before = server.cpu_seconds()
    try:
        report = await _report(server.url, processes)
    except RunFailed as error:
        results.leave_out(who, str(error))
        return
    server_seconds = server.cpu_seconds() - before
    if reason := reason_against(report, pools=processes):
        results.leave_out(who, reason)
        return
    ran_in = report["effective"]["processes"]
    results.add(f"{who}/operations_per_second", report["throughput"])
    results.add(f"{who}/ran_in", ran_in)
    results.add(f"{who}/busiest_core_percent", report["generator"]["cpuShare"] * 100)
    results.add(f"{who}/server_core_percent", server_seconds / report["durationSeconds"] * 100)


async def _report(url: str, processes: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        password = Path(folder) / "password"
        password.touch(mode=0o600)
        password.write_text("instant\n", encoding="ascii")  # the instant server takes any
        return await purreal_run(
            _DOCUMENT,
            ["--url", url, "--user", "root", "--password-file", str(password),
             "--processes", str(processes)],
        )  # fmt: skip


def reason_against(report: dict[str, Any], *, pools: int) -> str | None:
    """Why a report can't be right: every operation took one lease, which its pool counted, too.

    The pools' own counts are not merged, so they tell whether merging lost or doubled something.
    """
    operations = report["operations"]
    granted = [pool["final"]["granted"] for pool in report["pool"]["pools"]]
    if len(granted) != pools:
        return f"{len(granted)} of {pools} pools are in the report"
    if operations["succeeded"] != operations["issued"] or not operations["issued"]:
        return f"{operations['succeeded']:,} of {operations['issued']:,} operations succeeded"
    counted = {name: latency["count"] for name, latency in report["latencies"].items()}
    if set(counted.values()) != {sum(granted)} or operations["issued"] != sum(granted):
        return f"{operations['issued']:,} operations, {sum(granted):,} leases, {counted} merged"
    return None
