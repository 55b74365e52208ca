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
import contextlib
from collections.abc import Iterable, Iterator
from math import inf
from uuid import uuid4

from purreal._deadlines import Deadlines
from purreal._errors import RequestTimeout, SessionsUnavailable
from purreal._messages import refuses_method, result_of, session_entry
from purreal._placement import choose, fair_share, least_busy, one_more_for_bulk
from purreal._rpc import RpcChannel, RpcSession
from purreal._seats import Occupant
from purreal._transport import CLOSE_SECONDS, OpenTransport

# Whoever comes while a socket is opened waits for it; where that takes longer, in vain.
_SOON_OPEN_SECONDS = 0.1

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
        self._opening: _Opening | None = None

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
                return await self._open_socket(occupant)
            elif await self._opening.finds_no_sessions():
                raise self._no_sessions()

    def now(self) -> float:
        return self._deadlines.loop.time()

    def count_seats(self) -> None:
        """Reckon anew after somebody came or went."""
        if self._for_bulk:
            self.fair_share = fair_share(self._seated(), self._for_bulk)

    def want_one_more(self) -> None:
        """A long reply held others up."""
        self._for_bulk = one_more_for_bulk(self._for_bulk, len(self._sockets))
        self.count_seats()

    def forget(self, socket: SharedSocket) -> None:
        """It is gone."""
        if socket in self._sockets:
            self._sockets.remove(socket)

    @property
    def opens_slowly(self) -> bool:
        """Whether a socket is being opened that nobody should wait for who can do without."""
        return self._opening is not None and self._opening.is_slow

    def _seated(self) -> int:
        return sum(socket.seated for socket in self._sockets)

    def _choose(self) -> SharedSocket | None:
        now = self.now()
        open_ = [socket for socket in self._sockets if socket.takes_more(now)]
        if self.opens_slowly:
            return least_busy(open_)
        return choose(open_, self._seated() + 1, self._for_bulk)

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
            socket = SharedSocket(self, self.now() + self._max_lifetime)
            socket.channel = await RpcChannel.open(
                self._endpoint, self._deadlines, self._open_transport, socket
            )
            seat = SharedSeat(socket, occupant)
            try:
                # The first on its socket is refused only by a server that refuses all.
                if not await seat.attach(None):
                    opening.no_sessions = True
                    raise self._no_sessions()
            except BaseException:
                seat.abandon()
                raise
            self._sockets.append(socket)
            self.count_seats()
            return seat
        finally:
            self._opening = None
            opening.over.set()

    def _no_sessions(self) -> SessionsUnavailable:
        return SessionsUnavailable(
            f"{self._endpoint} has no sessions to attach: lend connections, or use SurrealDB 3",
            endpoint=self._endpoint,
        )


class _Opening:
    """A socket that one opens while others wait for it.

    Attributes:
        over: set when it is open, or will never be.
        no_sessions: the server said that it has none.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.over = asyncio.Event()
        self.no_sessions = False
        self._loop = loop
        self._slow_at = loop.time() + _SOON_OPEN_SECONDS

    @property
    def is_slow(self) -> bool:
        return self._loop.time() >= self._slow_at

    async def finds_no_sessions(self) -> bool:
        """Wait until it is over; the first time, not longer than it takes usually."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(None if self.is_slow else self._slow_at):
                await self.over.wait()
        return self.no_sessions


class SharedSocket:
    """A socket and the seats that are taken on it.

    Attributes:
        is_full: the server refused one more session, and none has ended since.
        movers: how many on it are about to sit elsewhere.
    """

    def __init__(self, house: SharedSockets, takes_until: float) -> None:
        self.channel: RpcChannel
        self.house = house
        self.seats: dict[SharedSeat, None] = {}
        self.is_full = False
        self.movers = 0
        self._takes_from = -inf
        self._takes_until = takes_until

    def takes_more(self, now: float) -> bool:
        """Whether one more may try to sit down."""
        fit = self._takes_from <= now < self._takes_until and not self.is_full
        return fit and self.channel.usable

    def avoid(self) -> None:
        """It does not answer: seat nobody here for a while."""
        self._takes_from = self.house.now() + _AVOID_SECONDS

    @property
    def seated(self) -> int:
        return len(self.seats) - self.movers

    @property
    def in_flight(self) -> int:
        return self.channel.in_flight

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
        socket.seats[self] = None
        socket.house.count_seats()

    @property
    def usable(self) -> bool:
        return not self.session.is_forsaken and self.channel.usable

    @property
    def is_crowded(self) -> bool:
        house = self._socket.house
        # First what nearly always decides: this is asked at the end of every lease.
        return (
            house.fair_share is not inf
            and self._socket.seated > house.fair_share
            and not house.opens_slowly
        )

    @contextlib.contextmanager
    def given_up(self) -> Iterator[None]:
        self._socket.movers += 1
        self._socket.house.count_seats()
        try:
            yield
        finally:
            self._socket.movers -= 1
            self._socket.house.count_seats()

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

    async def leave(self, guests: Iterable[bytes] = ()) -> None:
        if not self._stand_up():
            return
        if self._socket.seats:
            self._detach(guests)
            await self.channel.answered(self.session, CLOSE_SECONDS)
        else:
            self._socket.house.forget(self._socket)
            await self.channel.close()

    def abandon(self, guests: Iterable[bytes] = ()) -> None:
        if not self._stand_up():
            return
        if self._socket.seats:
            self._detach(guests)
        else:
            self._socket.house.forget(self._socket)
            self.channel.abort()

    def _stand_up(self) -> bool:
        """Free the seat; return False when that was done before."""
        if self.session.is_forsaken:
            return False
        self._socket.seats.pop(self, None)
        self._socket.is_full = False
        self._socket.house.count_seats()
        self.channel.forsake(self.session)
        return True

    def _detach(self, guests: Iterable[bytes]) -> None:
        """Have the server end the sessions: on its way now, whatever becomes of the caller."""
        for entry in (*guests, self.session.entry):
            if not self.channel.post("detach", [], self.session, entry):
                self._socket.avoid()  # it is full of what the server does not read
