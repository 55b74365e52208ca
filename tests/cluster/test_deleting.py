"""`kubectl delete` at any moment: it waits for nobody, and nothing is left."""

import asyncio
from collections.abc import Callable

import pytest

from tests.cluster.kubectl import Kubectl
from tests.cluster.runs import (
    GONE_SECONDS,
    NO_IMAGE,
    NOT_THERE,
    cancel,
    load_test,
    things_in,
    wait_for_end,
    wait_for_phase,
    wait_until_left,
)
from tests.cluster.stage import limit

DELETED_WITHIN = 10.0


def is_pending(namespace: Kubectl) -> None:
    """It waits for another one, whose target never comes."""
    namespace.apply(load_test("ahead", target=NOT_THERE))
    wait_for_phase(namespace, "Preparing", "ahead")
    namespace.apply(load_test(target=NOT_THERE))
    wait_for_phase(namespace, "Pending")


def is_preparing(namespace: Kubectl) -> None:
    """Its database starts, but from no image."""
    namespace.apply(load_test(target=load_of_no_image()))
    namespace.wait("statefulset/shop-1-db", "create", seconds=30.0)
    wait_for_phase(namespace, "Preparing")


def load_of_no_image() -> dict[str, object]:
    """A database that is never ready."""
    return {"type": "Ephemeral", "ephemeral": {"image": "localhost/not-there:1"}}


def is_starting(namespace: Kubectl) -> None:
    """Its database runs; its runners never will."""
    namespace.apply(load_test(runners=NO_IMAGE))
    wait_for_phase(namespace, "Starting")
    namespace.wait("job/shop-1", "create", seconds=30.0)


def is_running(namespace: Kubectl) -> None:
    """Under load."""
    namespace.apply(load_test(seconds=300, runners={"replicas": 2}))
    wait_for_phase(namespace, "Running")


def is_collecting(namespace: Kubectl) -> None:
    """Its results can't be stored, because a quota leaves no room for ConfigMaps."""
    namespace.apply(load_test(seconds=300))
    wait_for_phase(namespace, "Running")
    asyncio.run(limit(namespace, "configmaps", 1))
    cancel(namespace)
    wait_for_phase(namespace, "Collecting")


def is_finished(namespace: Kubectl) -> None:
    """At its end only its report is left."""
    namespace.apply(load_test())
    wait_for_end(namespace)
    wait_until_left(namespace, {"PoolLoadTest/shop", "ConfigMap/shop-1-report"})


@pytest.mark.parametrize(
    "stage",
    [is_pending, is_preparing, is_starting, is_running, is_collecting, is_finished],
    ids=lambda stage: str(stage.__name__),
)
def test_a_deleted_test_goes_at_once_and_leaves_nothing(
    cluster: Kubectl, namespace: Kubectl, stage: Callable[[Kubectl], None]
) -> None:
    stage(namespace)
    others = {thing for thing in things_in(namespace) if "ahead" in thing}
    assert "finalizers" not in namespace.get("plt", "shop")["metadata"]

    namespace.run("delete", "plt", "shop", seconds=DELETED_WITHIN)

    wait_until_left(namespace, others)


def test_a_test_of_the_name_of_a_deleted_one_is_another_test(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    is_running(namespace)
    before = namespace.get("plt", "shop")["metadata"]["uid"]
    namespace.run("delete", "plt", "shop", seconds=DELETED_WITHIN)
    namespace.apply(load_test())

    status = wait_for_end(namespace)

    assert namespace.get("plt", "shop")["metadata"]["uid"] != before
    assert (status["run"], status["verdict"]) == (1, "Completed")
    assert len(status["history"]) == 1
    wait_until_left(namespace, {"PoolLoadTest/shop", "ConfigMap/shop-1-report"})


@pytest.mark.parametrize("stage", [is_starting, is_running], ids=lambda stage: str(stage.__name__))
def test_a_namespace_that_is_deleted_goes_with_its_active_tests(
    cluster: Kubectl, namespace: Kubectl, stage: Callable[[Kubectl], None]
) -> None:
    stage(namespace)
    place = f"namespace/{namespace.namespace}"

    cluster.run("delete", place, "--wait=false")

    cluster.wait(place, "delete", seconds=GONE_SECONDS)
