"""asyncpg's pool on connections that do nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from rounds import Acquire, main


class Idle:
    """Stands for the protocol: nothing was asked, nothing is being cancelled."""

    queries_count = 0

    def _is_cancelling(self) -> bool:
        return False


class NoConnection(asyncpg.Connection):  # type: ignore[misc]
    """A connection without a database: it is always well and has nothing to reset.

    It has what the pool reads of a connection, and nothing else.
    """

    __slots__ = ()

    def __init__(self) -> None:
        self._protocol = Idle()
        self._transport = self._proxy = self._pool_holder = self._source_traceback = None
        self._loop = asyncio.get_running_loop()
        self._aborted = False
        self._pool_release_ctr = 0
        self._listeners: dict[str, Any] = {}
        self._log_listeners: set[Any] = set()
        self._termination_listeners: set[Any] = set()
        self._query_loggers: set[Any] = set()

    def is_closed(self) -> bool:
        """Never."""
        return False

    async def reset(self, *, timeout: float | None = None) -> None:
        """Reset nothing."""

    async def close(self, *, timeout: float | None = None) -> None:
        """Close nothing."""

    def terminate(self) -> None:
        """Close nothing."""

    def __del__(self) -> None:
        pass


async def connect(*_: Any, **__: Any) -> NoConnection:
    """Open nothing."""
    return NoConnection()


@asynccontextmanager
async def open_pool(slots: int) -> AsyncIterator[Acquire]:
    """Fill a pool of this size."""
    pool = asyncpg.create_pool(
        connect=connect,
        connection_class=NoConnection,
        min_size=slots,
        max_size=slots,
        max_inactive_connection_lifetime=0,
    )
    async with pool:
        yield pool.acquire


if __name__ == "__main__":
    main(open_pool, "asyncpg")
