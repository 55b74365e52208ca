"""Owns what judges and report are told about a run besides its measurements; measures nothing."""

from dataclasses import dataclass

from purreal_runner.document import Threshold


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """The database under load.

    Args:
        kind: `embedded`, `server` or `url`.
        version: as the database tells it, such as `surrealdb-3.3.5`.
        endpoint: its address, without secrets.
    """

    kind: str
    version: str = ""
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """The limits of EACH pool; sizes are leases, times are seconds, None means no limit.

    `lend` is what was asked for: `Auto`, `Session` or `Connection`.
    """

    min_size: int
    max_size: int
    max_lifetime: float | None = None
    max_idle_time: float | None = None
    acquire_timeout: float | None = None
    lend: str = "Auto"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What was to be done and how it went, apart from the numbers.

    Args:
        name: of the run, as in the document's metadata.
        target: the database.
        pool: the limits of each pool.
        scenario: one of the guide's (`Sustained` …); None for a mix or a Python workload.
        workload: in words, when it is not a scenario, such as `load.py:simulate_work`.
        pools: how many pools were made.
        processes: over how many processes they were spread.
        workers: concurrent workers, over all pools together.
        operations: how many were to be issued; None when a duration was the limit.
        duration_seconds: how long the load was to last; None when a count was the limit.
        warm_up_seconds: load before the measured interval.
        thresholds: the conditions for the verdict Passed.
        seed: of everything random in the workload.
        faults: injected on purpose, in words.
        deliberate_stress: other load put on the machine on purpose, in words.
        interrupted: someone stopped the run before its end (Ctrl-C, SIGTERM, cancelled).
        error: why the run could not be done, in one line; makes the verdict Error.
        loop: the event loop's implementation.
        started_at: wall-clock start in ISO 8601, for people.
        notes: more lines for the reader, such as that 5 pools share 2 processes.
    """

    name: str
    target: TargetFacts
    pool: PoolFacts
    scenario: str | None = None
    workload: str = ""
    pools: int = 1
    processes: int = 1
    workers: int | None = None
    operations: int | None = None
    duration_seconds: float | None = None
    warm_up_seconds: float = 0.0
    thresholds: tuple[Threshold, ...] = ()
    seed: int | None = None
    faults: tuple[str, ...] = ()
    deliberate_stress: str | None = None
    interrupted: bool = False
    error: str | None = None
    loop: str = "asyncio"
    started_at: str | None = None
    notes: tuple[str, ...] = ()
