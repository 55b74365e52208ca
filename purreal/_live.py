"""Owns what live queries notify until it is read; must not know sockets, requests or leases."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from purreal._errors import NotificationsLost

if TYPE_CHECKING:
    from uuid import UUID

MOST_UNREAD: Final = 10_000
MOST_UNREAD_BYTES: Final = 64 * 1024 * 1024
"""Notifications, and bytes of them as they came, that one reader may leave unread; then it has lost
some, and is told so. As many bytes may come for live queries that nobody is known to have started
yet, all together."""

KILLED: Final = "KILLED"
"""The action of the last notification of a live query."""

MakeError = Callable[[], Exception]


class Reader:
    """What one reader of a live query has not read yet, in the order in which it came."""

    __slots__ = ("_bytes", "_end", "_news", "_unread")

    def __init__(self) -> None:
        self._unread: deque[tuple[Any, int]] = deque()
        self._bytes = 0
        self._end: MakeError | None = None
        self._news = asyncio.Event()

    def put(self, value: Any, size: int) -> None:
        """Add what came in, in so many bytes; one that is too much ends this reader instead."""
        if self._end is not None:
            return
        # However long, one alone is not too much.
        if self._unread and (
            len(self._unread) >= MOST_UNREAD or self._bytes + size > MOST_UNREAD_BYTES
        ):
            self.end(_too_slow)
            return
        self._unread.append((value, size))
        self._bytes += size
        self._news.set()

    def end(self, make_error: MakeError) -> None:
        """Say that no more will come; what is there can still be read. The first reason counts."""
        if self._end is None:
            self._end = make_error
            self._news.set()

    def close(self) -> None:
        """Nobody wants to read the rest."""
        self._unread.clear()
        self._bytes = 0
        self.end(StopAsyncIteration)

    async def next(self) -> Any:
        """Return the next one, as soon as there is one.

        Raises:
            Exception: that of `end`, when all was read.
        """
        while not self._unread:
            if self._end is not None:
                raise self._end()
            self._news.clear()
            await self._news.wait()
        value, size = self._unread.popleft()
        self._bytes -= size
        return value


class LiveQuery:
    """One live query and its readers, each of which gets all of its notifications.

    What comes before somebody reads is kept for the first reader.
    """

    __slots__ = ("_end", "_first", "_readers")

    def __init__(self) -> None:
        self._first: Reader | None = Reader()
        self._readers = {self._first}
        self._end: MakeError | None = None

    def add_reader(self) -> Reader:
        """Let one more read."""
        reader, self._first = self._first or Reader(), None
        if self._end is not None:
            reader.end(self._end)
        self._readers.add(reader)
        return reader

    def remove_reader(self, reader: Reader) -> None:
        """Collect nothing more for a reader. Idempotent."""
        self._readers.discard(reader)

    def notify(self, value: Any, size: int) -> None:
        """Hand a notification to all readers."""
        for reader in self._readers:
            reader.put(value, size)

    def end(self, make_error: MakeError = StopAsyncIteration) -> None:
        """Let all readers end, by default without an error. The first reason counts."""
        if self._end is None:
            self._end = make_error
            for reader in self._readers:
                reader.end(make_error)


class LiveQueries:
    """Which live query a notification on one socket belongs to.

    Those of a live query that nobody knows (any more) are dropped, with one exception: a server
    may notify before it answers the request that starts the live query.
    """

    def __init__(self) -> None:
        self._known: dict[UUID, LiveQuery] = {}
        self._early: dict[UUID, LiveQuery] = {}
        self._early_bytes = 0
        self._starting = 0

    def begin_start(self) -> None:
        """A request is about to be sent that may start live queries; `end_start` must follow."""
        self._starting += 1

    def end_start(self) -> None:
        """That request has ended, and `add` was called for all that it started."""
        self._starting -= 1
        if not self._starting:
            self._early.clear()
            self._early_bytes = 0

    def add(self, live_id: UUID) -> LiveQuery:
        """Collect the notifications of a live query from now on, and those that came early."""
        early = self._early.pop(live_id, None)
        if not self._early:
            self._early_bytes = 0
        query = self._known[live_id] = LiveQuery() if early is None else early
        return query

    def remove(self, live_id: UUID) -> None:
        """Drop further notifications of a live query. Idempotent."""
        self._known.pop(live_id, None)

    def notify(self, notification: Mapping[str, Any], size: int) -> None:
        """Take a notification (see `purreal._messages.read_reply`) that came in so many bytes."""
        live_id = notification["id"]
        query = self._known.get(live_id)
        if query is None:
            if not self._starting:
                return
            query = self._early.setdefault(live_id, LiveQuery())
            self._early_bytes += size
            if self._early_bytes > MOST_UNREAD_BYTES:
                query.end(_too_slow)
        if notification["action"] == KILLED:
            query.end()
        else:
            query.notify(notification.get("result"), size)

    def end(self, make_error: MakeError) -> None:
        """Let all end: the socket is gone."""
        for query in self._known.values():
            query.end(make_error)
        self._known.clear()


def _too_slow() -> Exception:
    return NotificationsLost(
        f"a live query notified more than {MOST_UNREAD:,} times or {MOST_UNREAD_BYTES // 2**20} MiB"
        " without being read: what came after those is lost. Read faster (in a task of its own), or"
        " start a live query with a WHERE"
    )
