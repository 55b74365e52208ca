"""The SurrealDB beside the operator: its password lasts, tests reach it, nothing of it is left."""

from base64 import b64decode
from collections.abc import Callable

import pytest

from tests.chart.releases import Release
from tests.cluster.kubectl import Kubectl, Manifest
from tests.cluster.runs import load_test, things_in, wait_for_end


@pytest.fixture
def release(release_of: Callable[..., Release], namespace: Kubectl) -> Release:
    """A release with the database, which runs the tests of one namespace."""
    return release_of(
        crds={"install": False},
        userRoles={"create": False},
        watchNamespaces=[namespace.namespace],
        surrealdb={"enabled": True},
    )


def database(release: Release) -> str:
    """The name of its StatefulSet, Service and Secret."""
    return f"{release.name}-surrealdb"


def credentials(release: Release) -> dict[str, str]:
    """What is in the database's Secret."""
    found: dict[str, str] = release.kubectl.get("secret", database(release))["data"]
    return found


def pod_uid(release: Release) -> str:
    """Which pod the database is."""
    return str(release.kubectl.get("pod", f"{database(release)}-0")["metadata"]["uid"])


def target(release: Release) -> Manifest:
    """The database, as a test names it."""
    endpoint = f"ws://{database(release)}.{release.helm.namespace}.svc:8000"
    auth = {"level": "Root", "secretRef": {"name": "copied"}}
    return {"type": "URL", "url": {"endpoint": endpoint}, "auth": auth}


def test_neither_upgrade_nor_rollback_changes_the_password_or_restarts_it(
    release: Release,
) -> None:
    release.install()
    password, pod = credentials(release), pod_uid(release)
    assert len(b64decode(password["password"])) >= 32

    release.upgrade(image={"tag": "dev", "pullPolicy": "Never"}, logLevel="DEBUG")
    assert (credentials(release), pod_uid(release)) == (password, pod)
    release.roll_back()
    assert (credentials(release), pod_uid(release)) == (password, pod)


@pytest.mark.usefixtures("no_plain_operator")
def test_a_test_of_another_namespace_uses_it_with_a_copy_of_its_secret(
    release: Release, namespace: Kubectl
) -> None:
    release.install()
    copy = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "copied"}}
    namespace.apply({**copy, "data": credentials(release)})

    namespace.apply(load_test(target=target(release)))

    assert wait_for_end(namespace)["verdict"] == "Completed"


def test_all_of_it_goes_with_its_release(release: Release, home: Kubectl) -> None:
    empty = things_in(home)
    release.install()

    release.uninstall()

    release.wait_until_gone()
    assert things_in(home) == empty
