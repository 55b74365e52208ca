"""Owns turning measurements and facts into a report by asking the judges; renders nothing."""

from purreal_runner.judge.advice import Circumstances, give_advice
from purreal_runner.judge.facts import RunFacts
from purreal_runner.judge.generator import look_at_generator, mark_generator_limited
from purreal_runner.judge.grade import grade_rows
from purreal_runner.judge.memory import look_at_memory
from purreal_runner.judge.thresholds import judge_thresholds
from purreal_runner.judge.verdict import give_verdict
from purreal_runner.judge.warning_signs import warning_signs
from purreal_runner.judge.where_time_went import where_time_went
from purreal_runner.measure.histogram import Distribution
from purreal_runner.measure.merge import Merged
from purreal_runner.report.model import (
    Effective,
    Latencies,
    Latency,
    Limits,
    Operations,
    PoolUse,
    Report,
    Run,
    Target,
)


def build_report(facts: RunFacts, merged: Merged | None) -> Report:
    """Judge a run and put everything that is to be said about it into one report.

    Args:
        facts: what was to be done, and how it ended.
        merged: the measurements of all pools; None when the run could not be done.
    """
    merged = merged or Merged()
    measured = merged.counts.issued > 0
    # Before the first operation a process only starts, which says nothing about its load.
    generator = look_at_generator(merged.processes if measured else ())
    memory = look_at_memory(merged, facts.pool)
    thresholds = mark_generator_limited(
        judge_thresholds(facts.thresholds, merged), generator, starved=merged.starved
    )
    verdict, reason = give_verdict(
        thresholds,
        issued=merged.counts.issued,
        error=facts.error,
        interrupted=facts.interrupted,
        deliberate_stress=facts.deliberate_stress is not None,
    )
    grade = grade_rows(merged) if facts.scenario is not None and measured else ()
    circumstances = Circumstances(
        merged=merged,
        pool=facts.pool,
        memory=memory,
        graded=bool(grade),
        deliberate_faults=bool(facts.faults),
    )
    return Report(
        name=facts.name,
        verdict=verdict,
        reason=reason,
        run=_run(facts),
        target=_target(facts),
        limits=_limits(facts),
        effective=_effective(facts, merged),
        thresholds=thresholds,
        operations=operations_of(merged),
        duration_seconds=merged.seconds,
        throughput=merged.throughput,
        peak_concurrent=merged.peak_concurrent,
        latencies=latencies_of(merged),
        where_time_went=where_time_went(merged, generator),
        pool=_pool_use(merged),
        grade=grade,
        warning_signs=warning_signs(merged, memory),
        advice=give_advice(circumstances),
        errors=merged.errors,
        logs=merged.logs,
        generator=generator,
        distributions=merged.distributions,
    )


def _run(facts: RunFacts) -> Run:
    return Run(
        scenario=facts.scenario,
        workload=facts.workload,
        workers=facts.workers,
        operations=facts.operations,
        duration_seconds=facts.duration_seconds,
        warm_up_seconds=facts.warm_up_seconds,
        seed=facts.seed,
        faults=facts.faults,
        deliberate_stress=facts.deliberate_stress,
        interrupted=facts.interrupted,
        loop=facts.loop,
        started_at=facts.started_at,
        notes=facts.notes,
    )


def _target(facts: RunFacts) -> Target:
    target = facts.target
    return Target(kind=target.kind, version=target.version, endpoint=target.endpoint)


def _limits(facts: RunFacts) -> Limits:
    return Limits(
        min_size=facts.pool.min_size,
        max_size=facts.pool.max_size,
        max_lifetime_seconds=facts.pool.max_lifetime,
        max_idle_time_seconds=facts.pool.max_idle_time,
        acquire_timeout_seconds=facts.pool.acquire_timeout,
    )


def _effective(facts: RunFacts, merged: Merged) -> Effective:
    workers = facts.workers
    return Effective(
        pools=facts.pools,
        processes=facts.processes,
        workers_per_pool=None if workers is None else -(-workers // facts.pools),
        fewest_workers_per_pool=None if workers is None else workers // facts.pools,
        max_leases=facts.pools * facts.pool.max_size,
        peak_leases=merged.peak_used,
        peak_sockets=merged.peak_sockets,
        lend=merged.lends.capitalize() if merged.lends else facts.pool.lend,
    )


def operations_of(merged: Merged) -> Operations:
    """The exact accounting of all pools together."""
    counts = merged.counts
    return Operations(
        issued=counts.issued,
        succeeded=counts.succeeded,
        failed=counts.failed,
        timed_out=counts.timed_out,
        cancelled=counts.cancelled,
        unfinished=counts.in_flight,
        success_ratio=merged.success_ratio,
    )


def latencies_of(merged: Merged) -> Latencies:
    """What the distributions of all pools together say."""
    return Latencies(
        acquire=_latency(merged.distributions.acquire),
        query=_latency(merged.distributions.query),
        operation=_latency(merged.distributions.operation),
    )


def _latency(distribution: Distribution) -> Latency:
    return Latency(
        count=distribution.count,
        min=distribution.min_seconds,
        max=distribution.max_seconds,
        mean=distribution.mean_seconds,
        p50=distribution.percentile_seconds(50),
        p95=distribution.percentile_seconds(95),
        p99=distribution.percentile_seconds(99),
    )


def _pool_use(merged: Merged) -> PoolUse:
    return PoolUse(
        peak_open=merged.peak_open,
        peak_used=merged.peak_used,
        peak_waiting=merged.peak_waiting,
        utilization=merged.utilization,
        series=merged.series,
        pools=merged.pools,
    )
