"""The pool of `sdblpy`, as its documentation uses it. Its pool is one for the whole process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from load import Client, Perform, Settings, main
from sblpy.data.types.record_id import RecordID
from sblpy.pool.connection_pool import client_pool, execute_pooled_query, shutdown_pool
from sblpy.query import Query


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[Client]:
    """Start the pool; nothing tells when its connections are open, so one query is waited for."""
    where = urlsplit(settings.url)
    running = asyncio.create_task(
        client_pool(
            host=where.hostname,
            port=where.port,
            user=settings.username,
            password=settings.password,
            namespace=settings.namespace,
            database=settings.database,
            number_of_clients=settings.leases,
        )
    )

    async def perform(text: str, variables: dict[str, Any]) -> Any:
        reply = await execute_pooled_query(Query(text, variables))
        statement = reply["result"][0]
        if statement["status"] != "OK":
            raise RuntimeError(str(statement["result"]))
        return statement["result"]

    def perform_of(worker: int) -> Perform:
        return perform

    await perform("RETURN 1", {})
    yield Client(perform_of, RecordID)
    await shutdown_pool(number_of_clients=settings.leases)
    await running


if __name__ == "__main__":
    main(open_client, "sdblpy")
