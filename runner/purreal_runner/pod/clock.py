"""The arithmetic of the common start and of asking again; pure, reads no clock."""

from dataclasses import dataclass
from random import Random

_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Start:
    """When the load begins, as one answer tells it.

    Attributes:
        at: on this machine's monotonic clock, in seconds.
        round_trip: of the question that was answered so, in seconds; half of it is how wrong `at`
            can be.
    """

    at: float
    round_trip: float


def start_of(remaining: float, round_trip: float, received: float) -> Start:
    """When the common start is, if `remaining` seconds were left when the operator answered.

    Nobody compares the clocks of two nodes: the answer was half a round trip old when it came.

    Args:
        remaining: as the operator said it, in seconds.
        round_trip: from sending the question to receiving the answer, in seconds.
        received: when the answer came, on the monotonic clock.
    """
    return Start(received + remaining - round_trip / 2, round_trip)


def more_exact(before: Start | None, now: Start) -> Start:
    """Of two answers about the same start the one that took less time; else the newer one.

    Two answers that differ by more than both can be wrong are about two starts: the operator has
    changed its mind, and what it says now holds.
    """
    if before is None or abs(before.at - now.at) > (before.round_trip + now.round_trip) / 2:
        return now
    return min(before, now, key=lambda start: start.round_trip)


def pause(attempt: int, random: Random) -> float:
    """Seconds until the next try after `attempt` failed ones (from 1): growing, and scattered.

    Many runners lose the operator at the same moment; they must not all come back at one.
    """
    longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** min(attempt - 1, 10))
    return longest * random.uniform(0.5, 1.0)
