"""Our pool on connections that do nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rounds import Acquire, main

from purreal import SurrealDBConnectionPool
from purreal.testing import FakeConnector


@asynccontextmanager
async def open_pool(slots: int) -> AsyncIterator[Acquire]:
    """Fill a pool of this size."""
    async with SurrealDBConnectionPool(
        "ws://fake", connector=FakeConnector(), min_size=slots, max_size=slots, acquire_timeout=300
    ) as pool:
        yield pool.acquire


if __name__ == "__main__":
    main(open_pool, "purreal")
