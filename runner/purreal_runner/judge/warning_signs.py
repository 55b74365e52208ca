"""Owns the guide's five warning signs; says what is wrong, not what to do about it."""

from enum import StrEnum

from purreal_runner.judge import wording
from purreal_runner.judge.memory import MemoryFindings
from purreal_runner.measure.data import Data
from purreal_runner.measure.merge import Merged

HIGH_P99_SECONDS = 0.100
_MOST_LOGGERS = 3


class Sign(StrEnum):
    """The guide's warning signs."""

    FAILED_OPERATIONS = "FailedOperations"
    HIGH_P99_LATENCY = "HighP99Latency"
    FULL_UTILIZATION = "FullUtilization"
    ERRORS_IN_LOGS = "ErrorsInLogs"
    MEMORY_GROWTH = "MemoryGrowth"


class WarningSign(Data):
    """One warning sign that was seen, with the numbers behind it."""

    sign: Sign
    message: str


def warning_signs(merged: Merged, memory: MemoryFindings) -> tuple[WarningSign, ...]:
    """The signs of the guide that this run shows, in the guide's order."""
    found = {
        Sign.FAILED_OPERATIONS: _failed_operations(merged),
        Sign.HIGH_P99_LATENCY: _high_p99(merged),
        Sign.FULL_UTILIZATION: _full_utilization(merged),
        Sign.ERRORS_IN_LOGS: _errors_in_logs(merged),
        Sign.MEMORY_GROWTH: memory.message,
    }
    return tuple(WarningSign(sign=sign, message=words) for sign, words in found.items() if words)


def _failed_operations(merged: Merged) -> str:
    failed = merged.counts.failed + merged.counts.timed_out
    if not failed:
        return ""
    by_kind: dict[str, int] = {}
    for error in merged.errors:
        by_kind[error.kind] = by_kind.get(error.kind, 0) + error.count
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in by_kind.items())
    issued = wording.count(merged.counts.issued, "operation")
    return f"{failed:,} of {issued} failed or timed out (errors: {kinds})"


def _high_p99(merged: Merged) -> str:
    p99 = merged.distributions.acquire.percentile_seconds(99)
    if p99 is None or p99 <= HIGH_P99_SECONDS:
        return ""
    return f"P99 of the wait for a lease is {wording.seconds(p99)}, above 100 ms: starvation"


def _full_utilization(merged: Merged) -> str:
    full = merged.full_pools
    if not full:
        return ""
    waiting = sum(pool.peak_waiting for pool in full)
    pools = (
        "the pool was"
        if len(merged.pools) == 1
        else f"{len(full)} of {len(merged.pools)} pools were"
    )
    leases = sum(pool.max_size for pool in full)
    lent = "its only lease was lent" if leases == 1 else f"all {leases:,} leases lent at once"
    queue = f", {wording.count(waiting, 'caller')} waiting at worst" if waiting else ""
    return f"{pools} used up: {lent}{queue}"


def _errors_in_logs(merged: Merged) -> str:
    total = sum(merged.logs.values())
    if not total:
        return ""
    loudest = sorted(merged.logs.items(), key=lambda item: (-item[1], item[0]))
    named = ", ".join(f"{name} {count:,}" for name, count in loudest[:_MOST_LOGGERS])
    more = ", …" if len(loudest) > _MOST_LOGGERS else ""
    return f"{wording.count(total, 'log record')} at WARNING or above ({named}{more})"
