"""Owns the sockets that many sessions share: opens them, and seats each session; no set-up."""

from __future__ import annotations

import asyncio
from math import inf

from purreal._deadlines import Deadlines
from purreal._errors import RequestTimeout, SessionsUnavailable
from purreal._placement import choose, fair_share, least_busy, one_more_for_bulk
from purreal._rpc import RpcChannel
from purreal._seats import Occupant
from purreal._shared_sockets import SharedSeat, SharedSocket
from purreal._transport import OpenTransport

# Whoever comes while a socket is opened waits for it; where that takes longer, in vain.
_SOON_OPEN_SECONDS = 0.1

# Attaching takes a server less than a millisecond; a socket so silent is no place for new sessions.
_ATTACH_SECONDS = 2.0

# After one could not be opened, those that are open have to do for so long.
_DO_WITHOUT_SECONDS = 10.0


class SharedSockets:
    """The shared sockets to one server, on one event loop.

    Args:
        endpoint: for messages.
        deadlines: of the event loop.
        max_lifetime: seconds after which a socket takes no more sessions, so that it is closed
            when those on it have lived long enough; None for never.

    Attributes:
        has_crowded: a socket has more than its fair share of sessions.
    """

    def __init__(
        self,
        endpoint: str,
        deadlines: Deadlines,
        open_transport: OpenTransport,
        max_lifetime: float | None,
    ) -> None:
        self._endpoint = endpoint
        self._deadlines = deadlines
        self._open_transport = open_transport
        self._max_lifetime = inf if max_lifetime is None else max_lifetime
        self._sockets: list[SharedSocket] = []
        self._for_bulk = 0
        self._fair_share = inf
        self.has_crowded = False
        self._opening: _Opening | None = None
        self._do_without_until = -inf

    async def take_seat(self, occupant: Occupant) -> SharedSeat:
        """Attach a session; a `purreal._seats.TakeSeat`.

        Raises:
            SessionsUnavailable: the server has none.
            RequestError, OSError, …: it can not be reached.
        """
        while True:
            socket = self._choose()
            if socket is not None:
                seat = await self._sit_down(socket, occupant)
                if seat is not None:
                    return seat
            elif self._opening is None:
                try:
                    return await self._open_socket(occupant)
                except SessionsUnavailable:
                    raise
                except Exception:
                    # A server, or what stands before it, may take no more sockets, while those
                    # that are open have room: to fail, or to lose a session, would be needless.
                    if not self._open_sockets():
                        raise
                    self._do_without_until = self.now() + _DO_WITHOUT_SECONDS
            elif await self._opening.finds_no_sessions():
                raise self._no_sessions()

    def now(self) -> float:
        return self._deadlines.loop.time()

    def count_seats(self) -> None:
        """Reckon anew after somebody came or went."""
        if self._for_bulk:
            self._fair_share = share = fair_share(self._seated(), self._for_bulk)
            self.has_crowded = any(socket.seated > share for socket in self._sockets)

    def is_crowded(self, socket: SharedSocket) -> bool:
        """Whether it has more than its fair share, and there is a better place."""
        return socket.seated > self._fair_share and not self._should_do_without()

    def want_one_more(self) -> None:
        """A long reply held others up."""
        self._for_bulk = one_more_for_bulk(self._for_bulk, len(self._sockets))
        self.count_seats()

    def forget(self, socket: SharedSocket) -> None:
        """It is gone."""
        if socket in self._sockets:
            self._sockets.remove(socket)

    def _should_do_without(self) -> bool:
        """Whether one more can't be opened, or takes so long that nobody should wait for it."""
        is_slow = self._opening is not None and self._opening.is_slow
        return is_slow or self.now() < self._do_without_until

    def _seated(self) -> int:
        return sum(socket.seated for socket in self._sockets)

    def _choose(self) -> SharedSocket | None:
        open_ = self._open_sockets()
        if self._should_do_without():
            return least_busy(open_)
        return choose(open_, self._seated() + 1, self._for_bulk)

    def _open_sockets(self) -> list[SharedSocket]:
        """Those that take one more session."""
        now = self.now()
        return [socket for socket in self._sockets if socket.takes_more(now)]

    async def _sit_down(self, socket: SharedSocket, occupant: Occupant) -> SharedSeat | None:
        seat = SharedSeat(socket, occupant)
        try:
            if await seat.attach(_ATTACH_SECONDS):
                return seat
        except RequestTimeout:
            seat.abandon()
            socket.avoid()
        except BaseException:
            seat.abandon()
            raise
        else:
            seat.abandon()
            socket.is_full = True
        return None

    async def _open_socket(self, occupant: Occupant) -> SharedSeat:
        self._opening = opening = _Opening(self._deadlines.loop)
        try:
            return await self._first_seat(occupant)
        except SessionsUnavailable:
            opening.no_sessions = True
            raise
        finally:
            self._opening = None
            opening.end()

    async def _first_seat(self, occupant: Occupant) -> SharedSeat:
        socket = SharedSocket(self, self.now() + self._max_lifetime)
        socket.channel = await RpcChannel.open(
            self._endpoint, self._deadlines, self._open_transport, socket
        )
        seat = SharedSeat(socket, occupant)
        try:
            # The first on its socket is refused only by a server that refuses all.
            if not await seat.attach(None):
                raise self._no_sessions()
        except BaseException:
            seat.abandon()
            raise
        self._sockets.append(socket)
        self.count_seats()
        return seat

    def _no_sessions(self) -> SessionsUnavailable:
        return SessionsUnavailable(
            f"{self._endpoint} has no sessions to attach: lend connections, or use SurrealDB 3",
            endpoint=self._endpoint,
        )


class _Opening:
    """A socket that one opens while others wait for it.

    Attributes:
        is_slow: it takes longer than usual.
        no_sessions: the server said that it has none.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.is_slow = False
        self.no_sessions = False
        self._over = asyncio.Event()
        self._over_or_slow = asyncio.Event()
        self._timer = loop.call_later(_SOON_OPEN_SECONDS, self._note_slow)

    def _note_slow(self) -> None:
        self.is_slow = True
        self._over_or_slow.set()

    def end(self) -> None:
        """It is open, or will never be."""
        self._timer.cancel()
        self._over_or_slow.set()
        self._over.set()

    async def finds_no_sessions(self) -> bool:
        """Wait until it is over or becomes slow."""
        await (self._over if self.is_slow else self._over_or_slow).wait()
        return self.no_sessions
