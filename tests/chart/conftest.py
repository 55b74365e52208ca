"""Owns what the tests of the chart rely on: Helm, a cluster, namespaces, releases that go again.

Without a cluster or without Helm they are left out, with one line that says how to get them.
Those that install an operator for all namespaces first remove the plain installation.
"""

import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.chart.helm import CHART, Helm, helm_beside
from tests.chart.releases import Release
from tests.cluster.evidence import evidence
from tests.cluster.installation import OPERATOR_NAMESPACE, install_images, install_resource
from tests.cluster.kubectl import Kubectl
from tests.cluster.leaving_out import OnlyOnACluster
from tests.cluster.namespaces import own_namespace
from tests.cluster.place import Place, find_place

HERE = Path(__file__).parent
PLACE = find_place()
collect_ignore_glob = [] if PLACE else ["test_*.py"]
HOW_TO_GET_ONE = (
    "tests/chart left out: they want helm on PATH, and PURREAL_TEST_CLUSTER=1 and KUBECONFIG, or "
    "the testbed's program in TESTBED and root"
)


def pytest_configure(config: pytest.Config) -> None:
    """Limit the time of each test; without a cluster say so, and be content."""
    config.pluginmanager.register(OnlyOnACluster(HERE, None if PLACE else HOW_TO_GET_ONE))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure what its namespaces looked like at that moment."""
    report = yield
    used = getattr(item, "funcargs", {})
    if report.failed and call.when == "call" and "release_of" in used:
        for name in ("namespace", "home"):
            if name in used:
                report.sections.append((f"what the {name} says", evidence(used[name])))
    return report


@pytest.fixture(scope="session")
def place() -> Place:
    """Which cluster it is."""
    assert PLACE is not None
    return PLACE


@pytest.fixture(scope="session")
def api_server(place: Place) -> Kubectl:
    """A cluster that knows our resource."""
    kubectl = place.up()
    install_resource(kubectl)
    return kubectl


@pytest.fixture(scope="session")
def helm(api_server: Kubectl) -> Helm:
    """Helm, for that cluster."""
    program = helm_beside(api_server)
    if program is None:
        pytest.skip(HOW_TO_GET_ONE)
    return Helm(program, api_server.kubeconfig, "default")


@pytest.fixture(scope="session")
def images(api_server: Kubectl, place: Place) -> None:
    """Our image, from this checkout, and the database's, ready for pods."""
    install_images(api_server, place)


@pytest.fixture(scope="session")
def no_plain_operator(api_server: Kubectl) -> None:
    """The operator of manifests/operator.yaml is gone: two would act on the same tests."""
    everything = "--selector=app.kubernetes.io/name=purreal-operator"
    api_server.run("delete", "clusterrole,clusterrolebinding", everything)
    gone = ("--ignore-not-found", "--timeout=60s")
    api_server.run("delete", "namespace", OPERATOR_NAMESPACE, *gone, seconds=75.0)


@pytest.fixture
def new_namespace(api_server: Kubectl) -> Iterator[Callable[[str], Kubectl]]:
    """Makes namespaces that take only pods of the `restricted` standard, and removes them."""
    warn = {"pod-security.kubernetes.io/warn": "restricted"}
    with ExitStack() as made:
        yield lambda words: made.enter_context(own_namespace(api_server, f"chart-{words}", **warn))


@pytest.fixture
def namespace(new_namespace: Callable[[str], Kubectl]) -> Kubectl:
    """Where tests are run."""
    return new_namespace("tests")


@pytest.fixture
def home(new_namespace: Callable[[str], Kubectl]) -> Kubectl:
    """Where the operator is."""
    return new_namespace("operator")


@pytest.fixture
def release_of(helm: Helm, home: Kubectl, images: None) -> Iterator[Callable[..., Release]]:
    """Makes a release with these values, not yet installed; it is gone after the test."""
    made: list[Release] = []

    def make(where: Kubectl = home, **values: Any) -> Release:
        name = f"{CHART.name}-{uuid.uuid4().hex[:6]}"
        made.append(Release(replace(helm, namespace=str(where.namespace)), where, name, values))
        return made[-1]

    yield make
    for release in made:
        release.uninstall()
