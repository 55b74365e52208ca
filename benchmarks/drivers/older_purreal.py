"""The older package `purreal` 0.2.1, as its documentation uses it. Variants:

- "documented": `max_waiters` and `acquisition_timeout` raised to what the load needs;
- "filled": the same, and all connections opened before the load begins.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from load import Client, Perform, Settings, main
from surrealdb import RecordID

from purreal import SurrealDBConnectionPool


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[Client]:
    """Open the pool the way that its documentation recommends, as a block."""
    pool = SurrealDBConnectionPool(
        uri=f"{settings.url}/rpc",
        credentials={"username": settings.username, "password": settings.password},
        namespace=settings.namespace,
        database=settings.database,
        pool_size=settings.leases,
        max_overflow=0,
        max_waiters=settings.workers,
        acquisition_timeout=60.0,
    )

    async def perform(text: str, variables: dict[str, Any]) -> Any:
        async with pool.acquire() as conn:
            return await conn.query(text, variables)

    def perform_of(worker: int) -> Perform:
        return perform

    async with pool:
        if settings.variant == "filled":
            held = await asyncio.gather(*(pool.checkout() for _ in range(settings.leases)))
            for connection in held:
                await pool.checkin(connection)
        yield Client(perform_of, RecordID)


if __name__ == "__main__":
    main(open_client, "purreal")
