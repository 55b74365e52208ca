"""Everything a decision may look at, frozen; sees nothing itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from purreal_operator.status.model import (
    AdviceStatus,
    GradeStatus,
    LatenciesMicroseconds,
    OperationCounts,
    PoolLoadTestStatus,
    ReportReference,
    SlowTrace,
    Summary,
    TargetReading,
    ThresholdStatus,
    Tokens,
)
from purreal_operator.status.words import Reason
from purreal_runner.document.model import PoolLoadTest
from purreal_runner.judge.verdict import Verdict
from purreal_runner.pod.coordination import Failure, RunnerState

NO_TOKENS = Tokens()


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asks for at present.

    Attributes:
        generation: of the spec.
        document: the test; None where it can't be run, and then `problem` says why.
        problem: in words.
        spec_hash: of everything in the spec that a run depends on.
        rerun_at: the annotation that asks for an unchanged spec to run again; empty without.
        cancelled: `desiredState` is Cancelled.
    """

    generation: int
    document: PoolLoadTest | None
    problem: str = ""
    spec_hash: str = ""
    rerun_at: str = ""
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class TargetSeen:
    """The target's StatefulSet and its pods; `trouble` in words, empty without."""

    reading: TargetReading
    trouble: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PodSeen:
    """A runner pod.

    Attributes:
        index: of the runner.
        uid: of the pod.
        alive: it may still do its part: it is neither over nor gone.
        trouble: what keeps it from running, or how it ended, in words; empty without.
    """

    index: int
    uid: str
    alive: bool
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class RunnerSeen:
    """What a runner said last."""

    pod_uid: str
    state: RunnerState
    failure: Failure | None = None
    server_version: str = ""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What came out of a run, once its report is stored.

    Attributes:
        verdict: on the run.
        reason: for it, in one word.
        message: for it, in words.
        consistent: whether all sums agree; `inconsistency` says where they do not.
        peak_leases, peak_sockets: pools' own peaks added up.
        lend: what a lease was; empty where nobody knows.
    """

    verdict: Verdict
    reason: Reason
    message: str
    summary: Summary
    operations: OperationCounts
    latencies: LatenciesMicroseconds
    report: ReportReference | None
    thresholds: tuple[ThresholdStatus, ...] = ()
    grade: tuple[GradeStatus, ...] = ()
    warning_signs: tuple[str, ...] = ()
    advice: tuple[AdviceStatus, ...] = ()
    slowest_traces: tuple[SlowTrace, ...] = ()
    consistent: bool = True
    inconsistency: str = ""
    peak_leases: int = 0
    peak_sockets: int = 0
    lend: str = ""


@dataclass(frozen=True, slots=True)
class Database:
    """What the database told of itself: its peaks so far; None where it told nothing."""

    memory_bytes: int | None = None
    cpu_percent: int | None = None
    sessions: int | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """The numbers of a load that runs: merged from what the runners pushed last."""

    summary: Summary
    operations: OperationCounts
    latencies: LatenciesMicroseconds


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of one test, at one moment.

    Attributes:
        now: seconds since 1970, by the operator's clock.
        wish: what the user asks for.
        status: as it is stored.
        ahead: tests that this one waits for (or is refused because of), by name.
        plan_exists: the run's plan is in the cluster.
        frozen: the document the run was started with, None before there is one.
        target: its StatefulSet; None where there is none, or for a URL.
        job_exists: the runners' Job is there.
        failed_indexes: the Job gave them up.
        pods: of the runners.
        job_trouble: what keeps the Job from making pods, such as a quota; in words.
        runners: what each said last, by index.
        latecomers: indexes whose new pod came after the start.
        stored: indexes whose final results are stored.
        cleaned_up: the run's tables are dropped, or could not be.
        start_skew_seconds: between the first and the last real start; None before.
        known_tokens: hashes of the tokens that are in memory, and so can be put into Secrets.
        fresh_tokens: hashes of new tokens, also in memory.
        refused: the cluster refuses an object of the run for good; in words.
        hindered: the cluster has no room for an object of the run now, such as a quota; in words.
        live: numbers while the load runs.
        database: what it told of itself.
        refused_pushes: by reason.
        namespace_ends: the namespace is being deleted, and the test with it.
        conclusion: once the report is stored.
    """

    now: float
    wish: Wish
    status: PoolLoadTestStatus
    ahead: tuple[str, ...] = ()
    plan_exists: bool = False
    frozen: PoolLoadTest | None = None
    target: TargetSeen | None = None
    job_exists: bool = False
    failed_indexes: frozenset[int] = frozenset()
    pods: tuple[PodSeen, ...] = ()
    job_trouble: str = ""
    runners: Mapping[int, RunnerSeen] = field(default_factory=dict)
    latecomers: frozenset[int] = frozenset()
    stored: frozenset[int] = frozenset()
    cleaned_up: bool = False
    start_skew_seconds: float | None = None
    known_tokens: frozenset[str] = frozenset()
    fresh_tokens: Tokens = NO_TOKENS
    refused: str = ""
    hindered: str = ""
    live: Live | None = None
    database: Database = Database()
    refused_pushes: Mapping[str, int] = field(default_factory=dict)
    namespace_ends: bool = False
    conclusion: Conclusion | None = None

    @property
    def document(self) -> PoolLoadTest:
        """The document the run goes by.

        Raises:
            LookupError: there is none, so there is no run to decide about.
        """
        document = self.frozen or self.wish.document
        if document is None:
            raise LookupError("a run without a document")
        return document

    @property
    def has_document(self) -> bool:
        """Whether there is a document that this version can read."""
        return self.frozen is not None or self.wish.document is not None

    @property
    def expected(self) -> frozenset[int]:
        """The indexes of all runners."""
        return frozenset(range(self.document.spec.runners.replicas))
