"""What the reconcile loop did, counted for Prometheus; decides nothing and knows no cluster.

All of it may be read from another thread while the loop counts.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    generate_latest,
)

from purreal import __version__
from purreal_operator.cluster.errors import ClusterError, Conflict, Invalid
from purreal_operator.metrics.census import Census
from purreal_operator.metrics.receiver_counters import ReceiverCounters
from purreal_operator.status.model import PoolLoadTestStatus
from purreal_operator.status.words import Phase, Reason
from purreal_runner.judge.verdict import Verdict

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_LOOK_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_WRITE_OUTCOMES = ("written", "incomplete", "conflict", "refused", "failed")
_USUAL_ENDS = (
    (Verdict.PASSED, Reason.THRESHOLDS_MET),
    (Verdict.COMPLETED, Reason.NO_THRESHOLDS),
    (Verdict.FAILED, Reason.THRESHOLDS_MISSED),
    (Verdict.INCONCLUSIVE, Reason.GENERATOR_LIMITED),
    (Verdict.CANCELLED, Reason.CANCELLED),
)
_UNEXPECTED = "Unexpected"
_OTHER = "Other"


class OperatorMetrics:
    """The metrics of one operator, in a registry of its own.

    Args:
        receiver_counters: the receiver's counters at this moment, as (name, label) -> count.
        wall_clock: seconds since 1970.
        clock: monotonic seconds.

    Attributes:
        census: the tests there are.
    """

    def __init__(
        self,
        receiver_counters: Callable[[], Mapping[tuple[str, str], int]],
        *,
        wall_clock: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall_clock = wall_clock
        self._clock = clock
        self._registry = registry = CollectorRegistry()
        self.census = Census(wall_clock)
        registry.register(self.census)
        registry.register(ReceiverCounters(receiver_counters))
        ProcessCollector(registry=registry)
        Info("purreal_operator_build", "The version that runs.", registry=registry).info(
            {"version": __version__}
        )
        self._events = Counter(
            "purreal_operator_watch_events",
            "Events from the cluster about tests: made, changed, deleted.",
            registry=registry,
        )
        self._last_event = Gauge(
            "purreal_operator_last_watch_event_timestamp_seconds",
            "When the last such event came, in seconds since 1970; 0: none yet.",
            registry=registry,
        )
        self._look_seconds = Histogram(
            "purreal_operator_reconcile_duration_seconds",
            "Time of one look at a test, with all that follows from it.",
            buckets=_LOOK_SECONDS,
            registry=registry,
        )
        self._look_errors = Counter(
            "purreal_operator_reconcile_errors",
            "Looks that ended with an error and are repeated; Conflict and Gone are everyday.",
            ("kind",),
            registry=registry,
        )
        self._last_look = Gauge(
            "purreal_operator_last_successful_reconcile_timestamp_seconds",
            "When a look last ended without an error, in seconds since 1970; 0: none yet.",
            registry=registry,
        )
        self._writes = Counter(
            "purreal_operator_status_writes",
            "Statuses that were to be written, by what became of them.",
            ("outcome",),
            registry=registry,
        )
        self._finished = Counter(
            "purreal_operator_runs_finished",
            "Runs that got their verdict.",
            ("verdict", "reason"),
            registry=registry,
        )
        self._begin_at_zero()

    def _begin_at_zero(self) -> None:
        """A counter that appears with its first event hides it: nothing has increased then."""
        for kind in _error_kinds():
            self._look_errors.labels(kind)
        for outcome in _WRITE_OUTCOMES:
            self._writes.labels(outcome)
        for reason in Reason:
            self._finished.labels(Verdict.ERROR, reason)
        for verdict, usual in _USUAL_ENDS:
            self._finished.labels(verdict, usual)

    def text(self) -> bytes:
        """All metrics now, of `CONTENT_TYPE`; from any thread."""
        return generate_latest(self._registry)

    def event_heard(self) -> None:
        """The cluster has said that a test was made, changed or deleted."""
        self._events.inc()
        self._last_event.set(self._wall_clock())

    @contextmanager
    def look(self) -> Iterator[None]:
        """Time one look at a test, and count how it ends."""
        began = self._clock()
        try:
            yield
        except ClusterError as error:
            self._look_errors.labels(type(error).__name__).inc()
            raise
        except Exception:
            self._look_errors.labels(_UNEXPECTED).inc()
            raise
        else:
            self._last_look.set(self._wall_clock())
        finally:
            self._look_seconds.observe(self._clock() - began)

    @contextmanager
    def failed_writes(self) -> Iterator[None]:
        """Count a write of a status that does not succeed."""
        try:
            yield
        except Conflict:
            self._writes.labels("conflict").inc()
            raise
        except Invalid:
            self._writes.labels("refused").inc()
            raise
        except ClusterError:
            self._writes.labels("failed").inc()
            raise

    def status_written(
        self, before: PoolLoadTestStatus, after: PoolLoadTestStatus, *, whole: bool
    ) -> None:
        """Count a status that was written, and a run that is finished by it.

        Args:
            before: as it was stored.
            after: as it is stored now.
            whole: the cluster has left nothing out.
        """
        self._writes.labels("written" if whole else "incomplete").inc()
        known = before.phase is Phase.FINISHED and before.run == after.run
        if after.phase is Phase.FINISHED and after.verdict is not None and not known:
            reason = after.reason if after.reason in set(Reason) else _OTHER
            self._finished.labels(after.verdict, reason).inc()


def _error_kinds() -> Iterator[str]:
    waiting = [ClusterError]
    while waiting:
        kind = waiting.pop()
        yield kind.__name__
        waiting += kind.__subclasses__()
    yield _UNEXPECTED
