"""An operator for all namespaces, from its installation to what it leaves; tests run meanwhile."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.chart.helm import HelmFailed, Values
from tests.chart.releases import Release, earlier_chart
from tests.cluster.kubectl import Kubectl
from tests.cluster.runs import (
    condition,
    eventually,
    load_test,
    report_of,
    status_of,
    things_in,
    wait_for_end,
    wait_for_phase,
    wait_until_left,
)
from tests.cluster.test_permissions import ALLOWED, DENIED, may

pytestmark = pytest.mark.usefixtures("no_plain_operator")
CRD = "poolloadtests.purreal.dev"


@pytest.fixture
def release(release_of: Callable[..., Release]) -> Release:
    """A release for all namespaces, not yet installed."""
    return release_of()


def columns(kubectl: Kubectl) -> list[str]:
    """What `kubectl get plt` shows."""
    (version,) = kubectl.get("crd", CRD)["spec"]["versions"]
    return [column["name"] for column in version["additionalPrinterColumns"]]


def assert_right(namespace: Kubectl, status: dict[str, Any], workers: int = 2) -> None:
    """The run ended well, lost nobody, and its numbers add up, in its report too."""
    assert status["verdict"] == "Completed", condition(status, "Finished")["message"]
    assert status["runners"].get("lost", []) == []
    operations = status["operations"]
    assert operations["issued"] == operations["succeeded"] > 0
    assert condition(status, "ResultsConsistent")["status"] == "True"
    assert report_of(namespace, status)["operations"]["issued"] == operations["issued"]


def test_it_may_do_what_a_run_needs_and_nothing_else(release: Release, namespace: Kubectl) -> None:
    release.install()

    where = str(namespace.namespace)
    asked = {right: may(namespace, release.account, right, namespace=where) for right in ALLOWED}
    assert [right for right, granted in asked.items() if not granted] == []
    asked = {right: may(namespace, release.account, right, namespace=where) for right in DENIED}
    assert [right for right, granted in asked.items() if granted] == []


def test_users_of_a_namespace_get_rights_on_its_tests(release: Release, namespace: Kubectl) -> None:
    release.install()
    for role in ("admin", "edit", "view"):
        namespace.run("create", "rolebinding", role, f"--clusterrole={role}", f"--user=of-{role}")

    def can(role: str, right: str) -> bool:
        return may(namespace, f"of-{role}", right, namespace=str(namespace.namespace))

    def granted(right: str) -> set[str]:
        return {role for role in ("admin", "edit", "view") if can(role, right)}

    eventually(lambda: granted("watch poolloadtests.purreal.dev") == {"admin", "edit", "view"})
    eventually(lambda: granted("create poolloadtests.purreal.dev") == {"admin", "edit"})
    assert granted("delete poolloadtests.purreal.dev") == {"admin", "edit"}
    assert granted("patch poolloadtests.purreal.dev/status") == set()


def test_a_second_operator_for_all_namespaces_is_refused(
    release: Release, release_of: Callable[..., Release], namespace: Kubectl
) -> None:
    release.install()
    off: Values = {"crds": {"install": False}, "userRoles": {"create": False}}

    with pytest.raises(HelmFailed, match=r'ClusterRole "purreal-operator".* exists'):
        release_of(namespace, **off).install(take=False)


def test_helm_test_runs_a_load_test_and_leaves_nothing(release: Release, home: Kubectl) -> None:
    release.install()
    before = things_in(home)

    said = release.test()

    assert "Failed" not in said
    assert "1 threshold met" in said
    wait_until_left(home, before)


def test_an_upgrade_and_a_rollback_do_not_disturb_a_run(
    release: Release, namespace: Kubectl, tmp_path: Path
) -> None:
    release.install(earlier_chart(tmp_path))
    assert "Grade" not in columns(namespace)

    namespace.apply(load_test("upgraded", seconds=30))
    wait_for_phase(namespace, "Running", "upgraded")
    first = release.pod()
    release.upgrade(podAnnotations={"example.com/revision": "2"})
    second = release.pod()
    assert status_of(namespace, "upgraded")["phase"] != "Finished"
    upgraded = wait_for_end(namespace, "upgraded")

    assert first != second
    assert "Grade" in columns(namespace)
    assert_right(namespace, upgraded)

    namespace.apply(load_test("back", seconds=30))
    wait_for_phase(namespace, "Running", "back")
    release.roll_back()
    assert status_of(namespace, "back")["phase"] != "Finished"
    back = wait_for_end(namespace, "back")

    assert release.pod() != second
    assert "Grade" not in columns(namespace)
    assert_right(namespace, back)
    assert status_of(namespace, "upgraded") == upgraded

    release.upgrade()  # as others find it
    assert "Grade" in columns(namespace)


def test_what_is_left_are_the_resource_the_tests_and_their_reports(
    release: Release, home: Kubectl, namespace: Kubectl
) -> None:
    empty = things_in(home)
    release.install()
    namespace.apply(load_test())
    status = wait_for_end(namespace)
    report = f"ConfigMap/{status['report']['configMap']}"
    wait_until_left(namespace, {"PoolLoadTest/shop", report})

    release.uninstall()

    release.wait_until_gone()
    assert namespace.exists("crd", CRD)
    assert things_in(home) == empty
    assert things_in(namespace) == {"PoolLoadTest/shop", report}
    assert status_of(namespace) == status
    assert report_of(namespace, status)["operations"]["issued"] > 0
    release.install(take=False)
    assert status_of(namespace) == status
