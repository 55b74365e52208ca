"""Apply again is run again: what asks for the next run, what waits, what is kept or refused."""

from typing import Any

from tests.cluster.kubectl import Kubectl
from tests.cluster.runs import (
    NOT_THERE,
    condition,
    eventually,
    load_test,
    report_of,
    status_of,
    wait_for_end,
    wait_for_phase,
    wait_until_left,
)

AGAIN = "purreal.dev/rerun-at"


def test_a_changed_spec_runs_again_and_waiting_for_it_is_not_answered_by_the_run_before(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    namespace.apply(load_test())
    first = wait_for_end(namespace)

    namespace.apply(load_test(pool={"minSize": 2, "maxSize": 3}))
    second = wait_for_end(namespace)

    assert (first["run"], second["run"]) == (1, 2)
    assert second["effective"]["maxLeases"] == 3
    assert {each["observedGeneration"] for each in second["conditions"]} == {2}
    assert_both_are_kept(namespace, first, second)


def test_the_annotation_repeats_an_unchanged_test_once_for_each_value(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    namespace.apply(load_test())
    first = wait_for_end(namespace)
    namespace.apply(load_test())  # unchanged: nothing to do

    namespace.run("annotate", "plt", "shop", f"{AGAIN}=noon")
    second = wait_for_run(namespace, 2)
    namespace.run("annotate", "plt", "shop", f"{AGAIN}=noon", "--overwrite")
    namespace.patch("plt", "shop", {"spec": {"retention": {"ttlSecondsAfterFailure": 999}}})

    namespace.wait("plt/shop", "jsonpath={.status.observedGeneration}=2", seconds=20.0)
    assert status_of(namespace)["run"] == 2
    assert second["specHash"] == first["specHash"]
    assert_both_are_kept(namespace, first, second)


def test_a_repeat_that_is_asked_for_during_a_run_waits_for_its_end(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    namespace.apply(load_test())
    wait_for_phase(namespace, "Running")

    namespace.run("annotate", "plt", "shop", f"{AGAIN}=noon")
    second = wait_for_run(namespace, 2)

    earlier = second["history"][1]
    assert (earlier["run"], earlier["verdict"]) == (1, "Completed")
    assert earlier["finishedAt"] <= second["startedAt"]


def test_an_active_run_keeps_its_spec_but_can_be_cancelled_and_forgotten(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    namespace.apply(load_test(target=NOT_THERE))
    wait_for_phase(namespace, "Preparing")

    refused = namespace.attempt_apply(load_test(target=NOT_THERE, seconds=4))

    assert refused.returncode != 0
    assert (
        "spec can't change while a run is active, except desiredState and retention: wait for "
        "phase Finished, or set desiredState: Cancelled first"
    ) in refused.stderr
    forget = {"ttlSecondsAfterFailure": 2}
    namespace.apply(load_test(target=NOT_THERE, desiredState="Cancelled", retention=forget))
    wait_until_left(namespace, set())


def test_a_test_that_succeeded_is_deleted_after_its_retention(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    namespace.apply(load_test(retention={"ttlSecondsAfterSuccess": 6}))

    status = wait_for_end(namespace)

    assert status["verdict"] == "Completed"
    assert report_of(namespace, status)["verdict"] == "Completed"
    wait_until_left(namespace, set())


def wait_for_run(namespace: Kubectl, number: int) -> dict[str, Any]:
    """Wait until that run is over; the condition alone may be of the one before."""

    def over() -> dict[str, Any] | None:
        status = status_of(namespace)
        return status if (status["run"], status["phase"]) == (number, "Finished") else None

    return eventually(over, seconds=90.0)


def assert_both_are_kept(namespace: Kubectl, first: dict[str, Any], second: dict[str, Any]) -> None:
    """Both summaries are in the status, both reports in the namespace."""
    assert [entry["run"] for entry in second["history"]] == [2, 1]
    assert second["history"][1] == first["history"][0]
    for status in (first, second):
        assert condition(status, "Succeeded")["status"] == "True"
        assert (
            report_of(namespace, status)["operations"]["issued"] == status["operations"]["issued"]
        )
    reports = {"ConfigMap/shop-1-report", "ConfigMap/shop-2-report"}
    wait_until_left(namespace, {"PoolLoadTest/shop", *reports})
