"""Runs the clients against a server, one after the other, again and again; judges nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.contestants import Contestant
from benchmarks.machine import Cores
from benchmarks.results import Results
from benchmarks.running import ProgramFailed, run_program


@dataclass(frozen=True, slots=True)
class Target:
    """The server that clients talk to."""

    url: str
    username: str = "root"
    password: str = "instant"  # noqa: S105 (the instant server takes any)


async def compare(
    results: Results,
    section: str,
    contestants: Sequence[Contestant],
    target: Target,
    cores: Cores,
    *,
    workload: str,
    repeats: int,
    seconds: float = 1.0,
) -> None:
    """Give each contestant the load, all of them in each repeat, and add what was measured.

    One that fails, or gives one wrong answer, is left out from then on with the reason.

    Args:
        section: the first part of the samples' names.
        workload: "point" or "mix", see `drivers/load.py`.
        seconds: how long each is measured with "point".
    """
    for repeat in range(repeats):
        # There and back again: places in the row and a drift of the machine favour none much.
        for contestant in contestants if repeat % 2 == 0 else reversed(contestants):
            who = f"{section}/{contestant.name}"
            if who not in results.absent:
                await _run(results, who, contestant, target, cores, workload, seconds)


async def _run(
    results: Results,
    who: str,
    contestant: Contestant,
    target: Target,
    cores: Cores,
    workload: str,
    seconds: float,
) -> None:
    if contestant.missing:
        results.leave_out(who, contestant.missing)
        return
    settings = {
        "url": target.url,
        "username": target.username,
        "password": target.password,
        "workload": workload,
        "workers": contestant.workers,
        "leases": contestant.leases,
        "seconds": seconds,
        "core": cores.client,
        "variant": contestant.variant,
    }
    try:
        outcome = await run_program(contestant.script, settings, contestant.python)
    except ProgramFailed as error:
        results.leave_out(who, str(error))
        return
    reason = _reason_against(outcome)
    if reason:
        results.leave_out(who, reason)
        return
    _add(results, who, outcome)


def _reason_against(outcome: dict[str, Any]) -> str | None:
    if outcome["wrong"]:
        return f"{outcome['wrong']:,} wrong answers"
    if outcome["failed"]:
        return f"{outcome['failed']:,} failed operations: {outcome['first_error']}"
    return None if outcome["operations"] else "no operation came to its end"


def _add(results: Results, who: str, outcome: dict[str, Any]) -> None:
    operations, seconds = outcome["operations"], outcome["seconds"]
    # One core means one core: the time in which others had it is nobody's. On an idle machine
    # there is none; on a busy one a ratio would tell who was lucky.
    own_seconds = seconds - outcome["queued_seconds"]
    results.add(f"{who}/operations_per_second", operations / own_seconds)
    results.add(f"{who}/cpu_us_per_operation", outcome["cpu_seconds"] / operations * 1e6)
    results.add(f"{who}/core_percent", outcome["cpu_seconds"] / seconds * 100)
    results.add(f"{who}/queued_percent", outcome["queued_seconds"] / seconds * 100)
    results.add(f"{who}/ready_seconds", outcome["ready_seconds"])
    results.versions[who.rpartition("/")[2]] = outcome["version"]
