"""Owns the running sums of one measured interval; knows no clock, no task and no pool."""

from purreal_runner.measure.backlog import Backlog
from purreal_runner.measure.errors import ErrorCount, ErrorKind, error_kind, example_of, type_name
from purreal_runner.measure.part import BreakdownRow, Counts, Distributions
from purreal_runner.measure.successes import Successes

_MOST_TYPES = 200
OTHER_TYPES = "other types"
"""Under which errors are counted once there are too many types of them; a part stays small."""


class Tally:
    """Counts, durations, errors and the breakdown of the operations begun in one interval.

    An operation keeps the tally it began in, so operations of the warm-up never reach the
    measured one, however late they end.

    Durations are taken in at the price of an append. `tidy` counts some of those that wait, and
    whoever asks for the sums gets all of them counted.

    Attributes:
        acquire, query: durations in nanoseconds.
        figures: of operations that succeeded and are not counted yet: total, acquire and database
            in nanoseconds, again and again, without an object for each operation.
    """

    __slots__ = (
        "_errors",
        "_successes",
        "acquire",
        "cancelled",
        "failed",
        "figures",
        "issued",
        "peak_concurrent",
        "peak_held",
        "query",
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
        self.acquire = Backlog()
        self.query = Backlog()
        self.figures: list[int] = []
        self._successes = Successes()
        self._errors: dict[tuple[ErrorKind, str], list[int | str]] = {}

    def tidy(self) -> None:
        """Count a part of what waits: all of it would hold up the event loop."""
        self._count_figures()
        backlogs = (self.acquire, self.query, self._successes.database, self._successes.rest)
        max(backlogs, key=len).count()

    def _count_figures(self) -> None:
        self._successes.count(self.figures)
        self.figures.clear()

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
        """How long everything took, all of it counted."""
        self._count_figures()
        return Distributions(
            acquire=self.acquire.distribution(),
            query=self.query.distribution(),
            operation=self._successes.operation(),
            database=self._successes.database.distribution(),
            rest=self._successes.rest.distribution(),
        )

    def breakdown(self) -> tuple[BreakdownRow, ...]:
        """Where the time went, by bucket of the operation's duration, the quickest first."""
        self._count_figures()
        return self._successes.breakdown()
