"""psycopg_pool on connections that do nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool
from rounds import Acquire, main


class Idle:
    """Stands for the protocol's state: no transaction is open."""

    transaction_status = TransactionStatus.IDLE


class NoConnection(AsyncConnection):  # type: ignore[type-arg]
    """A connection without a database: it is always well and has nothing to do."""

    def __init__(self) -> None:
        self.pgconn = Idle()  # type: ignore[assignment]
        self._pool: Any = None

    @classmethod
    async def connect(cls, *_: Any, **__: Any) -> Any:
        """Open nothing."""
        return cls()

    @property
    def closed(self) -> bool:
        """Never."""
        return False

    async def close(self) -> None:
        """Close nothing."""

    async def commit(self) -> None:
        """Commit nothing."""

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *_: Any) -> None:
        pass

    def __del__(self) -> None:
        pass


@asynccontextmanager
async def open_pool(slots: int) -> AsyncIterator[Acquire]:
    """Fill a pool of this size."""
    async with AsyncConnectionPool(
        connection_class=NoConnection, min_size=slots, max_size=slots, timeout=300, open=False
    ) as pool:
        await pool.wait(timeout=60)
        yield pool.connection


if __name__ == "__main__":
    main(open_pool, "psycopg-pool")
