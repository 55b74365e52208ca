"""The official SDK, with `leases` connections that each signed in. Variants:

- "leased": a worker takes a connection for itself, the simplest way: a semaphore and a deque;
- "shared": the workers use the connections side by side.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from load import Client, Perform, Settings, main
from surrealdb import AsyncSurreal, RecordID

CONNECTING_AT_ONCE = 16  # as our pool does


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[Client]:
    """Connect and sign in with every connection."""
    turns = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def connect() -> Any:
        async with turns:
            db = AsyncSurreal(settings.url)
            await db.connect(settings.url)
            await db.signin({"username": settings.username, "password": settings.password})
            await db.use(settings.namespace, settings.database)
            return db

    connections = await asyncio.gather(*(connect() for _ in range(settings.leases)))
    perform_of = _leasing(connections) if settings.variant == "leased" else _sharing(connections)
    yield Client(perform_of, RecordID)
    for db in connections:
        await db.close()


def _leasing(connections: list[Any]) -> Any:
    idle = deque(connections)
    free = asyncio.Semaphore(len(connections))

    async def perform(text: str, variables: dict[str, Any]) -> Any:
        async with free:
            db = idle.popleft()
            try:
                return await db.query(text, variables)
            finally:
                idle.append(db)

    def perform_of(worker: int) -> Perform:
        return perform

    return perform_of


def _sharing(connections: list[Any]) -> Any:
    def perform_of(worker: int) -> Perform:
        perform: Perform = connections[worker % len(connections)].query
        return perform

    return perform_of


if __name__ == "__main__":
    main(open_client, "surrealdb")
