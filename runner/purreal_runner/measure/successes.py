"""Owns how long operations that succeeded took, and where their time went; knows no clock."""

from collections.abc import Sequence
from operator import sub

from purreal_runner.measure.backlog import Backlog
from purreal_runner.measure.histogram import ZERO_INDEX, Distribution, bucket_indexes
from purreal_runner.measure.part import BreakdownRow


class Successes:
    """Counts operations that succeeded, many at once: one by one costs twice as much.

    Attributes:
        database: the server's own time of each operation.
        rest: what neither waiting for a lease nor the database explains.
    """

    __slots__ = ("_longest_ns", "_rows", "_shortest_ns", "database", "rest")

    def __init__(self) -> None:
        self.database = Backlog()
        self.rest = Backlog()
        self._rows: dict[int, list[int]] = {}
        self._shortest_ns: int | None = None
        self._longest_ns: int | None = None

    def count(self, figures: Sequence[int]) -> None:
        """Count operations, each by three figures in nanoseconds: total, acquire and database.

        `database` and `rest` take theirs in, and count when they are told to.
        """
        if not figures:
            return
        totals, acquires, databases = (figures[place::3] for place in range(3))
        self.database.extend(databases)
        # Requests side by side in one operation can add up to more than it took: no rest then.
        self.rest.extend(map(sub, map(sub, totals, acquires), databases))
        self._note_extremes(min(totals), max(totals))
        rows = self._rows
        each = zip(bucket_indexes(totals), totals, acquires, databases, strict=True)
        for bucket, total_ns, acquire_ns, database_ns in each:
            row = rows.get(bucket)
            if row is None:
                rows[bucket] = [1, acquire_ns, database_ns, total_ns]
                continue
            row[0] += 1
            row[1] += acquire_ns
            row[2] += database_ns
            row[3] += total_ns

    def _note_extremes(self, shortest_ns: int, longest_ns: int) -> None:
        if self._shortest_ns is None or shortest_ns < self._shortest_ns:
            self._shortest_ns = shortest_ns
        if self._longest_ns is None or longest_ns > self._longest_ns:
            self._longest_ns = longest_ns

    def operation(self) -> Distribution:
        """How long all of them took."""
        counts = {bucket: row[0] for bucket, row in sorted(self._rows.items())}
        return Distribution(
            zero_count=counts.pop(ZERO_INDEX, 0),
            sum_ns=sum(row[3] for row in self._rows.values()),
            min_ns=self._shortest_ns,
            max_ns=self._longest_ns,
            buckets=tuple(counts.items()),
        )

    def breakdown(self) -> tuple[BreakdownRow, ...]:
        """Where the time went, by bucket of the operation's duration, the quickest first."""
        return tuple(
            BreakdownRow(
                bucket=bucket,
                count=count,
                acquire_ns=acquire_ns,
                database_ns=database_ns,
                total_ns=total_ns,
            )
            for bucket, (count, acquire_ns, database_ns, total_ns) in sorted(self._rows.items())
        )
