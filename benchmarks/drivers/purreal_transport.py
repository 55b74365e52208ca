"""Our connections without our pool. Variants:

- "shared": the workers use them side by side, evenly;
- "queued": the plainest queue lends them, without timeouts, cancellation and statistics. What is
  between it and our pool is the price of all that makes a pool.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from load import Client, Perform, Settings, main
from surrealdb import RecordID

from purreal import Credentials
from purreal._connector import WebSocketConnector
from purreal._statements import first_result
from purreal._websocket_connection import WebSocketConnection


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[Client]:
    """Open the connections at the same time."""
    connector = WebSocketConnector(
        settings.url,
        credentials=Credentials(settings.username, settings.password),
        namespace=settings.namespace,
        database=settings.database,
    )
    connections = await asyncio.gather(*(connector.connect() for _ in range(settings.leases)))
    perform_of = _queued(connections) if settings.variant == "queued" else _shared(connections)
    yield Client(perform_of, RecordID)
    for connection in connections:
        await connection.close()


def _shared(connections: list[WebSocketConnection]) -> Callable[[int], Perform]:
    def perform_of(worker: int) -> Perform:
        request = connections[worker % len(connections)].request

        async def perform(text: str, variables: dict[str, Any]) -> Any:
            return first_result(await request("query", [text, variables]))

        return perform

    return perform_of


def _queued(connections: list[WebSocketConnection]) -> Callable[[int], Perform]:
    idle = deque(connections)
    waiting: deque[asyncio.Future[WebSocketConnection]] = deque()
    loop = asyncio.get_running_loop()

    async def perform(text: str, variables: dict[str, Any]) -> Any:
        if idle:
            connection = idle.pop()
        else:
            turn: asyncio.Future[WebSocketConnection] = loop.create_future()
            waiting.append(turn)
            connection = await turn
        try:
            return first_result(await connection.request("query", [text, variables]))
        finally:
            if waiting:
                waiting.popleft().set_result(connection)
            else:
                idle.append(connection)

    return lambda worker: perform


if __name__ == "__main__":
    main(open_client, "purreal")
