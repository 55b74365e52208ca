"""Owns the load that every client gets, and what is measured of it; knows no client.

A driver is a program of its own, run by the Python that has its client. It imports this module and
nothing else of the repository: one of the clients has the import name of our own library. It reads
a `Settings` as a line of JSON and prints an `Outcome` as one.
"""

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from operator import attrgetter
from pathlib import Path
from typing import Any

Perform = Callable[[str, dict[str, Any]], Awaitable[Any]]
"""Leases, runs one query, releases; gives the result of its one statement."""

TABLE = "bench"
WARM_UP_SECONDS = 0.3
LONGEST_WARM_UP_SECONDS = 15.0


@dataclass(frozen=True)
class Settings:
    """What to do. `leases` are the connections or sessions of the client."""

    url: str
    username: str
    password: str = field(repr=False)
    workload: str  # "point" (for `seconds`) or "mix" (ten operations for each worker)
    workers: int
    leases: int
    seconds: float = 1.0
    core: int | None = None
    variant: str = ""
    namespace: str = "bench"
    database: str = "bench"


@dataclass(frozen=True)
class Client:
    """What a driver gives: how worker number n works, how a record id is made and its key read.

    `perform_of` is called once for each worker.
    """

    perform_of: Callable[[int], Perform]
    record_id: Callable[[str, Any], Any]
    key_of: Callable[[Any], Any] = attrgetter("id")


@dataclass
class Outcome:
    """What came out. `seconds`, `cpu_seconds` and `queued_seconds` belong to the `operations`.

    `queued_seconds` are those in which this process could have run, but others had its core.
    """

    operations: int = 0
    failed: int = 0
    wrong: int = 0
    first_error: str | None = None
    ready_seconds: float = 0.0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    queued_seconds: float = 0.0
    version: str = ""

    def begin(self) -> None:
        """From now on it counts."""
        self.seconds, self.cpu_seconds, self.queued_seconds = (-now for now in _clocks())

    def end(self) -> None:
        """Up to here it counts."""
        wall, cpu, queued = _clocks()
        self.seconds += wall
        self.cpu_seconds += cpu
        self.queued_seconds += queued

    def note(self, error: Exception) -> None:
        """Count an operation that failed."""
        self.failed += 1
        self.first_error = self.first_error or f"{type(error).__name__}: {error}"[:200]


def _clocks() -> tuple[float, float, float]:
    """Seconds that passed, that this process ran, and that it queued for its core."""
    try:
        queued = int(Path("/proc/self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, IndexError):
        queued = 0.0  # a system that does not tell
    return time.perf_counter(), time.process_time(), queued


Open = Callable[[Settings], AbstractAsyncContextManager[Client]]


def main(open_client: Open, distribution: str) -> None:
    """Do what the settings on standard input say.

    Args:
        open_client: entered when everything is to be ready to lend; that is timed.
        distribution: whose version is told.
    """
    settings = Settings(**json.loads(sys.stdin.readline()))
    if settings.core is not None:
        os.sched_setaffinity(0, {settings.core})
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    outcome = asyncio.run(_measure(settings, open_client))
    outcome.version = version(distribution)
    print(json.dumps(asdict(outcome)))


async def _measure(settings: Settings, open_client: Open) -> Outcome:
    outcome = Outcome()
    began = time.perf_counter()
    async with open_client(settings) as client:
        outcome.ready_seconds = time.perf_counter() - began
        await (_mix if settings.workload == "mix" else _point)(settings, client, outcome)
    return outcome


async def _point(settings: Settings, client: Client, outcome: Outcome) -> None:
    """Read single records, each worker one after the other, until the time is over."""
    going = True

    async def work(worker: int) -> None:
        perform, record_id, key_of = client.perform_of(worker), client.record_id, client.key_of
        number = worker
        while going:
            number += settings.workers
            try:
                found = await perform("SELECT * FROM $id", {"id": record_id(TABLE, number)})
            except Exception as error:
                outcome.note(error)
                await asyncio.sleep(0)  # a refusal may come without any waiting
                continue
            if key_of(found[0]["id"]) == number:
                outcome.operations += 1
            else:
                outcome.wrong += 1

    tasks = [asyncio.create_task(work(worker)) for worker in range(settings.workers)]
    await _warm_up(settings, outcome)
    outcome.begin()
    before = outcome.operations
    await asyncio.sleep(settings.seconds)
    counted = outcome.operations - before
    outcome.end()
    going = False
    await asyncio.gather(*tasks)
    outcome.operations = counted


async def _warm_up(settings: Settings, outcome: Outcome) -> None:
    """Until there were as many operations as workers: before, they are still on their way in."""
    await asyncio.sleep(WARM_UP_SECONDS)
    latest = time.perf_counter() + LONGEST_WARM_UP_SECONDS
    # An event would be checked in every operation, and this is what they all are measured with.
    while (  # noqa: ASYNC110
        outcome.operations + outcome.failed < settings.workers and time.perf_counter() < latest
    ):
        await asyncio.sleep(0.05)


async def _mix(settings: Settings, client: Client, outcome: Outcome) -> None:
    """Ten operations on a record of its own for each worker: see `_steps`."""
    await client.perform_of(0)(f"DEFINE TABLE IF NOT EXISTS {TABLE}", {})
    run = os.urandom(8).hex()

    async def work(worker: int) -> None:
        perform = client.perform_of(worker)
        record = client.record_id(TABLE, f"{run}{worker}")
        async for text, variables, expected in _steps(record, worker):
            try:
                found = await perform(text, variables)
            except Exception as error:
                outcome.note(error)
                continue
            number = found if text.startswith("RETURN") else found[0]["n"] if found else None
            if number == expected:
                outcome.operations += 1
            else:
                outcome.wrong += 1

    outcome.begin()
    await asyncio.gather(*(work(worker) for worker in range(settings.workers)))
    outcome.end()


async def _steps(record: Any, worker: int) -> AsyncIterator[tuple[str, dict[str, Any], int]]:
    """Create, four selects, three updates, a plain value, delete; each with the number to come."""
    number = worker * 1000
    content = {"n": number, "name": "Tobie Example", "tags": ["alpha", "beta"]}
    yield "CREATE $id CONTENT $content", {"id": record, "content": content}, number
    for _ in range(3):
        yield "SELECT * FROM $id", {"id": record}, number
        number += 1
        yield "UPDATE $id SET n = $n", {"id": record, "n": number}, number
    yield "SELECT * FROM $id", {"id": record}, number
    yield "RETURN $n", {"n": number}, number
    yield "DELETE $id RETURN BEFORE", {"id": record}, number
