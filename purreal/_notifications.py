"""Owns how a borrower reads a live query; must not know where notifications come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from purreal._live import LiveQuery


class Notifications:
    """What a live query notifies, one record after the other, to be read with ``async for``.

    It ends when the live query is killed, or its table removed. It raises `LeaseError` once the
    lease is over (`PoolClosed` if the pool is), `ConnectionLost` once the socket is, and
    `NotificationsLost` to a reader that left 10,000 unread. A wait that is cut short, say by
    `asyncio.timeout`, loses nothing.

    Args:
        query: what to read.
        require_lease: raises when the lease is over.
    """

    __slots__ = ("_query", "_reader", "_require_lease")

    def __init__(self, query: LiveQuery, require_lease: Callable[[], None]) -> None:
        self._query = query
        self._reader = query.add_reader()
        self._require_lease = require_lease

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        self._require_lease()
        try:
            return await self._reader.next()
        except StopAsyncIteration:
            raise
        except Exception:
            self._require_lease()  # which knows best why
            raise

    async def aclose(self) -> None:
        """Read no more; the live query itself goes on. Idempotent."""
        self._query.remove_reader(self._reader)
        self._reader.close()
