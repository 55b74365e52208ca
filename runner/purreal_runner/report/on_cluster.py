"""Owns what a report says of a run on a cluster besides its numbers; computes and renders nothing.

All times are seconds; moments count from the common start of the load.
"""

from pydantic import Field

from purreal_runner.measure.data import Data


class RunnersUse(Data):
    """The runner pods: how many, which were lost after the start, how evenly they started.

    `lost_share`: the share of the planned load (0 to 1) that lost runners had.
    """

    expected: int
    reported: int
    lost: tuple[int, ...] = ()
    lost_share: float = 0.0
    start_skew_seconds: float | None = None


class TargetUse(Data):
    """What was seen of the target's pods; `disturbed` is empty when nothing happened to them."""

    ready_before: int | None = None
    least_ready: int | None = None
    ready_after: int | None = None
    restarts: int = 0
    disturbed: str = ""


class DatabasePoint(Data):
    """What the database told at one moment; 100 percent is one core kept busy."""

    seconds: float
    cpu_percent: float | None = None
    memory_bytes: int | None = None
    sessions: int | None = None


class DatabaseUse(Data):
    """What the database told of itself; None where it told nothing.

    `statements` with mean and percentile are its own measurements of all statements since it
    was started, the run's set-up included.
    """

    peak_cpu_percent: float | None = None
    peak_memory_bytes: int | None = None
    peak_sessions: int | None = None
    statements: int = 0
    statement_mean_seconds: float | None = None
    statement_p95_seconds: float | None = None
    history: tuple[DatabasePoint, ...] = ()


class SpanLine(Data):
    """One span of a slow operation, indented by `depth`; `source` is a runner or the database."""

    depth: int
    name: str
    source: str
    start_offset_seconds: float
    duration_seconds: float
    span_id: str


class SlowOperation(Data):
    """One of the slowest sampled operations with its spans, from the pool into the database."""

    span_id: str
    duration_seconds: float
    spans: tuple[SpanLine, ...] = ()


class PhaseTime(Data):
    """How long a phase of the run took."""

    name: str
    seconds: float


class LogTail(Data):
    """The last lines of one pod's log."""

    source: str
    lines: tuple[str, ...] = ()


class OnCluster(Data):
    """A run on a cluster.

    `trace_id`: of the one trace that the whole run is. `refused_pushes`: by reason.
    `mismatches`: parts that were not merged, with the reason. `inconsistencies`: sums that
    do not agree. `truncated`: what was left out of this report to keep it small.
    """

    namespace: str
    run: int
    trace_id: str
    runners: RunnersUse
    phases: tuple[PhaseTime, ...] = ()
    target: TargetUse = TargetUse()
    database: DatabaseUse | None = None
    slowest: tuple[SlowOperation, ...] = ()
    logs: tuple[LogTail, ...] = ()
    refused_pushes: dict[str, int] = Field(default_factory=dict)
    mismatches: tuple[str, ...] = ()
    inconsistencies: tuple[str, ...] = ()
    truncated: str = ""
