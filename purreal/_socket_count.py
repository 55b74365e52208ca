"""Owns the number of sockets of one connector; must not know what they are for."""

from __future__ import annotations

from purreal._transport import OnClosed, OnMessage, OpenTransport, Transport


class SocketCount:
    """Opens sockets and counts them.

    Attributes:
        now: sockets that are open.
        peak: the most that were.
    """

    def __init__(self, open_transport: OpenTransport) -> None:
        self.now = 0
        self.peak = 0
        self._open_transport = open_transport

    async def open(self, on_message: OnMessage, on_closed: OnClosed) -> Transport:
        """Open one; a `purreal._transport.OpenTransport`."""

        is_open, is_counted = True, False

        def closed(reason: Exception) -> None:
            # It may be closed before it was counted: while it is opened, in whatever way that ends.
            nonlocal is_open
            self.now -= is_counted
            is_open = False
            on_closed(reason)

        transport = await self._open_transport(on_message, closed)
        is_counted = is_open
        self.now += is_counted
        self.peak = max(self.peak, self.now)
        return transport
