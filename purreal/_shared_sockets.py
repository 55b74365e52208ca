"""Owns the sockets that many sessions share: how many there are, and who sits where; no set-up.

Facts about SurrealDB 3.3.5 (tests/wire keeps trying): a client invents a session's id and names it
in `attach`; the session is anonymous then, and alone with its user, variables and live queries.
`detach` ends it, these, and its transactions. But a transaction belongs to the socket: whoever
names its id on that socket can read in it, commit and cancel it. Ids have 74 random bits and stay
in their lease unless the borrower hands one out. The end of one session leaves the transactions of
the others alone. A socket takes 255 sessions beside its own; one more `attach` is refused as a
method that is not allowed, as on servers without sessions. The embedded engine is the same in all
this, but has no transactions by method and no live queries.
"""

from __future__ import annotations

import asyncio
from math import ceil, inf
from uuid import uuid4

from purreal._deadlines import Deadlines
from purreal._errors import RequestTimeout, SessionsUnavailable
from purreal._messages import refuses_method, result_of, session_entry
from purreal._rpc import RpcChannel, RpcSession
from purreal._seats import Occupant
from purreal._transport import CLOSE_SECONDS, OpenTransport

# The more requests come in one read, the cheaper they are for both sides, so sockets are few. But
# a server works for several of them side by side (docs/performance.md).
_SESSIONS_BEFORE_NEXT = 16
_USUAL_SOCKETS = 4

# A long reply holds up all that comes after it on its socket; with each one more socket is wanted.
_MOST_SOCKETS_FOR_BULK = 16

# Attaching takes a server less than a millisecond; a socket so silent is no place for new sessions.
_ATTACH_SECONDS = 2.0
_AVOID_SECONDS = 10.0


class SharedSockets:
    """The shared sockets to one server, on one event loop.

    Args:
        endpoint: for messages.
        deadlines: of the event loop.
        max_lifetime: seconds after which a socket takes no more sessions, so that it is closed
            when those on it have lived long enough; None for never.
    """

    def __init__(
        self,
        endpoint: str,
        deadlines: Deadlines,
        open_transport: OpenTransport,
        max_lifetime: float | None,
    ) -> None:
        self.fair_share = inf
        """Seats on a socket; who sits on one with more had better move."""
        self._endpoint = endpoint
        self._deadlines = deadlines
        self._open_transport = open_transport
        self._max_lifetime = inf if max_lifetime is None else max_lifetime
        self._sockets: list[SharedSocket] = []
        self._for_bulk = 0
        self._turn = asyncio.Lock()

    async def take_seat(self, occupant: Occupant) -> SharedSeat:
        """Attach a session; a `purreal._seats.TakeSeat`.

        Raises:
            SessionsUnavailable: the server has none.
            RequestError, OSError, …: it can not be reached.
        """
        while True:
            socket = self._best() or (self._any() if self._turn.locked() else None)
            if socket is None:
                async with self._turn:  # one opens a socket, the others use it
                    if self._best() is None:
                        return await self._open_socket(occupant)
                continue
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

    def now(self) -> float:
        return self._deadlines.loop.time()

    def count_seats(self) -> None:
        """Reckon anew after somebody came or went."""
        if self._for_bulk:
            seats = sum(len(socket.seats) for socket in self._sockets)
            self.fair_share = ceil(seats / self._for_bulk)

    def want_one_more(self) -> None:
        """A long reply held others up."""
        in_use = max(self._for_bulk, len(self._sockets))
        self._for_bulk = min(in_use + 1, _MOST_SOCKETS_FOR_BULK)
        self.count_seats()

    def forget(self, socket: SharedSocket) -> None:
        """It is gone."""
        if socket in self._sockets:
            self._sockets.remove(socket)

    def _best(self) -> SharedSocket | None:
        """The socket with the least in flight, of those with room; None: open one more."""
        now = self.now()
        open_ = [socket for socket in self._sockets if socket.takes_more(now)]
        room = self._room_on_each(len(open_))
        roomy = [socket for socket in open_ if len(socket.seats) < room]
        return min(roomy, key=SharedSocket.load, default=None)

    def _room_on_each(self, sockets: int) -> float:
        if sockets < self._for_bulk:
            return self.fair_share
        return _SESSIONS_BEFORE_NEXT if sockets < _USUAL_SOCKETS else inf

    def _any(self) -> SharedSocket | None:
        """A socket to make do with while somebody opens another one."""
        now = self.now()
        open_ = [socket for socket in self._sockets if socket.takes_more(now)]
        return min(open_, key=SharedSocket.load, default=None)

    async def _open_socket(self, occupant: Occupant) -> SharedSeat:
        socket = SharedSocket(self, self.now() + self._max_lifetime)
        socket.channel = await RpcChannel.open(
            self._endpoint, self._deadlines, self._open_transport, socket
        )
        seat = SharedSeat(socket, occupant)
        try:
            # The first on its socket is refused only by a server that refuses all.
            if not await seat.attach(None):
                raise SessionsUnavailable(
                    f"{self._endpoint} has no sessions to attach: lend connections, or use"
                    " SurrealDB 3",
                    endpoint=self._endpoint,
                )
        except BaseException:
            seat.abandon()
            raise
        self._sockets.append(socket)
        return seat


class SharedSocket:
    """A socket and the seats that are taken on it.

    Attributes:
        is_full: the server refused one more session, and none has ended since.
    """

    def __init__(self, house: SharedSockets, takes_until: float) -> None:
        self.channel: RpcChannel
        self.house = house
        self.seats: dict[SharedSeat, None] = {}
        self.is_full = False
        self._takes_from = -inf
        self._takes_until = takes_until

    def takes_more(self, now: float) -> bool:
        """Whether one more may try to sit down."""
        fit = self._takes_from <= now < self._takes_until and not self.is_full
        return fit and self.channel.usable

    def avoid(self) -> None:
        """It does not answer: seat nobody here for a while."""
        self._takes_from = self.house.now() + _AVOID_SECONDS

    def load(self) -> tuple[int, int]:
        """What a new session would share the socket with."""
        return self.channel.in_flight, len(self.seats)

    def channel_lost(self) -> None:
        self.house.forget(self)
        for seat in list(self.seats):
            seat.occupant.seat_lost()

    def channel_abandoned(self) -> None:
        self.house.forget(self)
        for seat in list(self.seats):
            seat.occupant.seat_abandoned()

    def others_held_up(self) -> None:
        self.house.want_one_more()


class SharedSeat:
    """One attached session on a shared socket; a `purreal._seats.Seat`."""

    def __init__(self, socket: SharedSocket, occupant: Occupant) -> None:
        self.channel = socket.channel
        self.session = RpcSession(session_entry(uuid4()))
        self.occupant = occupant
        self._socket = socket
        self._is_left = False
        socket.seats[self] = None
        socket.house.count_seats()

    @property
    def usable(self) -> bool:
        return not self._is_left and self.channel.usable

    @property
    def is_crowded(self) -> bool:
        return len(self._socket.seats) > self._socket.house.fair_share

    async def attach(self, seconds: float | None) -> bool:
        """Have the server begin the session; return False when it takes no more of them.

        Raises:
            surrealdb.errors.ServerError: it refused for another reason.
            RequestError: it did not answer, or not in time.
        """
        reply = await self.channel.call("attach", [], session=self.session, timeout=seconds)
        if refuses_method(reply):
            return False
        result_of(reply)
        return True

    def expire(self) -> None:
        self._socket.avoid()

    async def leave(self) -> None:
        if not self._stand_up():
            return
        if self._socket.seats:
            self._detach()
            await self.channel.answered(self.session, CLOSE_SECONDS)
        else:
            self._socket.house.forget(self._socket)
            await self.channel.close()

    def abandon(self) -> None:
        if not self._stand_up():
            return
        if self._socket.seats:
            self._detach()
        else:
            self._socket.house.forget(self._socket)
            self.channel.abort()

    def _stand_up(self) -> bool:
        """Free the seat; return False when that was done before."""
        if self._is_left:
            return False
        self._is_left = True
        self._socket.seats.pop(self, None)
        self._socket.is_full = False
        self._socket.house.count_seats()
        self.channel.forsake(self.session)
        return True

    def _detach(self) -> None:
        """Have the server end the session: on its way now, whatever becomes of the caller."""
        if not self.channel.post("detach", [], self.session):
            self._socket.avoid()  # it is full of what the server does not read
