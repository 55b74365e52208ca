"""Owns what carries whole messages to a server and back; must not know how, nor what they say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

CLOSE_SECONDS = 1.0
"""How long a goodbye may take."""

MAX_MESSAGE_BYTES = 128 * 1024 * 1024
"""SurrealDB's own limit for a message (SURREAL_WEBSOCKET_MAX_MESSAGE_SIZE), both ways: whatever it
may send arrives, and what it would hang up on is not sent."""


class Abandoned(Exception):
    """A task that keeps the sockets was cancelled by somebody else: the event loop shuts down."""


class NotWritten(Exception):
    """The message was not written, not even in part: the transport had ended before."""


class TransportEnded(Exception):
    """Nothing will be carried any more; the text says why, in words for a user."""


class Transport(Protocol):
    """Carries whole messages; what comes in goes to the callbacks it was opened with."""

    def write(self, message: bytes) -> bool:
        """Write one message now; False when that has to wait, and then nothing is written.

        Raises:
            NotWritten: nothing of it was written.
            Exception: any other: part of it may have been written.
        """

    async def send(self, message: bytes) -> None:
        """Write one message, waiting while the peer does not read.

        When it is cancelled, nothing was written.

        Raises:
            NotWritten: nothing of it was written.
            Exception: any other: part of it may have been written.
        """

    def write_later(self, message: bytes) -> None:
        """Write one message after all that wait to be written; nobody waits for it.

        Where the transport ends before that, nothing is written and nothing said.
        """

    async def close(self) -> None:
        """Say goodbye, or try to; the caller sets the time limit."""

    def abort(self) -> None:
        """Drop the socket at once. Idempotent."""


OnMessage = Callable[[bytes | str], None]
"""Takes one incoming message; must not raise."""
OnClosed = Callable[[Exception], None]
"""Called once when nothing more will come, whoever ended it, with the reason (or `Abandoned`)."""
OpenTransport = Callable[[OnMessage, OnClosed], Awaitable[Transport]]
"""Opens a transport; when it raises or is cancelled, no socket is left."""


def describe_end(reason: Exception) -> str:
    """Say in words why a transport ended: with the close code where there was one."""
    if isinstance(reason, TransportEnded):
        return str(reason)
    return f"{type(reason).__name__}: {reason}" if str(reason) else type(reason).__name__
