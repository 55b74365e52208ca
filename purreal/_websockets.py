"""Owns how a WebSocket to SurrealDB is opened: address, TLS, subprotocol; knows no messages."""

from __future__ import annotations

import asyncio
import logging
import ssl as ssl_module

from websockets.client import ClientProtocol
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from purreal._keeper import Keeper
from purreal._transport import MAX_MESSAGE_BYTES, OnClosed, OnMessage, Transport
from purreal._websocket import WebSocket

_CBOR = Subprotocol("cbor")


class WithoutContents(logging.LoggerAdapter[logging.Logger]):
    """A logger for the websockets library, whose DEBUG lines would show passwords and data."""

    def isEnabledFor(self, level: int) -> bool:
        """Answer No below INFO, however the logger itself is set."""
        return level >= logging.INFO and super().isEnabledFor(level)


websocket_logger = WithoutContents(logging.getLogger("purreal.websocket"))


class WrongProtocol(Exception):
    """The peer is a WebSocket server, but not a SurrealDB server."""


class WebSockets:
    """Opens WebSockets to one address that speak SurrealDB's ``cbor`` subprotocol.

    Args:
        uri: ``ws://`` or ``wss://`` with the path.
        ssl: for ``wss``; None for the system's certificate authorities.
    """

    def __init__(self, uri: str, ssl: ssl_module.SSLContext | None) -> None:
        self._uri = parse_uri(uri)
        self._ssl = ssl
        self._keeper: Keeper | None = None

    async def open(self, on_message: OnMessage, on_closed: OnClosed) -> Transport:
        """Open one; a `purreal._transport.OpenTransport`.

        Raises:
            OSError, ssl.SSLError, websockets.exceptions.InvalidHandshake: it can not be opened.
            WrongProtocol: a WebSocket server answered, but not one that speaks ``cbor``.
        """
        keeper = self._keeper_here()
        machine = ClientProtocol(
            self._uri,
            subprotocols=[_CBOR],
            max_size=MAX_MESSAGE_BYTES,
            logger=websocket_logger,
        )
        _, socket = await keeper.loop.create_connection(
            lambda: WebSocket(machine, keeper, on_message, on_closed),
            self._uri.host,
            self._uri.port,
            ssl=self._tls(),
        )
        try:
            await socket.shake_hands()
            if machine.subprotocol is None:
                raise WrongProtocol("the server does not speak SurrealDB's `cbor` subprotocol")
        except BaseException:
            socket.abort()
            raise
        return socket

    def _keeper_here(self) -> Keeper:
        loop = asyncio.get_running_loop()
        if self._keeper is None or self._keeper.loop is not loop:
            self._keeper = Keeper(loop)
        return self._keeper

    def _tls(self) -> ssl_module.SSLContext | None:
        if self._uri.secure and self._ssl is None:
            # Once: reading the system's certificates takes as long as a thousand requests.
            self._ssl = ssl_module.create_default_context()
        return self._ssl if self._uri.secure else None
