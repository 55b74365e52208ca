"""Tests that can't begin end by themselves, soon, and say in words what kept them from it."""

import asyncio
from typing import Any

import pytest

from tests.cluster.kubectl import Kubectl, Manifest
from tests.cluster.runs import (
    NEEDS_OPERATOR,
    NO_IMAGE,
    NOT_THERE,
    THE_DATABASE,
    condition,
    events_of,
    load_test,
    mix,
    nowhere,
    start_database,
    verdict_and_reason,
    wait_for_end,
    wait_until_left,
)
from tests.cluster.stage import limit

SHORT = {"targetSeconds": 10, "readySeconds": 10}
SOON = 60.0
PREFLIGHT = 25.0
"""The runner's ten seconds, and the start of its pod on a machine that is busy."""


def test_a_runner_image_that_can_not_be_pulled_is_named(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    namespace.apply(load_test(runners=NO_IMAGE, target=nowhere(), deadlines=SHORT))

    status = ends_in_error(namespace, "RunnersNotReady")

    words = condition(status, "RunnersReady")["message"]
    assert "0 of 1 runners are ready" in words
    assert "deadlines.readySeconds: 10" in words
    assert_told(namespace, status, words)
    for telling in (words, *warnings(namespace, "RunnerTrouble")):
        assert "localhost/not-there:1" in telling
        assert "ImagePull" in telling


@NEEDS_OPERATOR
@pytest.mark.parametrize(
    "endpoint",
    ["ws://127.0.0.1:9", "ws://no-such-name.invalid:8000"],
    ids=["closed-port", "no-name"],
)
def test_a_target_that_nobody_answers_at_is_found_out_before_the_start(
    cluster: Kubectl, namespace: Kubectl, endpoint: str
) -> None:
    target = {"type": "URL", "url": {"endpoint": endpoint}}
    namespace.apply(load_test(target=target, targetConcurrency="Allow"))

    status = ends_in_error(namespace, "TargetUnreachable", within=PREFLIGHT)

    ready = condition(status, "TargetReady")
    assert (ready["status"], ready["reason"]) == ("False", "TargetUnreachable")
    assert endpoint in ready["message"]
    assert_told(namespace, status, ready["message"])


@NEEDS_OPERATOR
def test_a_wrong_password_is_found_out_before_the_start(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    start_database(namespace)
    wrong = {"username": "root", "password": "not-the-one"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "wrong"}}
    namespace.apply({**secret, "stringData": wrong})
    namespace.apply(load_test(target={**THE_DATABASE, "auth": {"secretRef": {"name": "wrong"}}}))

    status = ends_in_error(namespace, "SignInFailed", within=PREFLIGHT)

    ready = condition(status, "TargetReady")
    assert (ready["status"], ready["reason"]) == ("False", "SignInFailed")
    assert_told(namespace, status, ready["message"])
    assert "not-the-one" not in namespace.run("describe", "plt", "shop")


def test_missing_credentials_are_named(cluster: Kubectl, namespace: Kubectl) -> None:
    target = {**nowhere(), "auth": {"secretRef": {"name": "not-there"}}}
    namespace.apply(load_test(target=target, deadlines=SHORT))

    status = ends_in_error(namespace, "RunnersNotReady")

    words = condition(status, "RunnersReady")["message"]
    assert 'secret "not-there" not found' in words
    assert_told(namespace, status, words)


@pytest.mark.parametrize(
    ("target", "kind", "reason"),
    [
        (nowhere(), "RunnersReady", "RunnersNotReady"),
        ({"type": "Ephemeral"}, "TargetReady", "TargetNotReady"),
    ],
    ids=["runners", "database"],
)
def test_a_quota_that_leaves_no_room_for_pods_is_named(
    cluster: Kubectl, namespace: Kubectl, target: dict[str, Any], kind: str, reason: str
) -> None:
    asyncio.run(limit(namespace, "pods", 0))
    namespace.apply(load_test(target=target, deadlines=SHORT))

    status = ends_in_error(namespace, reason)

    words = condition(status, kind)["message"]
    assert "exceeded quota: narrow" in words
    assert_told(namespace, status, words)


def test_a_priority_that_there_is_not_is_named(cluster: Kubectl, namespace: Kubectl) -> None:
    pod = {"priorityClassName": "not-there"}
    namespace.apply(load_test(target=nowhere(), runners={"pod": pod}, deadlines=SHORT))

    status = ends_in_error(namespace, "RunnersNotReady")

    assert "not-there" in condition(status, "RunnersReady")["message"]


def test_a_template_that_is_none_makes_the_spec_invalid(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    workload = mix(query="RETURN $number", params={"number": "${int:9:1}"})
    namespace.apply(load_test(workload=workload))

    status = ends_in_error(namespace, "InvalidSpec")

    accepted = condition(status, "Accepted")
    assert (accepted["status"], accepted["reason"]) == ("False", "InvalidSpec")
    assert "spec.workload.mix[0].params.number" in accepted["message"]
    assert_told(namespace, status, accepted["message"])
    wait_until_left(namespace, {"PoolLoadTest/shop"})


def test_a_pod_that_the_cluster_refuses_ends_the_run_with_its_words(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    required: Manifest = {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}
    }
    pod = {"affinity": {"nodeAffinity": required}}
    namespace.apply(load_test(target=nowhere(), runners={"pod": pod}))

    status = ends_in_error(namespace, "RefusedByCluster")

    words = condition(status, "Succeeded")["message"]
    assert "nodeSelectorTerms" in words
    assert_told(namespace, status, words)


def test_a_stateful_set_that_is_not_there_is_named(cluster: Kubectl, namespace: Kubectl) -> None:
    namespace.apply(load_test(target=NOT_THERE, deadlines={"targetSeconds": 3}))

    status = ends_in_error(namespace, "TargetNotFound")

    words = condition(status, "TargetReady")["message"]
    assert "StatefulSet not-there is not there yet" in words
    assert "deadlines.targetSeconds: 3" in words
    assert_told(namespace, status, words)


def ends_in_error(namespace: Kubectl, reason: str, *, within: float = SOON) -> dict[str, Any]:
    """Wait for the end, which must be an error for this reason; returns the status."""
    status = wait_for_end(namespace, seconds=within)
    succeeded = condition(status, "Succeeded")
    assert verdict_and_reason(status) == ("Error", reason), succeeded["message"]
    assert (succeeded["status"], succeeded["reason"]) == ("False", reason)
    assert status["operations"]["issued"] == 0
    return status


def assert_told(namespace: Kubectl, status: dict[str, Any], words: str) -> None:
    """The words are the verdict's too, and `kubectl describe` and an event have them."""
    assert words in condition(status, "Succeeded")["message"]
    assert words in namespace.run("describe", "plt", "shop")
    assert any(words[:200] in each for each in warnings(namespace, "Error"))


def warnings(namespace: Kubectl, reason: str) -> list[str]:
    """Events of a reason; there is one at least."""
    found = [each for each in events_of(namespace) if each.startswith(f"{reason}: ")]
    assert found
    return found
