"""What the load runner adds to an operation: its workers, its account of each operation and of each
request, against a plain loop that does the same requests. Prints a line of JSON.

It reads `{"url": …, "core": …}`: the instant server, and the core to run on. Both take turns in one
process, on pools of their own, whose leases cost the same; the difference in processor time is the
runner's.
"""

import asyncio
import json
import os
import sys
import time
from statistics import median
from typing import Any

from surrealdb import RecordID

from purreal import Credentials, Lease, SurrealDBConnectionPool
from purreal_runner.load.perform import Performer
from purreal_runner.load.worker import Budget, Crew
from purreal_runner.measure import Recorder, observe
from purreal_runner.workload.task import Task

OPERATIONS = 20_000
WORKERS = 500
LEASES = 50
ROUNDS = 5

TEXT, VARIABLES = "SELECT * FROM $id", {"id": RecordID("bench", 7)}


async def work(conn: Lease, task: Task) -> float:
    """What both do with a lease."""
    await conn.query(TEXT, VARIABLES)
    return 0.0


async def plainly(pool: SurrealDBConnectionPool) -> None:
    """Do the operations, and nothing else."""
    left = OPERATIONS

    async def go_on() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            async with pool.acquire() as conn:
                await conn.query(TEXT, VARIABLES)

    await asyncio.gather(*(go_on() for _ in range(WORKERS)))


async def as_the_runner(pool: SurrealDBConnectionPool) -> None:
    """Do them as `purreal run` does."""
    recorder = Recorder()
    recorder.watch(pool.stats, lambda: pool.lends)
    crew = Crew(Performer(pool, recorder, work), pool_index=0, pools=1, seed=42, size=WORKERS)
    budget = Budget(OPERATIONS, asyncio.Event())
    await asyncio.gather(*(crew.work(worker, budget, None) for worker in crew.workers))
    counts = recorder.part().counts
    if counts.succeeded != OPERATIONS:
        raise ValueError(f"{counts} instead of {OPERATIONS:,} that succeeded")


async def measure(url: str) -> float:
    """The median difference in µs for each operation."""

    def pool(**observed: Any) -> SurrealDBConnectionPool:
        user = Credentials("root", "any")
        return SurrealDBConnectionPool(
            url, credentials=user, min_size=LEASES, max_size=LEASES, **observed
        )

    differences = []
    async with pool() as plain, pool(on_exchange=observe) as observed:
        for _ in range(1 + ROUNDS):  # the first one warms up
            began = time.process_time()
            await plainly(plain)
            between = time.process_time()
            await as_the_runner(observed)
            differences.append((time.process_time() - between) - (between - began))
    return median(differences[1:]) / OPERATIONS * 1e6


def main() -> None:
    """Do what standard input says."""
    asked = json.loads(sys.stdin.readline())
    if asked["core"] is not None:
        os.sched_setaffinity(0, {asked["core"]})
    print(json.dumps({"microseconds": asyncio.run(measure(asked["url"]))}))


if __name__ == "__main__":
    main()
