"""The tests there are, as gauges; told by the reconcile loop, read by whoever asks for metrics."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from purreal_operator.decide.observation import Observation
from purreal_operator.decide.steps import starts_at
from purreal_operator.status.model import RunnersStatus
from purreal_operator.status.moments import epoch
from purreal_operator.status.words import ACTIVE_PHASES, Phase, Reason
from purreal_runner.document.model import PoolLoadTestSpec

GRACE_SECONDS = 300.0
"""A phase may do so much after its deadline: drop tables, store a report again and again."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One test; `due_at` is when its phase should be over, in seconds since 1970."""

    phase: Phase
    waits: bool
    due_at: float | None
    runners: RunnersStatus


class Census(Collector):
    """Counts tests and the runners of active runs.

    Args:
        wall_clock: seconds since 1970.
    """

    def __init__(self, wall_clock: Callable[[], float]) -> None:
        self._wall_clock = wall_clock
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}

    def tell(self, test: str, seen: Observation) -> None:
        """A test was looked at; `test` tells it from all others."""
        status = seen.status
        phase = status.phase or Phase.PENDING
        entry = _Entry(
            phase=phase,
            waits=phase is Phase.PENDING and status.reason == Reason.WAITING_FOR_TARGET,
            due_at=_due_at(seen),
            runners=status.runners if phase in ACTIVE_PHASES else RunnersStatus(),
        )
        with self._lock:
            self._entries[test] = entry

    def forget(self, test: str) -> None:
        """It is gone."""
        with self._lock:
            self._entries.pop(test, None)

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges; from any thread."""
        with self._lock:
            entries = list(self._entries.values())
        now = self._wall_clock()
        tests = GaugeMetricFamily(
            "purreal_operator_tests", "PoolLoadTests by phase.", labels=["phase"]
        )
        overdue = GaugeMetricFamily(
            "purreal_operator_tests_overdue",
            f"PoolLoadTests still in a phase {GRACE_SECONDS:g} s after its deadline.",
            labels=["phase"],
        )
        for phase in Phase:
            here = [entry for entry in entries if entry.phase is phase]
            tests.add_metric([phase], len(here))
            if phase in ACTIVE_PHASES:
                late = sum(entry.due_at is not None and now > entry.due_at for entry in here)
                overdue.add_metric([phase], late)
        yield tests
        yield overdue
        yield GaugeMetricFamily(
            "purreal_operator_tests_waiting",
            "PoolLoadTests that wait for others on the same target.",
            value=sum(entry.waits for entry in entries),
        )
        yield from _runners([entry.runners for entry in entries])


def _runners(all_runners: list[RunnersStatus]) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "purreal_operator_runners_expected",
        "Runner pods that active runs should have.",
        value=sum(runners.expected for runners in all_runners),
    )
    yield GaugeMetricFamily(
        "purreal_operator_runners_ready",
        "Runner pods of active runs that were ready at the same time.",
        value=sum(runners.ready for runners in all_runners),
    )
    yield GaugeMetricFamily(
        "purreal_operator_runners_lost",
        "Runner pods of active runs that were lost after the start.",
        value=sum(len(runners.lost) for runners in all_runners),
    )


def _due_at(seen: Observation) -> float | None:
    """When the present phase should be over at the latest; None where nothing limits it."""
    phase, since = seen.status.phase, seen.status.phase_since
    if phase not in ACTIVE_PHASES or since is None or not seen.has_document:
        return None
    begun = (starts_at(seen) if phase is Phase.RUNNING else None) or epoch(since)
    return begun + _limit_seconds(phase, seen.document.spec) + GRACE_SECONDS


def _limit_seconds(phase: Phase | None, spec: PoolLoadTestSpec) -> float:
    if phase is Phase.PREPARING:
        return spec.deadlines.target_seconds
    if phase is Phase.STARTING:
        return spec.deadlines.ready_seconds
    return spec.run_seconds if phase is Phase.RUNNING else spec.deadlines.collect_seconds
