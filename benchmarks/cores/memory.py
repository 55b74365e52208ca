"""What an idle connection and a waiter weigh, in KiB of this process.

Reads `{"what": …, "count": …, "url": …}` as a line of JSON and prints KiB for each of `count`:
- "connection": an idle connection of our pool to `url`, with a socket of its own;
- "waiter": a task that waits for a lease, the task itself included;
- "task": a task that waits for a plain future, to see the pool's share of the above.
"""

import asyncio
import gc
import json
import resource
import sys
from pathlib import Path

from purreal import Credentials, SurrealDBConnectionPool
from purreal.testing import FakeConnector


def resident_kib() -> float:
    """What the system says that this process occupies."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1024


async def connection(url: str, count: int) -> float:
    """Fill a second pool, because the first one brings the libraries along."""

    def pool(size: int) -> SurrealDBConnectionPool:
        return SurrealDBConnectionPool(
            url,
            credentials=Credentials("root", "any"),
            min_size=size,
            max_size=size,
            lend="connection",
        )

    async with pool(10):
        before = resident_kib()
        async with pool(count):
            return (resident_kib() - before) / count


async def waiter(count: int) -> float:
    """Queue up for the one connection of a pool."""
    async with SurrealDBConnectionPool(
        "ws://fake", connector=FakeConnector(), min_size=1, max_size=1, acquire_timeout=300
    ) as pool:

        async def wait() -> None:
            async with pool.acquire():
                pass

        async with pool.acquire():
            before = resident_kib()
            tasks = [asyncio.create_task(wait()) for _ in range(count)]
            await asyncio.sleep(0)  # each task runs up to its wait
            if pool.stats().waiting != count:
                raise RuntimeError(f"{pool.stats().waiting} of {count} tasks wait")
            weight = (resident_kib() - before) / count
        await asyncio.gather(*tasks)
        return weight


async def task(count: int) -> float:
    """Wait for a future each."""
    loop = asyncio.get_running_loop()
    futures: list[asyncio.Future[None]] = []

    async def wait() -> None:
        future: asyncio.Future[None] = loop.create_future()
        futures.append(future)
        await future

    before = resident_kib()
    tasks = [asyncio.create_task(wait()) for _ in range(count)]
    await asyncio.sleep(0)  # each task runs up to its wait
    weight = (resident_kib() - before) / count
    for future in futures:
        future.set_result(None)
    await asyncio.gather(*tasks)
    return weight


async def main() -> None:
    """Measure what is asked for."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asked = json.loads(sys.stdin.readline())
    what, count = asked["what"], asked["count"]
    if what == "connection":
        kib = await connection(asked["url"], count)
    else:
        kib = await (waiter if what == "waiter" else task)(count)
    print(json.dumps({"kib": kib}))


if __name__ == "__main__":
    asyncio.run(main())
