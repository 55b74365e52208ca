"""Bounds the HTTP connections: how many there are, and how long one may be silent at first."""

import asyncio
from collections.abc import Callable

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from purreal_operator.receiver.limits import Limits
from purreal_operator.receiver.stats import Stats


class _Closed(asyncio.Protocol):
    """A connection too many: closed as soon as it is made."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


class Connections:
    """Makes the protocol of each new connection; give it to `loop.create_server`.

    Args:
        server: aiohttp's, of the application.
        clock: monotonic seconds.
    """

    def __init__(
        self, server: web.Server, limits: Limits, stats: Stats, clock: Callable[[], float]
    ) -> None:
        self._server = server
        self._limits = limits
        self._stats = stats
        self._clock = clock
        self._silent: dict[RequestHandler, float] = {}
        self._accepted = 0

    def __call__(self) -> asyncio.Protocol:
        if len(self._server.connections) + self._accepted >= self._limits.connections:
            self._stats.count("connections_refused")
            return _Closed()
        self._accepted += 1
        asyncio.get_running_loop().call_soon(self._made)
        handler = self._server()
        self._silent[handler] = self._clock()
        return handler

    def _made(self) -> None:
        """The server counts a connection one turn of the loop after it was accepted."""
        self._accepted -= 1

    def heard_from(self, protocol: asyncio.BaseProtocol) -> None:
        """A whole head of a request has come over this connection."""
        if isinstance(protocol, RequestHandler):
            self._silent.pop(protocol, None)

    def close_silent(self) -> None:
        """Close those that have not sent the head of a request in time; call it now and then."""
        latest = self._clock() - self._limits.first_request_seconds
        for handler, since in list(self._silent.items()):
            if since < latest:
                del self._silent[handler]
                if handler.transport is not None:
                    self._stats.count("connections_silent")
                handler.force_close()
