"""Tells the report what a run was, apart from its measurements; measures and judges nothing."""

from dataclasses import dataclass

from purreal_runner.judge.facts import PoolFacts, RunFacts, TargetFacts
from purreal_runner.load.settings import RunSettings
from purreal_runner.load.target import ReadyTarget


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a run went.

    Attributes:
        started_at: ISO 8601, for people.
        processes: how many ran the pools.
        interrupted: somebody stopped it.
        problems: what makes the verdict Error.
        notes: what else there is to say.
    """

    started_at: str
    processes: int
    interrupted: bool
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def run_facts(settings: RunSettings, target: ReadyTarget, circumstances: Circumstances) -> RunFacts:
    """Everything the report has to know besides the numbers."""
    return RunFacts(
        name=settings.name,
        target=TargetFacts(target.kind, target.version, target.connection.url),
        pool=_pool(settings),
        scenario=settings.scenario,
        workload=settings.workload_name,
        pools=settings.pools,
        processes=circumstances.processes,
        workers=settings.workers,
        operations=settings.operations,
        duration_seconds=settings.seconds,
        warm_up_seconds=settings.warm_up_seconds,
        thresholds=settings.thresholds,
        seed=settings.seed,
        faults=_faults(settings),
        deliberate_stress=_stress(settings),
        interrupted=circumstances.interrupted,
        error="; ".join(circumstances.problems) or None,
        loop=settings.loop,
        started_at=circumstances.started_at,
        notes=circumstances.notes,
    )


def _pool(settings: RunSettings) -> PoolFacts:
    limits = settings.limits
    return PoolFacts(
        min_size=limits.min_size,
        max_size=limits.max_size,
        max_lifetime=limits.max_lifetime,
        max_idle_time=limits.max_idle_time,
        acquire_timeout=limits.acquire_timeout,
        lend=limits.lend.capitalize(),
    )


def _faults(settings: RunSettings) -> tuple[str, ...]:
    if settings.close_every is None:
        return ()
    return (f"the connection closed in the lease of every {settings.close_every:,}th operation",)


def _stress(settings: RunSettings) -> str | None:
    if not settings.cpu_stress:
        return None
    return f"{settings.cpu_stress} processes that keep processors busy (--cpu-stress)"
