"""Prints what a lease costs in µs of processor time; no server, no sockets."""

import asyncio
import time

from purreal import SurrealDBConnectionPool
from purreal.testing import FakeConnector

ROUNDS = 50_000


async def idle_lease(size: int) -> float:
    """µs for acquire + release with an idle connection in a pool of `size`."""
    async with SurrealDBConnectionPool(
        "ws://fake", connector=FakeConnector(), min_size=size, max_size=size, max_connecting=size
    ) as pool:
        started = time.process_time()
        for _ in range(ROUNDS):
            async with pool.acquire():
                pass
        return (time.process_time() - started) / ROUNDS * 1e6


async def queued_lease(workers: int) -> float:
    """µs for acquire + release when `workers` tasks share 50 connections."""
    async with SurrealDBConnectionPool(
        "ws://fake", connector=FakeConnector(), min_size=50, max_size=50, max_connecting=50
    ) as pool:

        async def work() -> None:
            for _ in range(ROUNDS // workers):
                async with pool.acquire():
                    await asyncio.sleep(0)

        started = time.process_time()
        await asyncio.gather(*(work() for _ in range(workers)))
        return (time.process_time() - started) / ROUNDS * 1e6


async def main() -> None:
    for size in (10, 5000):
        print(
            f"acquire + release, idle connection, {size:5} slots: {await idle_lease(size):.2f} µs"
        )
    for workers in (100, 500, 5000):
        cost = await queued_lease(workers)
        print(f"acquire + release, {workers:5} workers on 50:      {cost:.2f} µs")


if __name__ == "__main__":
    asyncio.run(main())
