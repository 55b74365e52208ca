"""Owns a socket that many sessions share, and the seats on it; knows no other socket, no set-up.

Facts about SurrealDB 3.3.5 (tests/wire keeps trying): a client invents a session's id and names it
in `attach`; the session is anonymous then, and alone with its user, variables and live queries.
`detach` ends it, these, and its transactions. But a transaction belongs to the socket: whoever
names its id on that socket can read in it, commit and cancel it, so no connection names one that it
did not begin. The end of one session leaves the transactions of the others alone. A socket takes
255 sessions beside its own; one more `attach` is refused as a method that is not allowed, as on
servers without sessions. The embedded engine is the same in all this, but has no transactions by
method and no live queries.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from math import inf
from typing import Protocol
from uuid import uuid4

from purreal._messages import refuses_method, result_of, session_entry
from purreal._rpc import RpcChannel
from purreal._rpc_session import RpcSession
from purreal._seats import Occupant
from purreal._transport import CLOSE_SECONDS

_AVOID_SECONDS = 10.0


class House(Protocol):
    """What a socket and those who sit on it tell and ask the owner of all sockets."""

    has_crowded: bool
    """Whether a socket has more than its fair share of sessions, this one or another."""

    def now(self) -> float:
        """The time of the event loop."""

    def count_seats(self) -> None:
        """Reckon anew after somebody came or went."""

    def is_crowded(self, socket: SharedSocket) -> bool:
        """Whether it has more than its fair share, and there is a better place."""

    def want_one_more(self) -> None:
        """A long reply held others up."""

    def forget(self, socket: SharedSocket) -> None:
        """It is gone."""


class SharedSocket:
    """A socket and the seats that are taken on it.

    Attributes:
        is_full: the server refused one more session, and none has ended since.
        movers: how many on it are about to sit elsewhere.
    """

    def __init__(self, house: House, takes_until: float) -> None:
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
        # Asked at the end of every lease, and nearly always there is no such socket at all.
        house = self._socket.house
        return house.has_crowded and house.is_crowded(self._socket)

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

    def avoid(self) -> None:
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
        if self.session.is_forsaken:
            return False
        self._socket.seats.pop(self, None)
        self._socket.is_full = False
        self._socket.house.count_seats()
        self.channel.forsake(self.session)
        return True

    def _detach(self) -> None:
        """Have the server end the session: on its way now, whatever becomes of the caller."""
        if not self.channel.post("detach", [], self.session):
            self._socket.avoid()  # it is full of what the server does not read
