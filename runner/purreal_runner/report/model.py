"""Owns the one model of a run's result, as JSON with a schema version; computes nothing."""

from typing import Literal

from pydantic import Field

from purreal_runner.exit_codes import ExitCode
from purreal_runner.judge.advice import Advice
from purreal_runner.judge.generator import GeneratorFindings
from purreal_runner.judge.grade import GradeRow
from purreal_runner.judge.thresholds import ThresholdResult
from purreal_runner.judge.verdict import Verdict
from purreal_runner.judge.warning_signs import WarningSign
from purreal_runner.judge.where_time_went import WhereTimeWent
from purreal_runner.measure.data import Data
from purreal_runner.measure.errors import ErrorCount
from purreal_runner.measure.part import Distributions, PoolRecord
from purreal_runner.measure.series import Series
from purreal_runner.report.on_cluster import OnCluster

SCHEMA_VERSION: Literal[1] = 1


class Run(Data):
    """What was to be done. Durations are seconds; None where the run had no such setting."""

    scenario: str | None = None
    workload: str = ""
    workers: int | None = None
    operations: int | None = None
    duration_seconds: float | None = None
    warm_up_seconds: float = 0.0
    seed: int | None = None
    faults: tuple[str, ...] = ()
    deliberate_stress: str | None = None
    interrupted: bool = False
    loop: str = "asyncio"
    started_at: str | None = None
    notes: tuple[str, ...] = ()


class Target(Data):
    """The database under load."""

    kind: str
    version: str = ""
    endpoint: str = ""


class Limits(Data):
    """The limits of EACH pool: leases and seconds."""

    min_size: int
    max_size: int
    max_lifetime_seconds: float | None = None
    max_idle_time_seconds: float | None = None
    acquire_timeout_seconds: float | None = None


class Effective(Data):
    """What the settings came to: pools, workers of each, most and peak leases over all pools.

    `lend` is what a lease was: `Session`, `Connection`, or `Mixed` where pools differed; where no
    pool ever had one, what was asked for. `peak_sockets` adds up the pools' own peaks.
    `workers_per_pool` is the most that a pool has; `fewest_workers_per_pool` is one less where the
    workers can't be divided evenly.
    """

    pools: int
    processes: int
    workers_per_pool: int | None = None
    fewest_workers_per_pool: int | None = None
    max_leases: int
    peak_leases: int
    peak_sockets: int = 0
    lend: str


class Operations(Data):
    """Exact accounting: `issued` is the sum of the others.

    `unfinished` is zero unless the run was torn down with operations in flight.
    `success_ratio` leaves cancelled and unfinished operations out; None when nothing ended.
    """

    issued: int
    succeeded: int
    failed: int
    timed_out: int
    cancelled: int
    unfinished: int = 0
    success_ratio: float | None = None

    @property
    def not_succeeded(self) -> int:
        """What the guide's layouts call failed: everything issued that did not succeed."""
        return self.issued - self.succeeded


class Latency(Data):
    """A distribution in seconds; `count` values, all None when there are none."""

    count: int = 0
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


class Latencies(Data):
    """Waits for a lease, requests, and whole operations."""

    acquire: Latency = Latency()
    query: Latency = Latency()
    operation: Latency = Latency()


class PoolUse(Data):
    """The pools together: leases at peak use, and their history.

    `peak_open`/`peak_used`: leases that existed and were lent when most were lent.
    `peak_waiting`: the longest queue. Each adds up the pools' own peaks, whenever they were.
    `utilization`: peak used of the most that may be used.
    """

    peak_open: int = 0
    peak_used: int = 0
    peak_waiting: int = 0
    utilization: float | None = None
    series: Series = Series()
    pools: tuple[PoolRecord, ...] = ()

    @property
    def peak_free(self) -> int:
        """Leases that existed at peak use and were not lent."""
        return self.peak_open - self.peak_used


class Report(Data):
    """Everything there is to say about one run."""

    schema_version: Literal[1] = SCHEMA_VERSION
    name: str
    verdict: Verdict
    reason: str
    run: Run
    target: Target
    limits: Limits
    effective: Effective
    thresholds: tuple[ThresholdResult, ...] = ()
    operations: Operations
    duration_seconds: float
    throughput: float
    peak_concurrent: int
    latencies: Latencies = Latencies()
    where_time_went: WhereTimeWent = WhereTimeWent()
    pool: PoolUse = PoolUse()
    grade: tuple[GradeRow, ...] = ()
    warning_signs: tuple[WarningSign, ...] = ()
    advice: tuple[Advice, ...] = ()
    errors: tuple[ErrorCount, ...] = ()
    logs: dict[str, int] = Field(default_factory=dict)
    generator: GeneratorFindings = GeneratorFindings()
    distributions: Distributions = Distributions()
    on_cluster: OnCluster | None = None

    def exit_code(self) -> ExitCode:
        """What a process that reports this run ends with."""
        return self.verdict.exit_code
