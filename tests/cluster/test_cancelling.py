"""A cancelled test ends, says so, keeps what was measured, and gives back what it used."""

from typing import Any

import pytest

from tests.cluster.kubectl import Kubectl
from tests.cluster.runs import (
    NO_IMAGE,
    NOT_THERE,
    cancel,
    condition,
    eventually,
    load_test,
    report_of,
    status_of,
    verdict_and_reason,
    wait_for_end,
    wait_for_phase,
    wait_until_left,
)

CANCELLED_WITHIN = 60.0
"""Half of `collectSeconds`: nobody waits for results that can't come."""


@pytest.mark.parametrize(
    ("phase", "spec"),
    [("Preparing", {"target": NOT_THERE}), ("Starting", {"runners": NO_IMAGE})],
    ids=["preparing", "starting"],
)
def test_a_test_that_is_cancelled_before_its_load_ends_without_one(
    cluster: Kubectl, namespace: Kubectl, phase: str, spec: dict[str, Any]
) -> None:
    namespace.apply(load_test(**spec))
    wait_for_phase(namespace, phase)

    cancel(namespace)
    status = wait_for_end(namespace, seconds=CANCELLED_WITHIN)

    assert_cancelled(status)
    assert status["operations"]["issued"] == 0
    complete = condition(status, "ResultsComplete")
    assert (complete["status"], complete["message"]) == ("False", "no load ran")
    wait_until_left(namespace, {"PoolLoadTest/shop", "ConfigMap/shop-1-report"})


def test_a_load_that_is_cancelled_is_reported_as_far_as_it_came(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    namespace.apply(load_test(seconds=300, runners={"replicas": 2}))
    eventually(lambda: issued(status_of(namespace)), seconds=90.0)

    cancel(namespace)
    status = wait_for_end(namespace, seconds=CANCELLED_WITHIN)

    assert_cancelled(status)
    assert condition(status, "ResultsComplete")["status"] == "True"
    assert condition(status, "ResultsConsistent")["status"] == "True"
    operations = status["operations"]
    ended = sum(operations[how] for how in ("succeeded", "failed", "timedOut", "cancelled"))
    assert operations["issued"] == ended
    assert operations["succeeded"] > 0
    reported = report_of(namespace, status)
    assert reported["verdict"] == "Cancelled"
    assert reported["operations"]["issued"] == operations["issued"]
    wait_until_left(namespace, {"PoolLoadTest/shop", "ConfigMap/shop-1-report"})


def test_runners_that_are_called_off_just_before_the_start_are_not_lost(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    namespace.apply(load_test(seconds=300, runners={"replicas": 2}))
    wait_for_phase(namespace, "Running")  # three seconds before the load

    cancel(namespace)
    status = wait_for_end(namespace, seconds=CANCELLED_WITHIN)

    assert_cancelled(status)
    assert condition(status, "ResultsComplete")["status"] == "True"
    assert status["runners"]["lost"] == []
    wait_until_left(namespace, {"PoolLoadTest/shop", "ConfigMap/shop-1-report"})


def test_a_test_that_is_cancelled_from_the_start_makes_nothing(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    namespace.apply(load_test(desiredState="Cancelled"))

    status = wait_for_end(namespace, seconds=CANCELLED_WITHIN)

    assert_cancelled(status)
    wait_until_left(namespace, {"PoolLoadTest/shop"})


def issued(status: dict[str, Any]) -> int:
    """Operations that began so far."""
    count: int = status.get("operations", {}).get("issued", 0)
    return count


def assert_cancelled(status: dict[str, Any]) -> None:
    """The end is one, and no success."""
    assert verdict_and_reason(status) == ("Cancelled", "Cancelled")
    succeeded = condition(status, "Succeeded")
    assert (succeeded["status"], succeeded["reason"]) == ("False", "Cancelled")
    assert "desiredState" in succeeded["message"] + status.get("endingMessage", "")
