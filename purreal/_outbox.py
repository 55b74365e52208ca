"""Owns when the sockets of one event loop write what they hold: together; must not know bytes."""

from __future__ import annotations

import asyncio
from typing import Protocol

# Sockets that hold something; so many write at once, so that a server is not kept waiting for the
# end of an iteration in which hundreds of tasks run.
_MOST_SOCKETS = 32


class Holds(Protocol):
    """What the outbox needs of a socket."""

    def write_held(self) -> None:
        """Write all that is held, if anything still is; must not raise."""


class Outbox:
    """The sockets of one event loop that hold something, at most until its next iteration.

    A server that sleeps is woken by each single write, but by a burst of them once: what that
    saves where each request has a socket of its own is in docs/decisions/0011.

    Attributes:
        is_idle: nothing was written since something came in: to hold the next message would only
            delay it, and let the server wait.
    """

    __slots__ = ("_loop", "_sockets", "is_idle")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.is_idle = True
        self._loop = loop
        self._sockets: list[Holds] = []

    def add(self, socket: Holds) -> None:
        """Let this socket write when the others do."""
        if not self._sockets:
            self._loop.call_soon(self._empty)
        self._sockets.append(socket)
        if len(self._sockets) >= _MOST_SOCKETS:
            self._empty()

    def _empty(self) -> None:
        sockets, self._sockets = self._sockets, []
        for socket in sockets:
            socket.write_held()
