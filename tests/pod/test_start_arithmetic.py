"""When the load begins, and how long a runner waits before it asks again."""

from random import Random

import pytest

from purreal_runner.pod.clock import Start, more_exact, pause, start_of


def test_half_the_round_trip_has_passed_when_the_answer_comes() -> None:
    start = start_of(remaining=3.0, round_trip=0.2, received=100.0)

    assert start.at == pytest.approx(102.9)


@pytest.mark.parametrize("delay_there", [0.0, 0.1, 0.2])
def test_a_start_is_never_further_off_than_half_the_round_trip(delay_there: float) -> None:
    round_trip, sent, at = 0.2, 50.0, 60.0
    remaining = at - (sent + delay_there)

    start = start_of(remaining, round_trip, sent + round_trip)

    assert abs(start.at - at) <= round_trip / 2 + 1e-9


def test_of_answers_that_agree_the_fastest_counts() -> None:
    slow, fast = Start(at=10.05, round_trip=0.2), Start(at=10.0, round_trip=0.01)

    assert more_exact(slow, fast) is fast
    assert more_exact(fast, slow) is fast


def test_a_start_that_was_moved_replaces_the_one_before() -> None:
    before, moved = Start(at=10.0, round_trip=0.01), Start(at=15.0, round_trip=0.5)

    assert more_exact(before, moved) is moved


def test_the_first_start_is_taken_as_it_comes() -> None:
    only = Start(at=1.0, round_trip=9.0)

    assert more_exact(None, only) is only


def test_pauses_grow_to_five_seconds_and_are_scattered() -> None:
    random = Random(1)

    pauses = [pause(attempt, random) for attempt in range(1, 40)]

    assert 0.125 <= pauses[0] <= 0.25
    assert all(2.5 <= seconds <= 5.0 for seconds in pauses[6:])
    assert len(set(pauses)) == len(pauses)
