"""Owns what one pool's run produces: numbers that can be sent elsewhere and merged exactly."""

from typing import Final, Literal

from pydantic import Field

from purreal_runner.measure.data import Data
from purreal_runner.measure.errors import ErrorCount
from purreal_runner.measure.health import ProcessHealth
from purreal_runner.measure.histogram import Distribution
from purreal_runner.measure.series import Series

PART_VERSION: Literal[1] = 1
LENDS: Final = "lends"
_LENDABLE: Final = ("session", "connection")


class Counts(Data):
    """Operations that began in the measured interval, by how they ended.

    `issued` equals the sum of the others plus those still in flight when the part was taken.
    """

    issued: int = 0
    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    cancelled: int = 0

    @property
    def finished(self) -> int:
        """Operations that ended, in whatever way."""
        return self.succeeded + self.failed + self.timed_out + self.cancelled

    @property
    def in_flight(self) -> int:
        """Operations that had begun and not ended."""
        return self.issued - self.finished


class Distributions(Data):
    """Durations by what they measure.

    `acquire`: each wait for a lease, with those that ended in a timeout. `query`: each request,
    from sending it to its reply or timeout. `operation`, `database`, `rest`: of the operations that
    succeeded: the whole, the server's own time of all statements, and what neither waiting for
    a lease nor the database explains.
    """

    acquire: Distribution = Distribution()
    query: Distribution = Distribution()
    operation: Distribution = Distribution()
    database: Distribution = Distribution()
    rest: Distribution = Distribution()


class BreakdownRow(Data):
    """Where the time of all succeeded operations went whose duration fell into one bucket."""

    bucket: int
    count: int
    acquire_ns: int
    database_ns: int
    total_ns: int


class PoolPeak(Data):
    """The pool at the moment when most of its leases were lent."""

    open: int = 0
    used: int = 0

    @property
    def free(self) -> int:
        """Leases that existed and were not lent at that moment."""
        return self.open - self.used


class PoolRecord(Data):
    """One pool's gauges in the measured interval, and its statistics over its whole life.

    `peak` is at peak use, `peak_waiting` the longest queue, `peak_concurrent` the most operations
    under way. `final` are the pool's own statistics since it was opened, warm-up included.
    `before_load` and `after_load` are (open, used) leases when the interval began and after the
    load had ended; `settled_seconds` is how long after the load the last one was taken.
    Beside its statistics, `final` says what the pool lent.
    """

    max_size: int = 0
    peak: PoolPeak = PoolPeak()
    peak_waiting: int = 0
    peak_concurrent: int = 0
    before_load: PoolPeak = PoolPeak()
    after_load: PoolPeak | None = None
    settled_seconds: float = 0.0
    final: dict[str, int | float | str | None] = Field(default_factory=dict)

    @property
    def peak_sockets(self) -> int:
        """The most sockets that were open at once, as the pool itself counted them."""
        counted = self.final.get("peakSockets")
        return int(counted) if isinstance(counted, (int, float)) else 0

    @property
    def lends(self) -> str | None:
        """What a lease was: `session` or `connection`; None where the pool never had one."""
        told = self.final.get(LENDS)
        return told if isinstance(told, str) and told in _LENDABLE else None

    @property
    def full(self) -> bool:
        """Whether the pool had lent all that it may lend."""
        return bool(self.max_size) and self.peak.used >= self.max_size

    @property
    def demand(self) -> int:
        """The leases that would have been lent at once, had there been enough.

        Lent and waiting have their peaks at different times (a pool that still connects has the
        longest queue), and each operation holds one lease: their number is the limit.
        """
        return max(self.peak.used, min(self.peak.used + self.peak_waiting, self.peak_concurrent))


class Measurements(Data):
    """What is measured of one pool's run and of several together.

    `started`/`ended`: seconds since the agreed start. `logs`: records at WARNING or above by
    logger.
    """

    started: float = 0.0
    ended: float = 0.0
    peak_concurrent: int = 0
    counts: Counts = Counts()
    errors: tuple[ErrorCount, ...] = ()
    distributions: Distributions = Distributions()
    breakdown: tuple[BreakdownRow, ...] = ()
    series: Series = Series()
    logs: dict[str, int] = Field(default_factory=dict)


class Part(Measurements):
    """Everything one pool's run produced."""

    schema_version: Literal[1] = PART_VERSION
    index: int = 0
    process: int = 0
    pool: PoolRecord = PoolRecord()
    health: ProcessHealth = ProcessHealth()
