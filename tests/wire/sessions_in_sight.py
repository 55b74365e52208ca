"""What tests of sessions look at: which socket a session is on, and what a scripted server has."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from purreal._connector import WebSocketConnector
from purreal._websocket_connection import WebSocketConnection
from purreal.testing import Answer, ScriptedServer

NOT_KNOWN = Answer(
    error={"code": -32601, "kind": "NotFound", "message": "Method not found", "details": None}
)
"""What a server without sessions answers to `attach` (SurrealDB 2)."""

NOT_ALLOWED = Answer(
    error={"code": -32602, "kind": "NotAllowed", "message": "Method not allowed", "details": None}
)
"""What SurrealDB 3 answers where sessions are switched off."""

NO_BULK = 256 * 1024 - 100
"""Bytes of a result that one read can hold."""


def session_of(connection: WebSocketConnection) -> UUID:
    """The session, as the server knows it."""
    seat = connection._seat
    assert seat is not None
    return UUID(bytes=seat.session.entry[-16:])


def socket_of(connection: WebSocketConnection, server: ScriptedServer) -> int:
    """Number of the transport that the session is attached to."""
    [number] = [
        number
        for number, transport in enumerate(server.transports)
        if session_of(connection) in transport.attached
    ]
    return number


def sessions_on_each(server: ScriptedServer) -> list[int]:
    """How many sessions each open socket has, in the order in which they were opened."""
    return [len(transport.attached) for transport in server.transports if not transport.ended]


async def connect_all(connector: WebSocketConnector, count: int) -> list[WebSocketConnection]:
    """Open so many sessions one after the other."""
    return [await connector.connect() for _ in range(count)]


def make_connector(server: ScriptedServer, **parameters: Any) -> WebSocketConnector:
    """A connector that lends sessions of a scripted server."""
    settings: dict[str, Any] = {"lend": "session", "open_transport": server.open_transport}
    return WebSocketConnector("ws://db:8000", **(settings | parameters))
