"""The receiver's limits and its token bucket; measures and sends nothing itself."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the receiver takes; sizes in bytes, times in seconds.

    Attributes:
        body_bytes: of one request, before and after decompression.
        question_bytes: of one question of a runner.
        stranger_body_bytes: of a telemetry request whose token belongs to no room. It is read only
            to count it for the run that it names.
        strangers_per_second: how many of those are read; the others are refused unread.
        connections: open at once over HTTP.
        bodies_at_once: telemetry requests that are read or worked on at once over HTTP.
        grpc_calls_at_once: the same over gRPC.
        stores_at_once: final exports that are being stored at once.
        first_request_seconds: a new connection must send the head of a request within this time.
        body_seconds: a body must have come within this time, waiting for a turn included.
        store_seconds: storing must have ended within this time.
        keep_alive_seconds: an unused connection is kept open for this time.
        forward_seconds: one request to the user's collector.
        forward_bytes: waiting for the user's collector of one run.
        forward_runs: runs that have something waiting at once.
    """

    body_bytes: int = 4 * 1024 * 1024
    question_bytes: int = 64 * 1024
    stranger_body_bytes: int = 256 * 1024
    strangers_per_second: float = 20.0
    connections: int = 2000
    bodies_at_once: int = 16
    grpc_calls_at_once: int = 16
    stores_at_once: int = 4
    first_request_seconds: float = 15.0
    body_seconds: float = 10.0
    store_seconds: float = 10.0
    keep_alive_seconds: float = 60.0
    forward_seconds: float = 5.0
    forward_bytes: int = 8 * 1024 * 1024
    forward_runs: int = 16


def requests_per_second(runners: int) -> float:
    """What a run may send: a runner asks twice a second and exports twice in two seconds."""
    return 50.0 + 5.0 * runners


class TokenBucket:
    """Lets a number of requests pass each second, and as many at once after a pause."""

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._clock = clock
        self._level = per_second
        self._at = clock()

    def take(self) -> bool:
        """Whether one more may pass now."""
        now = self._clock()
        self._level = min(self._per_second, self._level + (now - self._at) * self._per_second)
        self._at = now
        if self._level < 1.0:
            return False
        self._level -= 1.0
        return True
