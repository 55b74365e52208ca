"""Who sends telemetry, and in which trace; pure, makes no message."""

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class TraceIdentity:
    """The trace of a run and its root span, which is the operator's."""

    trace_id: int
    span_id: int

    @property
    def trace_hex(self) -> str:
        """The trace's id as 32 hexadecimal digits, as `LoadPlan.trace_id` takes it."""
        return f"{self.trace_id:032x}"


def trace_of(run_id: str) -> TraceIdentity:
    """The trace of a run: whoever knows the run knows its trace, nobody has to tell."""
    digest = sha256(run_id.encode()).digest()
    return TraceIdentity(
        trace_id=int.from_bytes(digest[:16]),
        span_id=int.from_bytes(digest[16:24]),
    )


@dataclass(frozen=True, slots=True)
class PodIdentity:
    """The pod that sends.

    Attributes:
        run_id: of the run it belongs to.
        runner_index: which runner of the run it is.
        pod_uid: tells it from a pod that had the same index before.
        pod_name: for people.
        start_unix_ns: when its measured load began, by its own clock, in nanoseconds since 1970;
            only where points are shown on a time axis this matters.
    """

    run_id: str
    runner_index: int
    pod_uid: str
    pod_name: str
    start_unix_ns: int
