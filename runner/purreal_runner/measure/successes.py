"""Owns how long operations that succeeded took, and where their time went; knows no clock."""

from operator import sub

from purreal_runner.measure.backlog import Backlog
from purreal_runner.measure.histogram import ZERO_INDEX, Distribution, bucket_indexes
from purreal_runner.measure.part import BreakdownRow


class Successes:
    """Counts operations that succeeded, many at once.

    Whoever adds to `figures` also calls `count_figures` now and then, so that few wait.

    Attributes:
        figures: nanoseconds of operations that are not counted yet: total, acquire and database,
            again and again. An object for each operation would be the garbage collector's.
        database: the server's own time of each operation.
        rest: what neither waiting for a lease nor the database explains.
    """

    __slots__ = ("_longest_ns", "_rows", "_shortest_ns", "database", "figures", "rest")

    def __init__(self) -> None:
        self.figures: list[int] = []
        self.database = Backlog()
        self.rest = Backlog()
        self._rows: dict[int, list[int]] = {}
        self._shortest_ns: int | None = None
        self._longest_ns: int | None = None

    def count_figures(self) -> None:
        """Count the operations that wait; `database` and `rest` count in their own time."""
        if not self.figures:
            return
        totals, acquires, databases = (self.figures[place::3] for place in range(3))
        self.figures.clear()
        self.database.extend(databases)
        # Requests side by side in one operation can add up to more than it took: no rest then.
        self.rest.extend(map(sub, map(sub, totals, acquires), databases))
        self._note_extremes(min(totals), max(totals))
        rows = self._rows
        figures = zip(bucket_indexes(totals), totals, acquires, databases, strict=True)
        for bucket, total_ns, acquire_ns, database_ns in figures:
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
        self.count_figures()
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
        self.count_figures()
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
