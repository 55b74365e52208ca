"""Owns the running sums of one measured interval; knows no clock, no task and no pool."""

from purreal_runner.measure.errors import ErrorCount, ErrorKind, error_kind, example_of, type_name
from purreal_runner.measure.histogram import Histogram, bucket_index
from purreal_runner.measure.part import BreakdownRow, Counts, Distributions

_MOST_TYPES = 200
OTHER_TYPES = "other types"
"""Under which errors are counted once there are too many types of them; a part stays small."""


class Tally:
    """Counts, histograms, errors and the breakdown of the operations begun in one interval.

    An operation keeps the tally it began in, so operations of the warm-up never reach the
    measured one, however late they end.
    """

    __slots__ = (
        "_breakdown",
        "_errors",
        "acquire",
        "cancelled",
        "database",
        "failed",
        "issued",
        "operation",
        "peak_concurrent",
        "peak_held",
        "query",
        "rest",
        "succeeded",
        "timed_out",
    )

    def __init__(self, in_flight: int = 0) -> None:
        self.issued = 0
        self.succeeded = 0
        self.failed = 0
        self.timed_out = 0
        self.cancelled = 0
        self.peak_concurrent = in_flight
        self.peak_held = 0
        self.acquire = Histogram()
        self.query = Histogram()
        self.operation = Histogram()
        self.database = Histogram()
        self.rest = Histogram()
        self._errors: dict[tuple[ErrorKind, str], list[int | str]] = {}
        self._breakdown: dict[int, list[int]] = {}

    def add_success(self, total_ns: int, acquire_ns: int, database_ns: int) -> None:
        """Count one operation that succeeded, with where its time went."""
        self.succeeded += 1
        self.operation.record(total_ns)
        self.database.record(database_ns)
        # Requests side by side in one operation can add up to more than it took: no rest then.
        self.rest.record(total_ns - acquire_ns - database_ns)
        bucket = bucket_index(total_ns)
        row = self._breakdown.get(bucket)
        if row is None:
            self._breakdown[bucket] = [1, acquire_ns, database_ns, total_ns]
            return
        row[0] += 1
        row[1] += acquire_ns
        row[2] += database_ns
        row[3] += total_ns

    def add_error(self, error: BaseException) -> None:
        """Count what ended an operation; the first message of each type is kept."""
        kind = error_kind(error)
        key = (kind, type_name(error))
        if key not in self._errors and len(self._errors) >= _MOST_TYPES:
            key = (kind, OTHER_TYPES)
        entry = self._errors.get(key)
        if entry is None:
            self._errors[key] = [1, example_of(error)]
        else:
            entry[0] = int(entry[0]) + 1

    def counts(self) -> Counts:
        """How many operations began, and how they ended."""
        return Counts(
            issued=self.issued,
            succeeded=self.succeeded,
            failed=self.failed,
            timed_out=self.timed_out,
            cancelled=self.cancelled,
        )

    def errors(self) -> tuple[ErrorCount, ...]:
        """Errors by kind and type, the most frequent first."""
        found = [
            ErrorCount(kind=kind, type=name, count=int(count), example=str(example))
            for (kind, name), (count, example) in self._errors.items()
        ]
        return tuple(sorted(found, key=lambda each: (-each.count, each.type)))

    def distributions(self) -> Distributions:
        """The histograms, frozen."""
        return Distributions(
            acquire=self.acquire.distribution(),
            query=self.query.distribution(),
            operation=self.operation.distribution(),
            database=self.database.distribution(),
            rest=self.rest.distribution(),
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
            for bucket, (count, acquire_ns, database_ns, total_ns) in sorted(
                self._breakdown.items()
            )
        )
