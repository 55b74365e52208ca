"""Owns what a seat is: a session of a connection's own, and a socket to reach it; knows no pool."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from purreal._deadlines import Deadlines
from purreal._rpc import RpcChannel
from purreal._rpc_session import RpcSession
from purreal._transport import OpenTransport


class Occupant(Protocol):
    """Who sits on a seat; each is called synchronously, at most once."""

    def seat_lost(self) -> None:
        """The socket broke by itself."""

    def seat_abandoned(self) -> None:
        """The socket ended because the event loop shuts down."""


class Seat(Protocol):
    """A fresh session on a server, for one connection.

    Attributes:
        channel: leads to it.
        session: it, as the channel knows it.
    """

    channel: RpcChannel
    session: RpcSession

    @property
    def usable(self) -> bool:
        """False once it is lost or was left, and then for ever."""

    @property
    def is_crowded(self) -> bool:
        """Whether the connection had better take another one, when nobody uses it."""

    def given_up(self) -> AbstractContextManager[None]:
        """Have the seat count as free already, while another one is taken instead."""

    def avoid(self) -> None:
        """It is silent for so long that nobody should be seated on this socket for a while."""

    async def leave(self) -> None:
        """Give it back, at most about a second long; requests in flight fail.

        Idempotent, never raises. When it is cancelled, the seat is given back all the same.
        """

    def abandon(self) -> None:
        """Give it back now; requests in flight fail with `ConnectionLost`. Idempotent."""


TakeSeat = Callable[[Occupant], Awaitable[Seat]]
"""Gets a seat; when it raises or is cancelled, none is taken."""


class OwnSocket:
    """A socket that nobody shares, with the session that every socket has."""

    is_crowded = False

    def __init__(self, occupant: Occupant) -> None:
        self.channel: RpcChannel
        self.session = RpcSession()
        self._occupant = occupant

    @classmethod
    async def open(
        cls, endpoint: str, deadlines: Deadlines, open_transport: OpenTransport, occupant: Occupant
    ) -> OwnSocket:
        """Open a socket. When this raises or is cancelled, there is none."""
        seat = cls(occupant)
        seat.channel = await RpcChannel.open(endpoint, deadlines, open_transport, seat)
        return seat

    @property
    def usable(self) -> bool:
        return self.channel.usable

    def given_up(self) -> AbstractContextManager[None]:
        return nullcontext()

    def avoid(self) -> None:
        """Nobody else sits here."""

    async def leave(self) -> None:
        await self.channel.close()

    def abandon(self) -> None:
        self.channel.abort()

    def channel_lost(self) -> None:
        self._occupant.seat_lost()

    def channel_abandoned(self) -> None:
        self._occupant.seat_abandoned()

    def others_held_up(self) -> None:
        """They are all of the same borrower."""
