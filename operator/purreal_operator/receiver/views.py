"""What the reconcile loop sees of a room: frozen copies; holds no logic."""

from collections.abc import Mapping
from dataclasses import dataclass

from purreal_operator.receiver.database_view import DatabaseView
from purreal_operator.receiver.refusals import Reason
from purreal_operator.receiver.traces import Trace
from purreal_runner.measure.merge import Merged
from purreal_runner.pod.coordination import Failure, RunnerState


@dataclass(frozen=True, slots=True)
class RunnerView:
    """What one runner said last.

    Attributes:
        index: of the runner.
        pod_uid: of the pod that counts for this index at present.
        pod_name: for people.
        state: what it is busy with.
        server_version: as the target told it; empty before.
        failure: why it can't do its part.
        started_at: when its load really began, in monotonic seconds of this process: the estimate
            of its quickest question; None before.
    """

    index: int
    pod_uid: str
    pod_name: str
    state: RunnerState
    server_version: str = ""
    failure: Failure | None = None
    started_at: float | None = None


@dataclass(frozen=True, slots=True)
class RoomView:
    """All that a room knows, at one moment.

    Attributes:
        runners: by index, those that were heard.
        latecomers: indexes for which a pod came too late.
        stored: indexes whose final export is stored.
        refusals: how many requests were refused, by reason.
        mismatches: what didn't fit together, in words; the first few.
        live: all pools together, as far as they have reported; None before the first.
        database: what the database tells about itself; None when it doesn't.
        traces: the slowest sampled operations.
        cleaned_up: a runner has dropped the run's tables, or said why it could not.
        notes: of the runners, for the reader of the report.
        start_skew_seconds: between the first and the last runner's start; None before.
    """

    runners: Mapping[int, RunnerView]
    latecomers: frozenset[int]
    stored: frozenset[int]
    refusals: Mapping[Reason, int]
    mismatches: tuple[str, ...]
    live: Merged | None
    database: DatabaseView | None
    traces: tuple[Trace, ...]
    cleaned_up: bool
    notes: tuple[str, ...]
    start_skew_seconds: float | None
