"""Owns adding up the parts of one run without loss; judges nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from purreal_runner.measure.errors import ErrorCount
from purreal_runner.measure.health import ProcessHealth
from purreal_runner.measure.histogram import Distribution
from purreal_runner.measure.part import (
    PART_VERSION,
    BreakdownRow,
    Counts,
    Distributions,
    Measurements,
    Part,
    PoolRecord,
)
from purreal_runner.measure.series import Series


class Merged(Measurements):
    """All pools of one run together.

    Each `peak_…` adds up the pools' own peaks: exact for one pool, an upper bound for several.
    `started` is of the first part, `ended` of the last one.
    """

    pools: tuple[PoolRecord, ...] = ()
    processes: tuple[ProcessHealth, ...] = ()

    @property
    def seconds(self) -> float:
        """From the first part's start to the last part's end."""
        return max(0.0, self.ended - self.started)

    @property
    def throughput(self) -> float:
        """Operations that succeeded, per second."""
        return self.counts.succeeded / self.seconds if self.seconds else 0.0

    @property
    def success_ratio(self) -> float | None:
        """Succeeded of all that ended by themselves; None when none did.

        Cancelled operations are left out: whoever stopped the load stopped them.
        """
        ended = self.counts.finished - self.counts.cancelled
        return self.counts.succeeded / ended if ended else None

    @property
    def peak_used(self) -> int:
        """The most leases lent at once, each pool's own peak added up."""
        return sum(pool.peak.used for pool in self.pools)

    @property
    def peak_open(self) -> int:
        """The leases that existed at those moments."""
        return sum(pool.peak.open for pool in self.pools)

    @property
    def peak_sockets(self) -> int:
        """The most sockets open at once, each pool's own peak added up."""
        return sum(pool.peak_sockets for pool in self.pools)

    @property
    def lends(self) -> str | None:
        """What a lease was: `session`, `connection` or `mixed`; None where no pool had one."""
        kinds = {pool.lends for pool in self.pools} - {None}
        return "mixed" if len(kinds) > 1 else next(iter(kinds), None)

    @property
    def peak_waiting(self) -> int:
        """The longest queues, each pool's own added up."""
        return sum(pool.peak_waiting for pool in self.pools)

    @property
    def full_pools(self) -> tuple[PoolRecord, ...]:
        """The pools that lent all they may lend."""
        return tuple(pool for pool in self.pools if pool.full)

    @property
    def starved(self) -> bool:
        """Whether a pool had lent all that it may lend and callers waited for more."""
        return any(pool.peak_waiting for pool in self.full_pools)

    @property
    def opened_under_load(self) -> int:
        """How many more leases existed at peak use than before the load."""
        return sum(max(0, p.peak.open - p.before_load.open) for p in self.pools)

    @property
    def max_size(self) -> int:
        """The most leases that all pools may have together."""
        return sum(pool.max_size for pool in self.pools)

    @property
    def utilization(self) -> float | None:
        """Peak used of the most that may be used; None before anything was read."""
        return self.peak_used / self.max_size if self.max_size else None


def merge(parts: Iterable[Part]) -> Merged:
    """Add up the parts of one run, in any order, exactly: bucket by bucket, count by count.

    Raises:
        ValueError: no parts, a part of another schema version, or the same pool twice.
    """
    ordered = sorted(parts, key=lambda part: part.index)
    _refuse_unmergeable(ordered)
    by_process = {part.process: part for part in ordered}
    return Merged(
        started=min(part.started for part in ordered),
        ended=max(part.ended for part in ordered),
        peak_concurrent=sum(part.peak_concurrent for part in ordered),
        counts=_counts([part.counts for part in ordered]),
        errors=_errors([error for part in ordered for error in part.errors]),
        distributions=_distributions([part.distributions for part in ordered]),
        breakdown=_breakdown([row for part in ordered for row in part.breakdown]),
        series=Series.beside((part.series, part.process) for part in ordered),
        pools=tuple(part.pool for part in ordered),
        processes=tuple(part.health for part in by_process.values()),
        logs=_logs([part.logs for part in by_process.values()]),
    )


def _refuse_unmergeable(parts: Sequence[Part]) -> None:
    if not parts:
        raise ValueError("there are no parts to merge: no pool has reported")
    for part in parts:
        if part.schema_version != PART_VERSION:
            raise ValueError(
                f"pool {part.index} reports in version {part.schema_version}, "
                f"this program reads {PART_VERSION}; use the same version for all runners"
            )
    twice = [index for index, count in Counter(part.index for part in parts).items() if count > 1]
    if twice:
        raise ValueError(f"pool {twice[0]} reported twice; its operations would count double")


def _counts(parts: Sequence[Counts]) -> Counts:
    return Counts(
        issued=sum(part.issued for part in parts),
        succeeded=sum(part.succeeded for part in parts),
        failed=sum(part.failed for part in parts),
        timed_out=sum(part.timed_out for part in parts),
        cancelled=sum(part.cancelled for part in parts),
    )


def _errors(errors: Sequence[ErrorCount]) -> tuple[ErrorCount, ...]:
    merged: dict[tuple[str, str], ErrorCount] = {}
    for error in errors:
        key = (error.kind, error.type)
        before = merged.get(key)
        count = error.count + (before.count if before else 0)
        merged[key] = (before or error).model_copy(update={"count": count})
    return tuple(sorted(merged.values(), key=lambda each: (-each.count, each.type)))


def _distributions(parts: Sequence[Distributions]) -> Distributions:
    return Distributions(
        acquire=Distribution.merge(part.acquire for part in parts),
        query=Distribution.merge(part.query for part in parts),
        operation=Distribution.merge(part.operation for part in parts),
        database=Distribution.merge(part.database for part in parts),
        rest=Distribution.merge(part.rest for part in parts),
    )


def _breakdown(rows: Sequence[BreakdownRow]) -> tuple[BreakdownRow, ...]:
    by_bucket: defaultdict[int, list[BreakdownRow]] = defaultdict(list)
    for row in rows:
        by_bucket[row.bucket].append(row)
    return tuple(
        BreakdownRow(
            bucket=bucket,
            count=sum(row.count for row in same),
            acquire_ns=sum(row.acquire_ns for row in same),
            database_ns=sum(row.database_ns for row in same),
            total_ns=sum(row.total_ns for row in same),
        )
        for bucket, same in sorted(by_bucket.items())
    )


def _logs(parts: Sequence[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(sorted(total.items()))
