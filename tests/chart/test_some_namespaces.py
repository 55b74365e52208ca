"""An operator for some namespaces: it runs their tests, and has no right anywhere else."""

from collections.abc import Callable

import pytest

from tests.chart.releases import Release
from tests.cluster.kubectl import Kubectl
from tests.cluster.runs import load_test, things_in, wait_for_end, wait_until_left
from tests.cluster.test_permissions import ALLOWED, DENIED, may

NO_PLAIN_OPERATOR = pytest.mark.usefixtures("no_plain_operator")
ASSIGNED_USER = 1_000_700_000
"""As clusters assign that give each namespace user ids of its own."""


@pytest.fixture
def release(release_of: Callable[..., Release], namespace: Kubectl) -> Release:
    """A release that adds nothing to the cluster but its rights in one namespace."""
    return release_of(
        crds={"install": False},
        userRoles={"create": False},
        watchNamespaces=[namespace.namespace],
    )


def test_it_may_do_what_a_run_needs_in_its_namespace_alone(
    release: Release, namespace: Kubectl, home: Kubectl
) -> None:
    release.install()

    def granted(rights: tuple[str, ...], where: Kubectl) -> list[str]:
        name = str(where.namespace)
        return [right for right in rights if may(where, release.account, right, namespace=name)]

    assert granted(ALLOWED, namespace) == list(ALLOWED)
    assert granted(DENIED, namespace) == []
    assert granted(ALLOWED, home) == []


def test_it_starts_as_a_user_that_the_cluster_assigns(release_of: Callable[..., Release]) -> None:
    ids = {"runAsUser": ASSIGNED_USER, "runAsGroup": 0, "fsGroup": ASSIGNED_USER}
    off = {"crds": {"install": False}, "userRoles": {"create": False}}

    release = release_of(watchNamespaces=["default"], podSecurityContext=ids, **off)
    release.install()

    pod = release.kubectl.get("pod", release.pod())
    assert pod["spec"]["securityContext"]["runAsUser"] == ASSIGNED_USER
    assert pod["status"]["containerStatuses"][0]["restartCount"] == 0


@NO_PLAIN_OPERATOR
def test_it_runs_the_tests_of_its_namespace_alone(
    release: Release, namespace: Kubectl, new_namespace: Callable[[str], Kubectl]
) -> None:
    elsewhere = new_namespace("elsewhere")
    elsewhere.apply(load_test())
    release.install()

    namespace.apply(load_test())

    assert wait_for_end(namespace)["verdict"] == "Completed"
    assert "status" not in elsewhere.get("plt", "shop")
    assert things_in(elsewhere) == {"PoolLoadTest/shop"}


@NO_PLAIN_OPERATOR
def test_helm_test_runs_in_a_namespace_that_is_watched(
    release: Release, namespace: Kubectl
) -> None:
    release.install()

    said = release.test()

    assert "Failed" not in said
    assert "1 threshold met" in said
    wait_until_left(namespace, set())
