"""Measures what a lease, a record, a connection, a waiter and an import cost; judges nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.machine import Cores
from benchmarks.peers import ASYNCPG, PSYCOPG_POOL, Peer
from benchmarks.results import Results
from benchmarks.running import ProgramFailed, run_program

FEW_WAITERS, USUAL_WAITERS, MANY_WAITERS = 10, 500, 10_000
FEW_SLOTS, USUAL_SLOTS, MANY_SLOTS = 10, 50, 5_000
SLOTS_OF_CURVE = (1, 10, 100, 1_000, MANY_SLOTS)

_LEASES = 20_000
_CONNECTIONS = 1_000
_WAITERS_WEIGHED = 10_000


@dataclass(frozen=True, slots=True)
class PoolCore:
    """A pool on connections that do nothing. `peer` None: ours."""

    name: str
    script: str
    peer: Peer | None = None


OURS = PoolCore("pool", "cores/purreal_core.py")
OTHERS = (
    PoolCore("psycopg_pool", "cores/psycopg_core.py", PSYCOPG_POOL),
    PoolCore("asyncpg", "cores/asyncpg_core.py", ASYNCPG),
)


def lease_name(slots: int, waiters: int) -> str:
    """The section of the samples with so many slots and waiters."""
    return f"lease {slots} slots {waiters} waiting"


async def time_leases(results: Results, cores: Cores, *, repeats: int) -> None:
    """Time acquire + release of our pool and of others, in µs of processor time."""
    for _ in range(repeats):
        for core, slots, waiters in _leases_of_marks():
            await _time(results, core, slots, waiters, cores)


async def time_growth(results: Results, cores: Cores) -> None:
    """Time a lease of an idle connection in pools from one to many slots, once."""
    for slots in SLOTS_OF_CURVE:
        for core in (OURS, *OTHERS):
            await _time(results, core, slots, 0, cores, "growth of slots/")


def _leases_of_marks() -> Iterator[tuple[PoolCore, int, int]]:
    for core in (OURS, *OTHERS):
        yield core, USUAL_SLOTS, 0
        yield core, USUAL_SLOTS, USUAL_WAITERS
    # The two of a ratio one shortly after the other.
    yield OURS, USUAL_SLOTS, FEW_WAITERS
    yield OURS, USUAL_SLOTS, MANY_WAITERS
    yield OURS, FEW_SLOTS, 0
    yield OURS, MANY_SLOTS, 0


async def _time(
    results: Results, core: PoolCore, slots: int, waiters: int, cores: Cores, prefix: str = ""
) -> None:
    who = f"{prefix}{lease_name(slots, waiters)}/{core.name}"
    if core.peer is not None and not core.peer.is_installed:
        results.leave_out(who, core.peer.missing)
        return
    asked = {"slots": slots, "waiters": waiters, "leases": _LEASES, "core": cores.client}
    python = None if core.peer is None else core.peer.python
    said = await _run(results, who, core.script, asked, python)
    if said is not None:
        results.add(f"{who}/us", said["microseconds"])
        results.versions[core.name] = said["version"]


async def weigh(results: Results, instant_url: str, *, repeats: int) -> None:
    """Weigh idle connections to the instant server, and waiters."""
    for _ in range(repeats):
        for what, count in (
            ("connection", _CONNECTIONS),
            ("waiter", _WAITERS_WEIGHED),
            ("task", _WAITERS_WEIGHED),
        ):
            asked = {"what": what, "count": count, "url": instant_url}
            said = await _run(results, f"memory/{what}", "cores/memory.py", asked)
            if said is not None:
                results.add(f"memory/{what}/kib", said["kib"])


async def time_recording(results: Results, instant_url: str, cores: Cores, *, repeats: int) -> None:
    """Time what the load runner notes down, and all that it adds to an operation."""
    for _ in range(repeats):
        said = await _run(results, "recorder/runner", "cores/recording.py", {})
        if said is not None:
            results.add("recorder/runner/us_per_value", said["value"])
            results.add("recorder/runner/us_per_operation", said["operation"])
        asked = {"url": instant_url, "core": cores.client}
        said = await _run(results, "recorder/bookkeeping", "cores/bookkeeping.py", asked)
        if said is not None:
            results.add("recorder/bookkeeping/us_per_operation", said["microseconds"])


async def time_import(results: Results, *, repeats: int) -> None:
    """Time `import purreal`; the first time, which may compile it, does not count."""
    for repeat in range(repeats + 1):
        said = await _run(results, "import/purreal", "cores/importing.py", {})
        if said is not None and repeat > 0:
            results.add("import/purreal/ms", said["milliseconds"])


async def _run(
    results: Results, who: str, script: str, asked: dict[str, Any], python: Any = None
) -> dict[str, Any] | None:
    try:
        return await run_program(script, asked, python)
    except ProgramFailed as error:
        results.leave_out(who, str(error))
        return None
