"""Owns telling whether the load generator itself was the limit; knows nothing about the database.

A busy generator is normal: at full speed one event loop keeps one core busy, and what it adds
to the latencies a service would add too. It can only make numbers worse, so whatever is met is
met. It matters for a limit that is missed: then the miss may be the generator's, not the pool's.
"""

from collections.abc import Sequence

from purreal_runner.document import Metric, Unit
from purreal_runner.judge import wording
from purreal_runner.judge.thresholds import ThresholdResult
from purreal_runner.measure.data import Data
from purreal_runner.measure.health import ProcessHealth

SATURATED_CPU_SHARE = 0.9
"""From this share of one core on, an event loop can't send noticeably faster."""
THROTTLED_SHARE = 0.05
"""From this share of the time on, a container's processor quota distorts what is measured."""
LATE_SECONDS = 0.020
"""From this lag on, an event loop that is not busy itself deserves an explanation."""
_LOOP_PASSES = {"Acquire": 1, "Query": 1, "Operation": 2}
"""How many late wake-ups are in one value: an operation waits for a lease, then for a reply."""


class GeneratorFindings(Data):
    """How the busiest load-generating process fared, and what that means in one sentence.

    `cpu_share`: of one core. `lag_p95_seconds`: how late its event loop was, 95th percentile.
    `throttled_share`: of the time that its processor quota held it back, None where unknown.
    """

    cpu_share: float = 0.0
    lag_p95_seconds: float = 0.0
    throttled_share: float | None = None
    saturated: bool = False
    sentence: str = ""


def look_at_generator(processes: Sequence[ProcessHealth]) -> GeneratorFindings:
    """Sum up the health of the load-generating processes by the worst of each.

    Of none there is nothing to say: the findings have no sentence.
    """
    if not processes:
        return GeneratorFindings()
    cpu_share = max(each.cpu_share for each in processes)
    lags = [each.loop_lag.percentile_seconds(95) or 0.0 for each in processes]
    throttled = [
        each.throttled_seconds / each.wall_seconds
        for each in processes
        if each.throttled_seconds is not None and each.wall_seconds
    ]
    findings = GeneratorFindings(
        cpu_share=cpu_share,
        lag_p95_seconds=max(lags),
        throttled_share=max(throttled, default=None),
    )
    saturated = cpu_share >= SATURATED_CPU_SHARE or _is_throttled(findings)
    return findings.model_copy(
        update={"saturated": saturated, "sentence": _sentence(findings, saturated)}
    )


def mark_generator_limited(
    results: Sequence[ThresholdResult], generator: GeneratorFindings, *, starved: bool = False
) -> tuple[ThresholdResult, ...]:
    """Mark the missed thresholds that the generator explains.

    Args:
        results: of all thresholds.
        generator: how it fared.
        starved: a pool had lent all of its leases and callers waited for more.
    """
    return tuple(
        result.model_copy(
            update={"generator_limited": explains(result, generator, starved=starved)}
        )
        for result in results
    )


def explains(
    result: ThresholdResult, generator: GeneratorFindings, *, starved: bool = False
) -> bool:
    """Whether the generator, rather than pool or database, may have missed this limit.

    A latency: when the limit would be met without the generator's own lag, or its quota held it
    back; but not a wait for a lease when there were none left, which a quicker generator does not
    make more. A throughput: when the generator could not have sent faster. Nothing else: a failed
    operation is a failed operation.
    """
    if result.met or result.observed is None:
        return False
    if result.metric is Metric.THROUGHPUT:
        return generator.saturated
    if result.unit is not Unit.SECONDS:
        return False
    if starved and result.metric.startswith("Acquire"):
        return False
    passes = next(n for name, n in _LOOP_PASSES.items() if result.metric.startswith(name))
    without_lag = result.observed - passes * generator.lag_p95_seconds
    return _is_throttled(generator) or result.comparison.holds(without_lag, result.limit)


def _is_throttled(generator: GeneratorFindings) -> bool:
    return (generator.throttled_share or 0.0) >= THROTTLED_SHARE


def _sentence(findings: GeneratorFindings, saturated: bool) -> str:
    lag = wording.seconds(findings.lag_p95_seconds)
    busy = wording.share(findings.cpu_share)
    if _is_throttled(findings):
        held_back = wording.share(findings.throttled_share or 0.0)
        return (
            f"the load generator's processor quota held it back {held_back} of the time: "
            "raise the quota"
        )
    if saturated:
        return (
            f"the load generator kept {busy} of a core busy, its event loop ran {lag} late (p95): "
            "latencies include that; more processes would send faster"
        )
    words = f"the load generator used {busy} of a core, its event loop ran {lag} late (p95)"
    if findings.lag_p95_seconds >= LATE_SECONDS:
        return (
            f"{words}, and latencies include that: replies that come all at once, other work on "
            "this machine and the workload's own code hold it up"
        )
    return words
