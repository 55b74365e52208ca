"""Which shared socket a session sits on, when one more is opened, and when a session moves."""

from dataclasses import dataclass
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purreal._placement import choose, fair_share, least_busy, one_more_for_bulk


@dataclass(frozen=True, slots=True)
class Socket:
    seated: int
    in_flight: int = 0


def place(seated, for_bulk=0, in_flight=None):
    """Number of the socket that one more session goes to; None for one that is to be opened."""
    flights = in_flight or [0] * len(seated)
    sockets = [Socket(*each) for each in zip(seated, flights, strict=True)]
    chosen = choose(sockets, sum(seated) + 1, for_bulk)
    return None if chosen is None else [each is chosen for each in sockets].index(True)


@pytest.mark.parametrize(
    ("seated", "goes_to"),
    [
        ([], None),
        ([0], 0),
        ([15], 0),
        ([16], None),
        ([16, 1], 1),
        ([16, 16, 16], None),
        ([16, 16, 16, 16], 0),
        ([99, 70, 80, 90], 1),
        ([99, 98, 97, 95, 96], 3),
    ],
)
def test_a_socket_is_opened_for_every_sixteen_up_to_four(seated, goes_to):
    assert place(seated) == goes_to


@pytest.mark.parametrize(
    ("seated", "in_flight", "goes_to"),
    [
        ([15, 1], [0, 1], 0),
        ([15, 1], [1, 1], 1),
        ([16, 1], [0, 9], 1),
        ([80, 20, 20, 20], [1, 2, 2, 2], 0),
    ],
)
def test_of_those_with_room_it_is_the_one_with_the_least_in_flight(seated, in_flight, goes_to):
    assert place(seated, in_flight=in_flight) == goes_to


@pytest.mark.parametrize(
    ("seated", "for_bulk", "goes_to"),
    [
        ([4], 2, None),
        ([3, 1], 2, 1),
        ([8, 8, 8, 8], 5, None),
        ([8, 8, 8, 8, 0], 5, 4),
        ([11, 11, 10, 4, 4], 5, 3),
        ([16, 16], 2, None),
    ],
)
def test_long_replies_leave_room_for_the_fair_share_only(seated, for_bulk, goes_to):
    assert place(seated, for_bulk) == goes_to


@pytest.mark.parametrize(
    ("sessions", "for_bulk", "share"),
    [(500, 0, inf), (4, 2, 2), (5, 2, 3), (40, 7, 6), (64, 14, 5), (200, 2, 50), (0, 3, 0)],
)
def test_the_fair_share_is_that_of_as_many_sockets_as_are_wanted(sessions, for_bulk, share):
    assert fair_share(sessions, for_bulk) == share


@given(
    seated=st.lists(st.integers(0, 60), min_size=1, max_size=20),
    flights=st.lists(st.integers(0, 5), min_size=20, max_size=20),
    for_bulk=st.integers(1, 16),
)
def test_sessions_that_move_come_to_rest_within_their_fair_share(seated, flights, for_bulk):
    """However much is in flight, and each of them once."""
    sockets, sessions, moves = list(seated), sum(seated), 0
    share = fair_share(sessions, for_bulk)
    surplus = sum(max(0, each - int(share)) for each in seated)
    while max(sockets) > share:
        sockets[sockets.index(max(sockets))] -= 1
        flights_now = [flights[number % 20] for number in range(len(sockets))]
        chosen = place(sockets, for_bulk, flights_now)
        if chosen is None:
            sockets.append(1)
        else:
            sockets[chosen] += 1
            assert sockets[chosen] <= share
        moves += 1
        assert moves <= surplus

    assert sum(sockets) == sessions


def test_who_can_not_wait_for_room_goes_where_the_least_is_in_flight():
    crowd, fewer, busy = Socket(40), Socket(30), Socket(1, in_flight=1)

    assert least_busy([crowd, busy, fewer]) is fewer
    assert least_busy([]) is None


@pytest.mark.parametrize(
    ("for_bulk", "sockets", "wanted"), [(0, 1, 2), (0, 4, 5), (7, 4, 8), (15, 4, 16), (16, 20, 16)]
)
def test_each_long_reply_wants_one_more_socket_up_to_sixteen(for_bulk, sockets, wanted):
    assert one_more_for_bulk(for_bulk, sockets) == wanted
