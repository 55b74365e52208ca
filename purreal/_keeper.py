"""Owns the pings of all sockets of one event loop, and the news that it shuts down; no bytes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Protocol

from purreal._outbox import Outbox
from purreal._transport import Abandoned, TransportEnded

# A half-open socket is noticed within two of them. Shorter ones would call a client whose event
# loop stalls for some seconds dead.
PING_INTERVAL_SECONDS = 20.0

# Room for what one wake-up reads; the messages leave it before the next read.
_READ_BYTES = 256 * 1024


class Kept(Protocol):
    """What the keeper needs of a socket."""

    def ping(self) -> bool:
        """Ask for a sign of life; False when nothing was heard since the last time."""

    def end(self, reason: Exception) -> None:
        """End, for this reason."""


class Keeper:
    """Keeps the sockets of one event loop, all with one task, which exists while there are any.

    Attributes:
        loop: the event loop.
        buffer: where its sockets read into, one at a time: a socket that is idle needs none.
        outbox: lets its sockets write together.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.buffer = bytearray(_READ_BYTES)
        self.outbox = Outbox(loop)
        self._due: OrderedDict[Kept, float] = OrderedDict()  # in the order of their next pings
        self._task: asyncio.Task[None] | None = None

    def join(self, socket: Kept) -> None:
        """Keep this socket from now on."""
        self._due[socket] = self.loop.time() + PING_INTERVAL_SECONDS
        if self._task is None:
            self._task = self.loop.create_task(self._keep(), name="purreal-keeper")
            # Not in the task: one that is cancelled before its first step never runs a line.
            self._task.add_done_callback(self._finished)

    def leave(self, socket: Kept) -> None:
        """Keep it no more. Idempotent."""
        self._due.pop(socket, None)
        if not self._due and self._task is not None:
            task, self._task = self._task, None
            task.cancel()

    async def _keep(self) -> None:
        while self._due:
            socket, due = next(iter(self._due.items()))
            # At least one turn of the loop for each, however many are due after a stall.
            await asyncio.sleep(max(0.0, due - self.loop.time()))
            if self._due.get(socket) != due:
                continue
            self._due[socket] = self.loop.time() + PING_INTERVAL_SECONDS
            self._due.move_to_end(socket)
            if not socket.ping():
                socket.end(TransportEnded("the server stopped answering pings"))

    def _finished(self, task: asyncio.Task[None]) -> None:
        if task is not self._task:
            return  # it was told to end, after the last socket
        self._task = None
        # Nothing here cancels it before. Who does is a loop that shuts down, and no failure.
        error = None if task.cancelled() else task.exception()
        abandoned = Abandoned("the event loop is being shut down")
        reason = error if isinstance(error, Exception) else abandoned
        for socket in list(self._due):
            socket.end(reason)
