"""Our pool. Variants: "connection" and "session", what it lends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from load import Client, Perform, Settings, main
from surrealdb import RecordID

from purreal import Credentials, SurrealDBConnectionPool


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[Client]:
    """Open a pool of a fixed size, all else as it is by default."""
    pool = SurrealDBConnectionPool(
        settings.url,
        credentials=Credentials(settings.username, settings.password),
        namespace=settings.namespace,
        database=settings.database,
        min_size=settings.leases,
        max_size=settings.leases,
        lend=settings.variant,
    )

    async def perform(text: str, variables: dict[str, Any]) -> Any:
        async with pool.acquire() as conn:
            return await conn.query(text, variables)

    def perform_of(worker: int) -> Perform:
        return perform

    async with pool:
        yield Client(perform_of, RecordID)


if __name__ == "__main__":
    main(open_client, "purreal")
