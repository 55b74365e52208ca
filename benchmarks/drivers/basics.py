"""`surreal-basics`, as its documentation uses it: one connection that everybody shares."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import surreal_basics
from load import Client, Perform, Settings, main


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[Client]:
    """Configure it and wait for one query, which connects."""

    where = urlsplit(settings.url)
    surreal_basics.init(
        host=where.hostname,
        port=where.port,
        user=settings.username,
        password=settings.password,
        namespace=settings.namespace,
        database=settings.database,
        mode="ws",
        persistent=True,
    )

    async def perform(text: str, variables: dict[str, Any]) -> Any:
        return await surreal_basics.repo_query(text, variables)

    def perform_of(worker: int) -> Perform:
        return perform

    await perform("RETURN 1", {})
    yield Client(perform_of, surreal_basics.RecordID, _key_of_text)
    await surreal_basics.reset_connections_async()


def _key_of_text(record_id: str) -> int:
    return int(record_id.partition(":")[2])  # it gives record ids as text


if __name__ == "__main__":
    main(open_client, "surreal-basics")
