"""What a second test does on a target that another one is loading."""

import pytest

from tests.cluster.disturbed_run import kill_operator
from tests.cluster.kubectl import Kubectl
from tests.cluster.runs import (
    NEEDS_OPERATOR,
    THE_DATABASE,
    cancel,
    condition,
    load_test,
    start_database,
    status_of,
    verdict_and_reason,
    wait_for_end,
    wait_for_phase,
)

pytestmark = NEEDS_OPERATOR


@pytest.fixture
def busy(cluster: Kubectl, namespace: Kubectl) -> Kubectl:
    """A namespace with a database of the user's own that the test `first` is loading.

    It does so for longer than anything here may last, and goes with the namespace at the latest.
    """
    start_database(namespace)
    namespace.apply(load_test("first", seconds=600, target=THE_DATABASE))
    wait_for_phase(namespace, "Running", "first")
    return namespace


def test_queue_waits_for_the_end_of_the_first(busy: Kubectl) -> None:
    busy.apply(load_test("second", seconds=2, target=THE_DATABASE))
    wait_for_phase(busy, "Pending", "second")
    waiting = status_of(busy, "second")

    cancel(busy, "first")
    first, second = wait_for_end(busy, "first"), wait_for_end(busy, "second")

    assert waiting["reason"] == "WaitingForTarget"
    assert f"{busy.namespace}/first" in waiting["message"]
    assert condition(waiting, "Finished")["status"] == "False"
    assert (first["verdict"], second["verdict"]) == ("Cancelled", "Completed")
    assert second["startsAt"] > first["finishedAt"]
    assert second["target"]["version"].startswith("surrealdb-")


def test_of_two_that_are_applied_together_only_one_runs_at_a_time(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    start_database(namespace)
    both = [load_test(name, seconds=2, target=THE_DATABASE) for name in ("one", "other")]
    namespace.apply({"apiVersion": "v1", "kind": "List", "items": both})

    ends = sorted(
        (wait_for_end(namespace, name) for name in ("one", "other")),
        key=lambda status: str(status["startsAt"]),
    )

    assert [status["verdict"] for status in ends] == ["Completed", "Completed"]
    assert ends[1]["startsAt"] > ends[0]["finishedAt"]


def test_a_queued_test_waits_on_and_runs_although_the_operator_is_killed(
    cluster: Kubectl, busy: Kubectl
) -> None:
    busy.apply(load_test("second", seconds=2, target=THE_DATABASE))
    wait_for_phase(busy, "Pending", "second")

    kill_operator(cluster)

    cancel(busy, "first")
    first, second = wait_for_end(busy, "first"), wait_for_end(busy, "second")
    assert (first["verdict"], second["verdict"]) == ("Cancelled", "Completed")
    assert second["startsAt"] > first["finishedAt"]


def test_refuse_ends_at_once_and_says_who_is_first(busy: Kubectl) -> None:
    busy.apply(load_test("second", target=THE_DATABASE, targetConcurrency="Refuse"))

    second = wait_for_end(busy, "second", seconds=20.0)

    assert verdict_and_reason(second) == ("Error", "TargetBusy")
    assert f"{busy.namespace}/first" in condition(second, "Succeeded")["message"]
    assert_undisturbed(busy, "first")


def test_allow_runs_beside_the_first(busy: Kubectl) -> None:
    busy.apply(load_test("second", seconds=2, target=THE_DATABASE, targetConcurrency="Allow"))

    second = wait_for_end(busy, "second")

    assert second["verdict"] == "Completed"
    assert_undisturbed(busy, "first")


def assert_undisturbed(namespace: Kubectl, name: str) -> None:
    """It runs, and nothing but our own wish ends it."""
    assert status_of(namespace, name)["phase"] == "Running"
    cancel(namespace, name)
    assert verdict_and_reason(wait_for_end(namespace, name)) == ("Cancelled", "Cancelled")
