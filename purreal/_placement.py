"""Decides how many shared sockets there should be and who sits where; knows no loop and no wire."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf
from typing import Final, Protocol, TypeVar

# The more requests come in one read, the cheaper they are for both sides, so sockets are few. But
# a server works for several of them side by side (docs/decisions/0012).
SESSIONS_BEFORE_NEXT: Final = 16
USUAL_SOCKETS: Final = 4

# A long reply holds up all that comes after it on its socket; with each one more socket is wanted.
MOST_SOCKETS_FOR_BULK: Final = 16


class Load(Protocol):
    """What a new session would share a socket with."""

    @property
    def seated(self) -> int:
        """Sessions on it, without those that are about to leave."""

    @property
    def in_flight(self) -> int:
        """Requests that are not answered yet."""


L = TypeVar("L", bound=Load)


def fair_share(sessions: int, for_bulk: int) -> float:
    """Most of so many sessions that a socket should have; who sits with more had better move.

    Args:
        for_bulk: sockets that long replies want; 0: there were none, and nobody need move.
    """
    if not for_bulk:
        return inf
    usual = min(ceil(sessions / SESSIONS_BEFORE_NEXT), USUAL_SOCKETS)
    return ceil(sessions / max(usual, for_bulk))


def choose(open_: Sequence[L], sessions: int, for_bulk: int) -> L | None:
    """Say where one more session goes; None: to a socket that is to be opened.

    Whoever moves from more than the fair share is sent to less: as many sockets as are wanted have
    room for all, or one is opened.

    Args:
        open_: sockets that take one more.
        sessions: on all sockets, with the one that is coming and without those about to leave.
        for_bulk: sockets that long replies want.
    """
    if for_bulk:
        room = fair_share(sessions, for_bulk)
    else:
        room = SESSIONS_BEFORE_NEXT if len(open_) < USUAL_SOCKETS else inf
    return least_busy([socket for socket in open_ if socket.seated < room])


def least_busy(open_: Sequence[L]) -> L | None:
    """The socket with the least in flight, of those the one with the fewest sessions."""
    return min(open_, key=lambda socket: (socket.in_flight, socket.seated), default=None)


def one_more_for_bulk(for_bulk: int, sockets: int) -> int:
    """Sockets that are wanted after one more long reply held others up."""
    return min(max(for_bulk, sockets) + 1, MOST_SOCKETS_FOR_BULK)
