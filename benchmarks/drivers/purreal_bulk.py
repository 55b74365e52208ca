"""Our pool, small reads beside bulky ones. Variants: "connection" and "session", what it lends.

Workers read one small record, each with a pause between two reads: first alone, then while one
lease reads a result of 1 MB over and over. It reads the `Settings` of `load.py` and prints the 99th
percentile of the small reads both ways, in milliseconds.
"""

import asyncio
import json
import os
import sys
import time
from dataclasses import asdict, dataclass

from load import Settings
from surrealdb import RecordID

from purreal import Credentials, SurrealDBConnectionPool

BULK_BYTES = 1_000_000
PAUSE_SECONDS = 0.02
"""Between the reads of a worker: neither client nor server is to be the limit by them alone."""

OPEN_SECONDS = 5.0
"""For a server of this machine that was heard before; a missing one need not hold up the rest."""

SMALL, BULK = RecordID("bench", "small"), RecordID("bench", "bulk")


@dataclass
class Outcome:
    """What came out. `sockets`: the most that were open."""

    alone_p99_ms: float = 0.0
    beside_bulk_p99_ms: float = 0.0
    bulk_reads: int = 0
    sockets: int = 0


async def measure(settings: Settings) -> Outcome:
    """Write both records, then read them."""
    outcome = Outcome()
    pool = SurrealDBConnectionPool(
        settings.url,
        credentials=Credentials(settings.username, settings.password),
        namespace=settings.namespace,
        database=settings.database,
        min_size=settings.leases,
        max_size=settings.leases,
        lend=settings.variant,
    )
    await pool.open(timeout=OPEN_SECONDS)
    async with pool:
        await write_records(pool)
        bulk = asyncio.create_task(read_bulk(pool, outcome))
        # The first ones let a pool find out which of its leases read much.
        await read_small(pool, settings)
        outcome.bulk_reads = 0
        outcome.beside_bulk_p99_ms = p99_ms(await read_small(pool, settings))
        if bulk.done():
            bulk.result()  # raises what ended it: nobody has disturbed the small ones then
        bulk.cancel()
        await asyncio.wait({bulk})
        outcome.alone_p99_ms = p99_ms(await read_small(pool, settings))
        outcome.sockets = pool.stats().peak_sockets
    return outcome


async def write_records(pool: SurrealDBConnectionPool) -> None:
    """What is read."""
    async with pool.acquire() as conn:
        await conn.query("UPSERT $id SET n = 7", {"id": SMALL})
        await conn.query("UPSERT $id SET text = $text", {"id": BULK, "text": "x" * BULK_BYTES})


async def read_bulk(pool: SurrealDBConnectionPool, outcome: Outcome) -> None:
    """Keep one lease and read the bulky record with it, again and again."""
    async with pool.acquire() as conn:
        while True:
            [record] = await conn.query("SELECT * FROM $id", {"id": BULK})
            if len(record["text"]) != BULK_BYTES:
                raise ValueError(f"{len(record['text']):,} bytes instead of {BULK_BYTES:,}")
            outcome.bulk_reads += 1


async def read_small(pool: SurrealDBConnectionPool, settings: Settings) -> list[float]:
    """How many seconds each read of the small record took, its lease included."""
    until = time.perf_counter() + settings.seconds
    took: list[float] = []

    async def work() -> None:
        while (began := time.perf_counter()) < until:
            async with pool.acquire() as conn:
                [record] = await conn.query("SELECT * FROM $id", {"id": SMALL})
            took.append(time.perf_counter() - began)
            if record["n"] != 7:
                raise ValueError(f"{record} instead of the small record")
            await asyncio.sleep(PAUSE_SECONDS)

    await asyncio.gather(*(work() for _ in range(settings.workers)))
    return took


def p99_ms(seconds: list[float]) -> float:
    """The nearest-rank 99th percentile."""
    return sorted(seconds)[-(len(seconds) // 100) - 1] * 1000


def main() -> None:
    """Do what the settings on standard input say."""
    settings = Settings(**json.loads(sys.stdin.readline()))
    if settings.core is not None:
        os.sched_setaffinity(0, {settings.core})
    print(json.dumps(asdict(asyncio.run(measure(settings)))))


if __name__ == "__main__":
    main()
