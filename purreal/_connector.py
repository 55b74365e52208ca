"""Owns the way to a connection that is ready to lend: open, authenticate, use; knows no pool."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl as ssl_module
from typing import Final, Literal

from purreal import _codec
from purreal._connection import Lend
from purreal._credentials import Credentials
from purreal._deadlines import Deadlines
from purreal._endpoint import Endpoint
from purreal._errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectFailed,
    RequestError,
    SessionsUnavailable,
    Unreachable,
    is_conflict,
    is_server_error,
)
from purreal._seating import SharedSockets
from purreal._seats import Occupant, OwnSocket, Seat
from purreal._sign_in import SharedSignIn
from purreal._socket_count import SocketCount
from purreal._transport import OpenTransport
from purreal._websocket_connection import WebSocketConnection
from purreal._websockets import WebSockets

logger = logging.getLogger("purreal")

USE_PAUSES: Final = (0.01, 0.02, 0.04, 0.08, 0.16)
"""The longest pause in seconds after each `use` that collided with another one."""


class WebSocketConnector:
    """Makes `WebSocketConnection`s to one endpoint; a `purreal._connection.Connector`.

    Args:
        lend: what a connection is: a ``"session"`` that shares sockets with others, a
            ``"connection"`` with a socket of its own, or ``"auto"``: sessions where the server
            has them.
        max_lifetime: seconds after which a shared socket takes no more sessions; None for never.
        uri: ``ws://host:port`` or ``wss://…``; ``/rpc`` is added where there is no path.
        credentials: who to be; None for anonymous.
        namespace: to select on each connection; None for none.
        database: likewise; needs a namespace.
        ssl: for ``wss``; None for the system's certificate authorities.
        connect_timeout: seconds for one connection, all steps together.
        request_timeout: seconds for each request without its own; None for no limit.
        open_transport: replaces the WebSocket (tests).

    Raises:
        ConfigurationError: a part can not work.
    """

    def __init__(
        self,
        uri: str,
        *,
        credentials: Credentials | None = None,
        namespace: str | None = None,
        database: str | None = None,
        ssl: ssl_module.SSLContext | None = None,
        connect_timeout: float = 10.0,
        request_timeout: float | None = 60.0,
        lend: Lend = "connection",
        max_lifetime: float | None = None,
        open_transport: OpenTransport | None = None,
    ) -> None:
        _codec.load()
        endpoint = Endpoint.parse(uri)
        if ssl is not None and not endpoint.secure:
            raise ConfigurationError(f"`ssl` was given for {endpoint.uri}: use wss:// for TLS")
        given: object = credentials  # whoever does not check types may pass anything
        if not isinstance(given, Credentials | None):
            kind = type(given).__name__  # and not its value, which may be a password
            raise ConfigurationError(f"credentials must be Credentials(...) or None, not a {kind}")
        if database is not None and namespace is None:
            raise ConfigurationError(f"the database {database!r} needs a namespace")
        self.endpoint = endpoint.uri
        self._where = endpoint
        self._namespace = namespace
        self._database = database
        self._connect_timeout = connect_timeout
        self._request_timeout = request_timeout
        self._max_lifetime = max_lifetime
        self._may_fall_back = lend == "auto"
        self._lends_sessions = lend != "connection"
        self._has_lent = False
        self._sockets = SocketCount(open_transport or WebSockets(endpoint.uri, ssl).open)
        self._deadlines: Deadlines | None = None
        self._shared: SharedSockets | None = None
        self._sign_in = (
            None
            if credentials is None
            else SharedSignIn(credentials, namespace, database, endpoint.uri)
        )

    @property
    def sign_ins(self) -> int:
        """How often the password was sent so far."""
        return 0 if self._sign_in is None else self._sign_in.count

    @property
    def sockets(self) -> int:
        """How many sockets are open."""
        return self._sockets.now

    @property
    def peak_sockets(self) -> int:
        """The most that were."""
        return self._sockets.peak

    async def connect(self) -> WebSocketConnection:
        """Open a connection, authenticate it, select namespace and database.

        A failed or cancelled call leaves neither a socket nor a task behind.

        Raises:
            Unreachable: nothing answered in time, or nothing that is SurrealDB.
            AuthenticationFailed: the server refused the user, the namespace or the database.
        """
        connection = WebSocketConnection(
            self._deadlines_here(), self._request_timeout, self._take_seat, self._set_up
        )
        try:
            async with asyncio.timeout(self._connect_timeout) as deadline:
                await connection.open()
        except BaseException as error:
            if isinstance(error, TimeoutError) and deadline.expired():
                raise self._too_slow() from None
            if isinstance(error, ConnectFailed) or not isinstance(error, Exception):
                raise
            raise self._failure(error) from error
        self._has_lent = True
        logger.debug("connection %d to %s is ready", connection.id, self.endpoint)
        return connection

    @property
    def lends(self) -> Literal["session", "connection"] | None:
        """What connections are; None as long as none was made and it depends on the server."""
        if self._may_fall_back and not self._has_lent:
            return None
        return "session" if self._lends_sessions else "connection"

    async def _take_seat(self, occupant: Occupant) -> Seat:
        deadlines = self._deadlines_here()
        if self._lends_sessions:
            if self._shared is None:
                self._shared = SharedSockets(
                    self.endpoint, deadlines, self._sockets.open, self._max_lifetime
                )
            try:
                return await self._shared.take_seat(occupant)
            except SessionsUnavailable:
                if not self._may_fall_back:
                    raise
                self._fall_back()
        return await OwnSocket.open(self.endpoint, deadlines, self._sockets.open, occupant)

    def _fall_back(self) -> None:
        if self._lends_sessions:
            self._lends_sessions = False
            logger.warning(
                "%s has no sessions to attach: the pool lends connections, each with a socket of"
                ' its own (lend="connection" asks for that)',
                self.endpoint,
            )

    def _deadlines_here(self) -> Deadlines:
        loop = asyncio.get_running_loop()
        if self._deadlines is None or self._deadlines.loop is not loop:
            self._deadlines = Deadlines(loop)
            self._shared = None
        return self._deadlines

    async def _set_up(self, connection: WebSocketConnection) -> None:
        if self._sign_in is not None:
            await self._sign_in.authenticate(connection.call)
        if self._namespace is None:
            return
        try:
            await self._use(connection)
        except Exception as error:
            if not is_server_error(error) or is_conflict(error):
                raise  # after a conflict another attempt is worth it: nobody was refused
            raise AuthenticationFailed(
                f"{self.endpoint} refused namespace {self._namespace!r}, database"
                f" {self._database!r}: {error}. Check both names and what the user may see",
                endpoint=self.endpoint,
            ) from error

    async def _use(self, connection: WebSocketConnection) -> None:
        # The first `use` of a name makes it: connections that do so at once collide, and all but
        # one of them are asked to try again.
        for pause in USE_PAUSES:
            try:
                await connection.call("use", [self._namespace, self._database])
                return
            except Exception as error:
                if not is_conflict(error):
                    raise
            await asyncio.sleep(pause * random.random())
        await connection.call("use", [self._namespace, self._database])

    def _too_slow(self) -> Unreachable:
        return Unreachable(
            f"{self.endpoint} did not answer within {self._connect_timeout:g} s. Check host and"
            f" port, firewalls on the way, and the server's load; or raise connect_timeout",
            endpoint=self.endpoint,
        )

    def _failure(self, error: Exception) -> Unreachable:
        known = isinstance(error, RequestError)
        cause = str(error) if known else self._where.explain(error)
        return Unreachable(f"no connection to {self.endpoint}: {cause}", endpoint=self.endpoint)
