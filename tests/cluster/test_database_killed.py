"""The database goes away under load and comes back: pools recover, and the status says it all."""

from typing import Any

from purreal_operator.status.model import PoolLoadTestStatus
from purreal_operator.status.words import ConditionType
from purreal_runner.report.model import Report
from tests.cluster.disturbed_run import Run, kill, outcome, start, thinking
from tests.cluster.fake_database import STATEFUL_SET, crash_fake_database, start_fake_database
from tests.cluster.kubectl import Kubectl

OPERATIONS = 6_000  # at 25 ms and 10 workers 15 s, and as much longer as the database is away
LAST_SECONDS = 1.0


def spec(**more: Any) -> dict[str, Any]:
    """Two runners with a load that ends after the database is back."""
    usual = {
        "runners": {"replicas": 2},
        "pool": {"minSize": 2, "maxSize": 8, "acquireTimeoutSeconds": 1},
        "workload": thinking(20),
        "load": {"closed": {"workers": 10}, "stop": {"operations": OPERATIONS}},
    }
    return usual | more


def test_pools_recover_when_the_pod_of_the_ephemeral_database_is_replaced(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    run = start(namespace, "replaced", spec())
    run.until_loaded()

    kill(namespace, run.names.target_pod)

    status = run.finish()
    assert status.target.disturbed == "1 pod gone or replaced"
    assert status.target.least_ready == 0
    assert_recovered(run, status)


def test_pools_recover_when_the_database_restarts_in_its_pod(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    start_fake_database(namespace, "constant:5ms")
    run = start(namespace, "restarted", spec(target=STATEFUL_SET))
    run.until_loaded()

    crash_fake_database(namespace)

    status = run.finish()
    before, last = status.target.before, status.target.last
    assert before is not None
    assert last is not None
    assert (before.restarts, last.restarts, last.pods) == (0, 1, before.pods)
    assert status.target.disturbed == "1 container restart"
    assert_recovered(run, status)


def assert_recovered(run: Run, status: PoolLoadTestStatus) -> None:
    """Errors were counted, all sums agree, and at the end operations succeeded again."""
    assert status.verdict == "Completed", status.message
    counts = status.operations
    assert counts.failed + counts.timed_out > 0
    assert counts.issued == OPERATIONS
    assert outcome(status, ConditionType.RESULTS_COMPLETE) == ("True", "AllReported")
    assert outcome(status, ConditionType.RESULTS_CONSISTENT) == ("True", "SumsAgree")
    report = run.report()
    assert report.on_cluster is not None
    assert report.on_cluster.target.disturbed == status.target.disturbed
    assert sum(error.count for error in report.errors) == counts.failed + counts.timed_out
    assert completed_at_the_end(report) > 0


def completed_at_the_end(report: Report) -> int:
    """Operations that succeeded in the last second of the load."""
    series = report.pool.series
    return sum(point.completed for point in series.points[-round(LAST_SECONDS / series.seconds) :])
