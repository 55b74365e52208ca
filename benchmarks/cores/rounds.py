"""Owns how a pool is timed without a server behind it; knows no pool.

Like the drivers, each program beside it runs in a Python of its own and imports nothing else of
the repository. It reads a `Rounds` as a line of JSON and prints µs as one.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

Acquire = Callable[[], AbstractAsyncContextManager[Any]]
OpenPool = Callable[[int], AbstractAsyncContextManager[Acquire]]
"""From a number of connections, all open, to how one is leased."""


@dataclass(frozen=True)
class Rounds:
    """What to time: `leases` of a pool of `slots`, by one task or with `waiters` in the queue.

    With waiters there are as many tasks more than slots, each of which holds its lease for one
    turn of the event loop.
    """

    slots: int
    waiters: int
    leases: int
    core: int | None = None


def main(open_pool: OpenPool, distribution: str) -> None:
    """Time what standard input says: processor time, so that a busy machine counts less."""
    rounds = Rounds(**json.loads(sys.stdin.readline()))
    if rounds.core is not None:
        os.sched_setaffinity(0, {rounds.core})
    microseconds = asyncio.run(_time(rounds, open_pool))
    print(json.dumps({"microseconds": microseconds, "version": version(distribution)}))


async def _time(rounds: Rounds, open_pool: OpenPool) -> float:
    async with open_pool(rounds.slots) as acquire:
        if rounds.waiters:
            return await _queued(acquire, rounds)
        await _alone(acquire, rounds.leases // 10)
        return await _alone(acquire, rounds.leases)


async def _alone(acquire: Acquire, leases: int) -> float:
    began = time.process_time()
    for _ in range(leases):
        async with acquire():
            pass
    return (time.process_time() - began) / leases * 1e6


async def _queued(acquire: Acquire, rounds: Rounds) -> float:
    """From the first lease after as many as there are tasks, to the last one while all tasks
    still come back for more: the queue is as long as promised all the while.
    """
    tasks = rounds.slots + rounds.waiters
    done, first, last = 0, 0.0, 0.0
    until = tasks + rounds.leases

    async def work() -> None:
        nonlocal done, first, last
        while done < until:
            async with acquire():
                await asyncio.sleep(0)
            done += 1
            if done == tasks:
                first = time.process_time()
            elif done == until:
                last = time.process_time()

    await asyncio.gather(*(work() for _ in range(tasks)))
    return (last - first) / rounds.leases * 1e6
