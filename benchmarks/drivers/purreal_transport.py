"""Our transport without a pool: `leases` connections, which the workers share evenly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from load import Client, Perform, Settings, main
from surrealdb import RecordID

from purreal import Credentials
from purreal._connector import WebSocketConnector
from purreal._statements import first_result
from purreal._websocket_connection import WebSocketConnection


async def connect_all(settings: Settings) -> list[WebSocketConnection]:
    """Open the connections at the same time."""
    connector = WebSocketConnector(
        settings.url,
        credentials=Credentials(settings.username, settings.password),
        namespace=settings.namespace,
        database=settings.database,
    )
    return await asyncio.gather(*(connector.connect() for _ in range(settings.leases)))


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[Client]:
    """Open the connections."""
    connections = await connect_all(settings)

    def perform_of(worker: int) -> Perform:
        request = connections[worker % settings.leases].request

        async def perform(text: str, variables: dict[str, Any]) -> Any:
            return first_result(await request("query", [text, variables]))

        return perform

    yield Client(perform_of, RecordID)
    for connection in connections:
        await connection.close()


if __name__ == "__main__":
    main(open_client, "purreal")
