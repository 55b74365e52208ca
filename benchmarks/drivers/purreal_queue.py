"""Our connections, lent by the plainest queue, without timeouts, cancellation and statistics.

What is between it and our pool is the price of all that makes a pool.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from load import Client, Perform, Settings, main
from purreal_transport import connect_all
from surrealdb import RecordID

from purreal._statements import first_result
from purreal._websocket_connection import WebSocketConnection


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[Client]:
    """Open the connections at the same time."""
    connections = await connect_all(settings)
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

    def perform_of(worker: int) -> Perform:
        return perform

    yield Client(perform_of, RecordID)
    for connection in connections:
        await connection.close()


if __name__ == "__main__":
    main(open_client, "purreal")
