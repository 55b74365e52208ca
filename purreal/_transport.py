"""Owns how whole binary messages travel over a WebSocket; must not know what they say."""

from __future__ import annotations

import asyncio
import logging
import ssl as ssl_module
from collections.abc import Awaitable, Callable
from typing import NoReturn, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State
from websockets.typing import Subprotocol

# SurrealDB's own limit for a message (SURREAL_WEBSOCKET_MAX_MESSAGE_SIZE), so that whatever the
# server may send arrives.
MAX_MESSAGE_BYTES = 128 * 1024 * 1024

# A half-open socket is noticed within the two together. Shorter ones would call a client whose
# event loop stalls for some seconds dead.
PING_INTERVAL_SECONDS = 20.0
PING_TIMEOUT_SECONDS = 20.0

CLOSE_SECONDS = 1.0
"""How long a goodbye may take."""


class Abandoned(Exception):
    """The task that reads was cancelled by somebody else: the event loop is being shut down."""


class NotWritten(Exception):
    """The message was not written, not even in part: the transport had ended before."""


class Transport(Protocol):
    """Carries whole messages; what comes in goes to the callbacks it was opened with."""

    async def send(self, message: bytes) -> None:
        """Write one message, waiting while the peer does not read.

        Raises:
            NotWritten: nothing of it was written.
            Exception: any other: part of it may have been written.
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


class WithoutContents(logging.LoggerAdapter[logging.Logger]):
    """A logger for the websockets library, whose DEBUG lines would show passwords and data."""

    def isEnabledFor(self, level: int) -> bool:
        """Answer No below INFO, however the logger itself is set."""
        return level >= logging.INFO and super().isEnabledFor(level)


websocket_logger = WithoutContents(logging.getLogger("purreal.websocket"))


async def open_websocket(
    uri: str,
    ssl: ssl_module.SSLContext | None,
    on_message: OnMessage,
    on_closed: OnClosed,
) -> Transport:
    """Open a WebSocket that speaks SurrealDB's ``cbor`` subprotocol.

    Args:
        uri: ``ws://`` or ``wss://`` with the path.
        ssl: for ``wss``; None for the system's certificate authorities.

    Raises:
        OSError, ssl.SSLError, websockets.exceptions.WebSocketException: it can not be opened.
        WrongProtocol: a WebSocket server answered, but not one that speaks ``cbor``.
    """
    cbor = Subprotocol("cbor")
    socket = await connect(
        uri,
        subprotocols=[cbor],
        compression=None,
        max_size=MAX_MESSAGE_BYTES,
        ping_interval=PING_INTERVAL_SECONDS,
        ping_timeout=PING_TIMEOUT_SECONDS,
        open_timeout=None,  # The connector's own deadline covers more than the handshake.
        close_timeout=CLOSE_SECONDS,
        proxy=None,
        ssl=_tls(uri, ssl),
        logger=websocket_logger,
    )
    if socket.subprotocol != cbor:
        socket.transport.abort()
        raise WrongProtocol("the server does not speak SurrealDB's `cbor` subprotocol")
    return WebSocketTransport(socket, on_message, on_closed)


def _tls(uri: str, ssl: ssl_module.SSLContext | None) -> ssl_module.SSLContext | bool | None:
    return (ssl or True) if uri.startswith("wss:") else None


class WrongProtocol(Exception):
    """The peer is a WebSocket server, but not a SurrealDB server."""


class WebSocketTransport:
    """A `Transport` on the websockets library, with one reader task of its own."""

    def __init__(
        self, socket: ClientConnection, on_message: OnMessage, on_closed: OnClosed
    ) -> None:
        self._socket = socket
        self._on_closed = on_closed
        self._ended = False
        self._reader = asyncio.get_running_loop().create_task(
            self._read(on_message), name="purreal-reader"
        )
        # Not in the task: one that is cancelled before its first step never runs a line, and the
        # requests that wait for this reader must end however it ends.
        self._reader.add_done_callback(self._finished)

    async def _read(self, on_message: OnMessage) -> NoReturn:
        while True:
            on_message(await self._socket.recv())

    def _finished(self, reader: asyncio.Task[NoReturn]) -> None:
        self.abort()
        # Nothing here cancels the reader. Who does is a loop that shuts down, and no failure.
        reason = None if reader.cancelled() else reader.exception()
        self._on_closed(
            reason
            if isinstance(reason, Exception)
            else Abandoned("the event loop is being shut down")
        )

    async def send(self, message: bytes) -> None:
        """Write one message; see `Transport`."""
        if self._ended or self._socket.state is not State.OPEN:
            raise NotWritten
        await self._socket.send(message)

    async def close(self) -> None:
        """Exchange close frames; see `Transport`."""
        try:
            await self._socket.close()
        finally:
            self.abort()

    def abort(self) -> None:
        """Drop the socket; the reader notices and ends by itself."""
        self._ended = True
        self._socket.transport.abort()


def describe_end(reason: Exception) -> str:
    """Say in words why a transport ended: with the close code where there was one."""
    if isinstance(reason, ConnectionClosed):
        if reason.rcvd is not None:
            text = f" ({reason.rcvd.reason})" if reason.rcvd.reason else ""
            return f"the server closed it with code {reason.rcvd.code:d}{text}"
        if reason.sent is not None and reason.sent.code == 1011:
            return "the server stopped answering pings"
        return "the connection was dropped without a goodbye"
    return f"{type(reason).__name__}: {reason}" if str(reason) else type(reason).__name__
