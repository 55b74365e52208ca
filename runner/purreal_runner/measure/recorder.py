"""Owns measuring the operations of one pool's run; knows neither workloads nor how load is made."""

import dataclasses
import time
from collections.abc import Callable, Mapping

from pydantic.alias_generators import to_camel

from purreal_runner.measure.health import ProcessHealth
from purreal_runner.measure.operation import Operation
from purreal_runner.measure.part import LENDS, Part, PoolPeak, PoolRecord
from purreal_runner.measure.queue_watch import QueueWatch
from purreal_runner.measure.sampled import SampledOperation, SampledSpan, Sampler
from purreal_runner.measure.series import Point, Series, SeriesRecorder
from purreal_runner.measure.tally import Tally
from purreal_runner.measure.views import PoolReadings

_NEVER_NS = 2**63
TIDY_EVERY = 512
"""So many operations: counting durations in bulk costs less for each the more they are, and each
time holds up the event loop for half a millisecond."""


class Recorder:
    """Measures one pool's run.

    Args:
        index: which pool this is, from 0; merging refuses two parts with the same index.
        process: which worker process it runs in, so that memory is counted once per process.
        clock: monotonic nanoseconds; tests bring their own.
        origin_ns: the agreed start of the run on that clock; absent: the call of `start()`.
    """

    def __init__(
        self,
        index: int = 0,
        *,
        process: int = 0,
        clock: Callable[[], int] = time.monotonic_ns,
        origin_ns: int | None = None,
    ) -> None:
        self.index = index
        self.process = process
        self.clock = clock
        self.in_flight = 0
        self.held = self.recently_held = 0
        self._origin_ns = origin_ns
        self._read_pool: Callable[[], PoolReadings] | None = None
        self._what_it_lends: Callable[[], str | None] = lambda: None
        self._sampler: Sampler | None = None
        self._next_sampled_ns = _NEVER_NS
        self.start()

    def watch(
        self,
        read_pool: Callable[[], PoolReadings],
        what_it_lends: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Read the pool (pass `pool.stats`) at the begin and the end of the measured interval, and
        whenever more leases than ever are held at once; with its statistics, keep what it lends."""
        self._read_pool = read_pool
        self._what_it_lends = what_it_lends

    def start(self) -> None:
        """Begin the measured interval: everything before was warm-up and is dropped."""
        self.tally = Tally(self.in_flight)
        self._series = SeriesRecorder()
        self._sampled = (0, 0)
        self.recently_held = self.held
        self._rss_bytes = 0
        self._peak = PoolPeak()
        self._queue = QueueWatch()
        self._max_size = 0
        self._after_load: PoolPeak | None = None
        self._settled_seconds = 0.0
        self._final: dict[str, int | float | str | None] = {}
        self._start_ns = self.clock()
        self._stop_ns: int | None = None
        self._before_load = PoolPeak()
        if self._read_pool is not None:
            stats = self._read_pool()
            self._queue = QueueWatch(stats.peak_waiting)
            self._before_load = self._notice(stats)

    def stop(self) -> None:
        """End the measured interval, at the moment when the last operation ended.

        What ended since the last sample joins the history, so it accounts for every operation.
        """
        if self._read_pool is not None:
            self.sample(self._read_pool(), rss_bytes=self._rss_bytes)
        self._stop_ns = self.clock()

    def begin(self) -> Operation:
        """An operation begins, and with it the wait for its lease. End it exactly once."""
        tally = self.tally
        tally.issued = issued = tally.issued + 1
        if not issued % TIDY_EVERY:
            tally.tidy()
        in_flight = self.in_flight
        if in_flight - self.held > self._queue.others:  # a call each time would cost more
            self._queue.notice_others(in_flight - self.held)
        self.in_flight = in_flight = in_flight + 1
        if in_flight > tally.peak_concurrent:
            tally.peak_concurrent = in_flight
        began_ns = self.clock()
        if began_ns >= self._next_sampled_ns:
            return self._begin_sampled(tally, began_ns)
        return Operation(self, tally, began_ns)

    def trace(self, trace_id: str) -> None:
        """From now on, let some operations leave spans in the trace with that id (32 hexadecimal
        digits); see `Sampler` for which ones."""
        now_ns = self.clock()
        self._sampler = Sampler(trace_id, self.index, unix_offset_ns=time.time_ns() - now_ns)
        self._next_sampled_ns = now_ns

    def _begin_sampled(self, tally: Tally, began_ns: int) -> Operation:
        if self._sampler is None:
            raise AssertionError("an operation is sampled for no trace")
        self._next_sampled_ns = self._sampler.next_after(began_ns)
        return SampledOperation(self, tally, began_ns, self._sampler)

    def take_spans(self) -> tuple[SampledSpan, ...]:
        """The spans of sampled operations that ended since the last call."""
        return () if self._sampler is None else self._sampler.take()

    def slowest_spans(self) -> tuple[SampledSpan, ...]:
        """The spans of the slowest sampled operations, whether they were taken or not."""
        return () if self._sampler is None else self._sampler.slowest()

    def sample(
        self, stats: PoolReadings, *, rss_bytes: int = 0, loop_lag_seconds: float = 0.0
    ) -> None:
        """Add the pool's present gauges to the history; call it about four times a second."""
        reading = self._notice(stats)
        tally = self.tally
        tally.tidy()
        failures = tally.failed + tally.timed_out
        completed, failed = self._sampled
        point = Point(
            completed=tally.succeeded - completed,
            failed=failures - failed,
            open=reading.open,
            used=max(reading.used, min(self.recently_held, reading.open)),
            waiting=self._queue.take_longest(),
            rss_bytes=rss_bytes,
            loop_lag_seconds=loop_lag_seconds,
        )
        self._sampled = (tally.succeeded, failures)
        self.recently_held = self.held
        self._rss_bytes = rss_bytes
        self._series.add((self.clock() - self._start_ns) / 1e9, point)

    def sample_after_load(self, stats: PoolReadings) -> None:
        """Keep the pool's state after the load: what has not come back then may be a leak."""
        self._after_load = PoolPeak(open=stats.open, used=stats.leased)
        now_ns = self.clock()
        ended_ns = now_ns if self._stop_ns is None else self._stop_ns
        self._settled_seconds = (now_ns - ended_ns) / 1e9
        self._final = self._statistics(stats)

    def notice_more_held(self) -> None:
        """More leases than ever are held: read the pool at this very moment."""
        self.tally.peak_held = self.held
        if self._read_pool is not None:
            self._notice(self._read_pool())

    def _notice(self, stats: PoolReadings) -> PoolPeak:
        reading = PoolPeak(open=stats.open, used=stats.leased)
        if (reading.used, reading.open) > (self._peak.used, self._peak.open):
            self._peak = reading
        self._queue.read(stats)
        self._max_size = stats.max_size
        return reading

    def part(
        self, health: ProcessHealth | None = None, logs: Mapping[str, int] | None = None
    ) -> Part:
        """Everything measured so far, ready to be sent and merged.

        Args:
            health: of the process, from `ProcessWatch.health()`.
            logs: WARNING and above by logger, from `ProcessWatch.logs()`.
        """
        origin_ns = self._start_ns if self._origin_ns is None else self._origin_ns
        end_ns = self.clock() if self._stop_ns is None else self._stop_ns
        return Part(
            index=self.index,
            process=self.process,
            started=(self._start_ns - origin_ns) / 1e9,
            ended=(end_ns - origin_ns) / 1e9,
            peak_concurrent=self.tally.peak_concurrent,
            counts=self.tally.counts(),
            errors=self.tally.errors(),
            distributions=self.tally.distributions(),
            breakdown=self.tally.breakdown(),
            series=self._series.series(),
            pool=self._pool_record(),
            health=health or ProcessHealth(),
            logs=dict(logs or {}),
        )

    def snapshot(
        self, health: ProcessHealth | None = None, logs: Mapping[str, int] | None = None
    ) -> Part:
        """As `part`, of a load that goes on: with the pool as it is now, without the history."""
        part = self.part(health, logs)
        if self._read_pool is None or part.pool.final:
            return part.model_copy(update={"series": Series()})
        pool = part.pool.model_copy(update={"final": self._statistics(self._read_pool())})
        return part.model_copy(update={"series": Series(), "pool": pool})

    def _statistics(self, stats: PoolReadings) -> dict[str, int | float | str | None]:
        lends = self._what_it_lends()
        return _fields_of(stats) | ({LENDS: lends} if lends else {})

    def _pool_record(self) -> PoolRecord:
        return PoolRecord(
            max_size=self._max_size,
            peak=self._peak,
            peak_waiting=self._queue.longest,
            peak_concurrent=self.tally.peak_concurrent,
            before_load=self._before_load,
            after_load=self._after_load,
            settled_seconds=self._settled_seconds,
            final=self._final,
        )


def _fields_of(stats: object) -> dict[str, int | float | str | None]:
    if dataclasses.is_dataclass(stats) and not isinstance(stats, type):
        return {to_camel(name): value for name, value in dataclasses.asdict(stats).items()}
    return {}
