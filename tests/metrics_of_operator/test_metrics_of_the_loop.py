"""What the reconcile loop counts, as a Prometheus reads it."""

import time
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from purreal import __version__
from purreal_operator.cluster.errors import Conflict, Gone, Invalid, QuotaExceeded, Unavailable
from purreal_operator.decide.observation import Observation, Wish
from purreal_operator.metrics.census import GRACE_SECONDS
from purreal_operator.metrics.operator_metrics import OperatorMetrics
from purreal_operator.status.model import PoolLoadTestStatus, RunnersStatus
from purreal_operator.status.moments import moment
from purreal_operator.status.words import Phase, Reason
from purreal_runner.document import parse_document
from purreal_runner.judge.verdict import Verdict
from tests.metrics_of_operator.exposed import PROCESS

NOW = 1_800_000_000.0
DOCUMENT = parse_document(
    "apiVersion: purreal.dev/v1alpha1\nkind: PoolLoadTest\nmetadata: {name: shop}\nspec:\n"
    "  load: {closed: {workers: 3}, stop: {operations: 30}}\n"
    "  deadlines: {targetSeconds: 10, readySeconds: 20, runSeconds: 3000, collectSeconds: 30}\n",
    "test",
)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def metrics(clock: Clock) -> OperatorMetrics:
    return OperatorMetrics(dict, wall_clock=clock, clock=clock)


def value(metrics: OperatorMetrics, name: str, **labels: str) -> float:
    """The one sample of this name and these labels."""
    families = text_string_to_metric_families(metrics.text().decode())
    samples = [sample for family in families for sample in family.samples]
    [found] = [each.value for each in samples if each.name == name and each.labels == labels]
    return found


def seen(phase: Phase | None, **status: Any) -> Observation:
    known = PoolLoadTestStatus(phase=phase, phase_since=moment(NOW), **status)
    return Observation(now=NOW, wish=Wish(1, DOCUMENT), status=known)


def test_tests_are_counted_by_their_phase(metrics):
    metrics.census.tell("ns/a", seen(None))
    metrics.census.tell("ns/b", seen(Phase.RUNNING))
    metrics.census.tell("ns/c", seen(Phase.RUNNING))
    metrics.census.tell("ns/c", seen(Phase.FINISHED))
    metrics.census.tell("ns/d", seen(Phase.FINISHED))
    metrics.census.forget("ns/d")

    counts = {phase: value(metrics, "purreal_operator_tests", phase=phase) for phase in Phase}

    expected = {Phase.PENDING: 1, Phase.RUNNING: 1, Phase.FINISHED: 1}
    assert counts == dict.fromkeys(Phase, 0) | expected


def test_only_those_that_wait_for_others_are_waiting(metrics):
    metrics.census.tell("ns/a", seen(Phase.PENDING, reason=Reason.SPEC_ACCEPTED))
    metrics.census.tell("ns/b", seen(Phase.PENDING, reason=Reason.WAITING_FOR_TARGET))

    assert value(metrics, "purreal_operator_tests_waiting") == 1


def test_runners_are_those_of_active_runs(metrics):
    runners = RunnersStatus(expected=5, ready=4, lost=(1, 3))
    metrics.census.tell("ns/a", seen(Phase.RUNNING, runners=runners))
    metrics.census.tell("ns/b", seen(Phase.COLLECTING, runners=runners))
    metrics.census.tell("ns/c", seen(Phase.FINISHED, runners=runners))

    assert value(metrics, "purreal_operator_runners_expected") == 10
    assert value(metrics, "purreal_operator_runners_ready") == 8
    assert value(metrics, "purreal_operator_runners_lost") == 4


@pytest.mark.parametrize(
    ("phase", "limit"),
    [
        (Phase.PREPARING, 10),
        (Phase.STARTING, 20),
        (Phase.RUNNING, 3000),
        (Phase.COLLECTING, 30),
    ],
)
def test_a_test_is_overdue_some_time_after_the_deadline_of_its_phase(metrics, clock, phase, limit):
    metrics.census.tell("ns/a", seen(phase))

    clock.now = NOW + limit + GRACE_SECONDS
    assert value(metrics, "purreal_operator_tests_overdue", phase=phase) == 0
    clock.now += 1
    assert value(metrics, "purreal_operator_tests_overdue", phase=phase) == 1


def test_the_deadline_of_a_load_counts_from_its_start(metrics, clock):
    metrics.census.tell("ns/a", seen(Phase.RUNNING, starts_at=moment(NOW + 500)))

    clock.now = NOW + 3000 + GRACE_SECONDS + 499
    assert value(metrics, "purreal_operator_tests_overdue", phase=Phase.RUNNING) == 0
    clock.now += 2
    assert value(metrics, "purreal_operator_tests_overdue", phase=Phase.RUNNING) == 1


def test_looks_are_timed_and_the_last_good_one_is_dated(metrics, clock):
    with metrics.look():
        clock.now += 2
    ended = clock.now
    with pytest.raises(Unavailable), metrics.look():
        _fail_late(clock)

    assert value(metrics, "purreal_operator_reconcile_duration_seconds_count") == 2
    assert value(metrics, "purreal_operator_reconcile_duration_seconds_sum") == 22
    assert value(metrics, "purreal_operator_reconcile_duration_seconds_bucket", le="2.5") == 1
    last = value(metrics, "purreal_operator_last_successful_reconcile_timestamp_seconds")
    assert last == ended


def _fail_late(clock: Clock) -> None:
    clock.now += 20
    raise Unavailable("no answer")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Conflict("changed"), "Conflict"),
        (Gone("deleted"), "Gone"),
        (QuotaExceeded("full"), "QuotaExceeded"),
        (Invalid("bad"), "Invalid"),
        (RuntimeError("a bug"), "Unexpected"),
    ],
)
def test_errors_are_counted_by_their_kind_from_zero(metrics, error, kind):
    assert value(metrics, "purreal_operator_reconcile_errors_total", kind=kind) == 0

    with pytest.raises(type(error)), metrics.look():
        raise error

    assert value(metrics, "purreal_operator_reconcile_errors_total", kind=kind) == 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Conflict("changed"), "conflict"),
        (Invalid("not an allowed value"), "refused"),
        (Unavailable("no answer"), "failed"),
        (Gone("deleted"), "failed"),
    ],
)
def test_writes_that_do_not_succeed_are_counted_by_why(metrics, error, outcome):
    with pytest.raises(type(error)), metrics.failed_writes():
        raise error

    assert value(metrics, "purreal_operator_status_writes_total", outcome=outcome) == 1
    assert value(metrics, "purreal_operator_status_writes_total", outcome="written") == 0


def test_a_status_that_lost_fields_is_not_counted_as_written(metrics):
    status = PoolLoadTestStatus(run=1, phase=Phase.RUNNING)

    metrics.status_written(status, status, whole=False)
    metrics.status_written(status, status, whole=True)

    assert value(metrics, "purreal_operator_status_writes_total", outcome="incomplete") == 1
    assert value(metrics, "purreal_operator_status_writes_total", outcome="written") == 1


def test_each_run_is_counted_once_when_it_is_finished(metrics):
    collecting = PoolLoadTestStatus(run=1, phase=Phase.COLLECTING)
    ended = {"verdict": Verdict.FAILED, "reason": Reason.THRESHOLDS_MISSED}
    first = PoolLoadTestStatus(run=1, phase=Phase.FINISHED, **ended)
    second = PoolLoadTestStatus(run=2, phase=Phase.FINISHED, **ended)

    metrics.status_written(collecting, first, whole=True)
    metrics.status_written(first, first, whole=True)
    assert _finished(metrics, Reason.THRESHOLDS_MISSED) == 1

    metrics.status_written(first, second, whole=True)
    assert _finished(metrics, Reason.THRESHOLDS_MISSED) == 2


@pytest.mark.parametrize("verdict", Verdict)
def test_ends_of_every_verdict_are_counted_from_zero(metrics, verdict):
    reasons = {
        Verdict.PASSED: Reason.THRESHOLDS_MET,
        Verdict.COMPLETED: Reason.NO_THRESHOLDS,
        Verdict.FAILED: Reason.THRESHOLDS_MISSED,
        Verdict.INCONCLUSIVE: Reason.GENERATOR_LIMITED,
        Verdict.CANCELLED: Reason.CANCELLED,
        Verdict.ERROR: Reason.RUNNERS_LOST,
    }

    labels = {"verdict": verdict, "reason": reasons[verdict]}
    assert value(metrics, "purreal_operator_runs_finished_total", **labels) == 0


def _finished(metrics: OperatorMetrics, reason: str) -> float:
    name = "purreal_operator_runs_finished_total"
    return value(metrics, name, verdict=Verdict.FAILED, reason=reason)


def test_a_reason_that_nobody_knows_makes_no_series_of_its_own(metrics):
    before = PoolLoadTestStatus(run=1, phase=Phase.COLLECTING)
    after = PoolLoadTestStatus(
        run=1, phase=Phase.FINISHED, verdict=Verdict.FAILED, reason="Strange"
    )

    metrics.status_written(before, after, whole=True)

    assert _finished(metrics, "Other") == 1


def test_events_are_counted_and_the_last_one_is_dated(metrics, clock):
    metrics.event_heard()
    clock.now += 5
    metrics.event_heard()

    assert value(metrics, "purreal_operator_watch_events_total") == 2
    assert value(metrics, "purreal_operator_last_watch_event_timestamp_seconds") == NOW + 5


def test_the_version_is_told(metrics):
    assert value(metrics, "purreal_operator_build_info", version=__version__) == 1


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells it")
def test_the_process_is_told(metrics):
    assert {name for name in PROCESS if value(metrics, name) > 0} == PROCESS
    assert value(metrics, "process_start_time_seconds") <= time.time()


def test_two_operators_in_one_process_share_nothing(metrics):
    other = OperatorMetrics(dict)
    other.event_heard()

    assert value(metrics, "purreal_operator_watch_events_total") == 0
