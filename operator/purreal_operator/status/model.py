"""The model of `status`, as it is stored in the cluster; computes nothing, knows no cluster.

No floats (API conventions): durations are whole microseconds or text with a unit for people.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from purreal_operator.status.words import ConditionStatus, ConditionType, Phase, Reason
from purreal_runner.judge.verdict import Verdict

MOST_LOST = 1_000
MOST_HISTORY = 10
LONGEST_MESSAGE = 1_024

Word = Annotated[str, Field(max_length=64)]
Line = Annotated[str, Field(max_length=LONGEST_MESSAGE)]
Moment = Annotated[str, Field(max_length=40, pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T.*Z$")]
Count = Annotated[int, Field(ge=0)]
Microseconds = Annotated[int, Field(ge=0)]


class Stored(BaseModel):
    """Base of all parts of the status: camelCase outside, immutable, unknown fields dropped.

    Dropped, not refused: an operator of another version may have written them.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True
    )


class Condition(Stored):
    """One observation about the present run, as `kubectl wait` reads it."""

    type: ConditionType = Field(description="What it is about.")
    status: ConditionStatus = Field(description="Whether it holds.")
    reason: Word = Field(description="Why, in one word.")
    message: Line = Field(default="", description="Why, in words.")
    observed_generation: int = Field(description="The generation of the spec it is about.")
    last_transition_time: Moment = Field(description="When `status` changed last.")


class Tokens(Stored):
    """Hashes (SHA-256, hex) of the bearer tokens of the run; the tokens are in Secrets only."""

    runners: str = Field(default="", max_length=64, description="Of the runner pods.")
    target: str = Field(default="", max_length=64, description="Of the ephemeral database.")


class Effective(Stored):
    """What the settings come to; frozen when the run begins, peaks added at its end."""

    pools: Count = Field(description="Pools in all: replicas × processes.")
    workers_per_pool: Count = Field(description="Most workers that a pool has.")
    max_leases: Count = Field(description="Most leases over all pools.")
    peak_leases: Count = Field(default=0, description="Most leases lent, pools' peaks added up.")
    peak_sockets: Count = Field(
        default=0, description="Most sockets open at once, pools' peaks added up."
    )
    lend: Word = Field(
        description="What a lease is: as asked for, and at the end what the pools lent: `Session`, "
        "`Connection`, or `Mixed` where they differ."
    )
    run_seconds: Count = Field(description="Deadline of the load in seconds.")


class OperationCounts(Stored):
    """Exact accounting over all pools: `issued` is the sum of the others."""

    issued: Count = Field(default=0, description="Operations that began.")
    succeeded: Count = Field(default=0, description="Operations that did what they should.")
    failed: Count = Field(default=0, description="Operations that ended with an error.")
    timed_out: Count = Field(default=0, description="Operations that ran into a deadline.")
    cancelled: Count = Field(default=0, description="Operations given up when the load stopped.")


class LatencyMicroseconds(Stored):
    """A distribution in whole microseconds."""

    p50: Microseconds = Field(default=0, description="Median.")
    p95: Microseconds = Field(default=0, description="95th percentile.")
    p99: Microseconds = Field(default=0, description="99th percentile.")
    max: Microseconds = Field(default=0, description="Greatest value.")
    mean: Microseconds = Field(default=0, description="Mean.")


class LatenciesMicroseconds(Stored):
    """Waits for a lease, requests, and whole operations."""

    acquire: LatencyMicroseconds = Field(
        default=LatencyMicroseconds(), description="Waits for a lease."
    )
    query: LatencyMicroseconds = Field(default=LatencyMicroseconds(), description="Requests.")
    operation: LatencyMicroseconds = Field(
        default=LatencyMicroseconds(), description="Whole operations that succeeded."
    )


class Summary(Stored):
    """The numbers that `kubectl get` shows, as text for people; live while the load runs."""

    scenario: Word = Field(default="", description="Scenario or kind of workload.")
    workers: Count = Field(default=0, description="Concurrent workers in all.")
    operations_per_second: Word = Field(default="", description="Succeeded operations a second.")
    success: Word = Field(default="", description="Share of operations that succeeded.")
    acquire_p95: Word = Field(default="", description="95th percentile of the waits for a lease.")
    query_p95: Word = Field(default="", description="95th percentile of the requests.")
    grade: Word = Field(default="", description="The worst grade in the guide's table.")


class RunnersStatus(Stored):
    """The runner pods of the run."""

    display: Word = Field(default="", description="Ready of expected, such as `3/3`.")
    expected: Count = Field(default=0, description="Runner pods of the run.")
    ready: Count = Field(default=0, description="Runner pods that were ready at the same time.")
    reported: Count = Field(default=0, description="Runner pods whose results are stored.")
    lost: Annotated[tuple[Count, ...], Field(max_length=MOST_LOST)] = Field(
        default=(), description="Indexes of runners lost after the start."
    )
    lost_share: Word = Field(
        default="", description="Share of the planned load that lost runners had."
    )
    start_skew_microseconds: Microseconds | None = Field(
        default=None, description="Between the first and the last runner's real start."
    )
    trouble: Annotated[tuple[Line, ...], Field(max_length=8)] = Field(
        default=(), description="What keeps pods from running, in words."
    )


class TargetReading(Stored):
    """What was seen of the target's StatefulSet at one time."""

    ready: Count = Field(default=0, description="Ready pods.")
    replicas: Count = Field(default=0, description="Pods it should have.")
    restarts: Count = Field(default=0, description="Restarts of its containers in all.")
    pods: Annotated[tuple[Word, ...], Field(max_length=64)] = Field(
        default=(), description="UIDs of its pods, to notice those that were replaced."
    )


class TargetStatus(Stored):
    """The database under test."""

    display: str = Field(default="", max_length=300, description="Kind and name, for people.")
    version: str = Field(default="", max_length=100, description="As the server told it.")
    before: TargetReading | None = Field(default=None, description="When the runners started.")
    last: TargetReading | None = Field(default=None, description="Seen last.")
    least_ready: Count | None = Field(
        default=None, description="Fewest ready pods seen while the load ran."
    )
    disturbed: Line = Field(
        default="", description="Restarts or replaced pods during the run, in words."
    )
    peak_memory_bytes: Count | None = Field(
        default=None, description="Most memory the database used, as it told."
    )
    peak_cpu_percent: Count | None = Field(
        default=None, description="Most processor time the database used, 100 is one core."
    )
    peak_sessions: Count | None = Field(
        default=None, description="Most sessions the database had, as it told."
    )


class ThresholdStatus(Stored):
    """One threshold with what was observed."""

    expression: str = Field(max_length=100, description="Metric and limit.")
    observed: Word = Field(default="", description="What was measured, over all pools together.")
    met: bool = Field(description="Whether it was met.")
    generator_limited: bool = Field(
        default=False, description="The load generator itself explains the miss."
    )


class GradeStatus(Stored):
    """One row of the guide's table of targets."""

    name: Word = Field(description="What is graded.")
    observed: Word = Field(default="", description="What was measured.")
    grade: Word = Field(description="Excellent, Target or below it.")


class AdviceStatus(Stored):
    """What to change and why."""

    action: str = Field(max_length=300, description="What to change.")
    because: Line = Field(default="", description="The numbers behind it.")


class SlowTrace(Stored):
    """One of the slowest sampled operations."""

    trace_id: Word = Field(description="Trace of the whole test, hex.")
    span_id: Word = Field(description="The operation's span, hex.")
    duration_microseconds: Microseconds = Field(description="How long the operation took.")
    spent: Line = Field(default="", description="Where the time went, span by span.")


class ReportReference(Stored):
    """Where the full report is."""

    config_map: str = Field(max_length=253, description="ConfigMap in the test's namespace.")
    key: Word = Field(description="Entry that holds the JSON, gzipped.")
    bytes: Count = Field(description="Size of the entry.")
    truncated: Line = Field(
        default="", description="What was left out to fit into a ConfigMap, in words."
    )


class PhaseBegin(Stored):
    """When a phase of the run began; it lasted until the next one did."""

    phase: Phase = Field(description="The phase.")
    since: Moment = Field(description="When it began.")


class FinishedRun(Stored):
    """The summary of an earlier run."""

    run: Count = Field(description="Number of the run.")
    verdict: Verdict = Field(description="What came out of it.")
    reason: Word = Field(description="Why, in one word.")
    message: Line = Field(default="", description="Why, in words.")
    started_at: Moment = Field(description="When the run began.")
    finished_at: Moment = Field(description="When it had its verdict.")
    summary: Summary = Field(default=Summary(), description="Its numbers.")
    report: ReportReference | None = Field(default=None, description="Where its report is.")


class PoolLoadTestStatus(Stored):
    """Written by the operator; what is known of the present run, and summaries of earlier ones."""

    observed_generation: int = Field(default=0, description="Generation of the spec last seen.")
    run: Count = Field(default=0, description="Number of the present run, from 1.")
    phase: Phase | None = Field(default=None, description="What the run is busy with.")
    verdict: Verdict | None = Field(default=None, description="What came out of the run.")
    reason: Word = Field(default="", description="Why the run is where it is, in one word.")
    message: Line = Field(default="", description="Why, in words.")
    conditions: Annotated[tuple[Condition, ...], Field(max_length=16)] = Field(
        default=(), description="What is known, one condition a question."
    )
    spec_hash: Word = Field(default="", description="Of the spec this run was made from.")
    rerun_at: str = Field(
        default="", max_length=64, description="Value of the annotation that asked for this run."
    )
    phase_since: Moment | None = Field(default=None, description="When the phase began.")
    phases: Annotated[tuple[PhaseBegin, ...], Field(max_length=8)] = Field(
        default=(), description="When each phase of the run began, in order."
    )
    started_at: Moment | None = Field(default=None, description="When the run was accepted.")
    starts_at: Moment | None = Field(
        default=None, description="The common start of the load; absent before it is fixed."
    )
    finished_at: Moment | None = Field(default=None, description="When the run had its verdict.")
    ending: Reason | None = Field(
        default=None, description="Why the load ended, once it has; decided once."
    )
    ending_message: Line = Field(default="", description="Why the load ended, in words.")
    tokens: Tokens = Field(default=Tokens(), description="Hashes of the run's bearer tokens.")
    effective: Effective | None = Field(default=None, description="What the settings come to.")
    operations: OperationCounts = Field(
        default=OperationCounts(), description="Exact accounting; live while the load runs."
    )
    latencies_microseconds: LatenciesMicroseconds | None = Field(
        default=None, description="Merged over all pools, at most 0.6 % off."
    )
    summary: Summary = Field(default=Summary(), description="What `kubectl get` shows.")
    runners: RunnersStatus = Field(default=RunnersStatus(), description="The runner pods.")
    target: TargetStatus = Field(default=TargetStatus(), description="The database under test.")
    thresholds: Annotated[tuple[ThresholdStatus, ...], Field(max_length=32)] = Field(
        default=(), description="Each threshold with what was observed."
    )
    grade: Annotated[tuple[GradeStatus, ...], Field(max_length=16)] = Field(
        default=(), description="The guide's table of targets."
    )
    warning_signs: Annotated[tuple[Line, ...], Field(max_length=16)] = Field(
        default=(), description="The guide's warning signs that were seen."
    )
    advice: Annotated[tuple[AdviceStatus, ...], Field(max_length=16)] = Field(
        default=(), description="What to change, with the numbers behind it."
    )
    slowest_traces: Annotated[tuple[SlowTrace, ...], Field(max_length=5)] = Field(
        default=(), description="The slowest sampled operations, with where their time went."
    )
    refused_pushes: Annotated[dict[Word, Count], Field(max_length=16)] = Field(
        default_factory=dict, description="Telemetry and questions that were refused, by reason."
    )
    report: ReportReference | None = Field(default=None, description="Where the full report is.")
    history: Annotated[tuple[FinishedRun, ...], Field(max_length=MOST_HISTORY)] = Field(
        default=(), description="The last ten finished runs, the newest first, this one included."
    )
