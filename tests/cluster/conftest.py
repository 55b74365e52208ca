"""Owns what the tests on a real cluster rely on: the cluster, the operator on it, a namespace each.

Without a cluster they are left out, with one line that says how to get one.
"""

import re
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.cluster.evidence import evidence, operator_evidence
from tests.cluster.installation import (
    install_images,
    install_operator,
    install_resource,
    once,
)
from tests.cluster.kubectl import Kubectl, KubectlFailed
from tests.cluster.leaving_out import OnlyOnACluster
from tests.cluster.namespaces import own_namespace
from tests.cluster.place import HOW_TO_GET_ONE, Place, find_place

HERE = Path(__file__).parent
PLACE = find_place()
collect_ignore_glob = [] if PLACE else ["test_*.py"]


def pytest_configure(config: pytest.Config) -> None:
    """Limit the time of each test; without a cluster say so, and be content."""
    config.pluginmanager.register(OnlyOnACluster(HERE, None if PLACE else HOW_TO_GET_ONE))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure what the cluster looked like at that moment."""
    report = yield
    namespace = getattr(item, "funcargs", {}).get("namespace")
    if call.when == "call" and report.failed and isinstance(namespace, Kubectl):
        report.sections.append(("what the cluster says", evidence(namespace)))
    return report


@pytest.fixture(autouse=True)
def in_its_group(request: pytest.FixtureRequest) -> None:
    """Refuse to run beside tests of the same group: they would disturb each other now and then."""
    groups = sorted(mark.args[0] for mark in request.node.iter_markers("xdist_group"))
    in_parallel = hasattr(request.config, "workerinput")
    if groups and in_parallel and not request.node.nodeid.endswith(f"@{'_'.join(groups)}"):
        pytest.fail("groups have no effect: run with --dist=loadgroup, and see pytest's version")


@pytest.fixture(scope="session")
def place() -> Place:
    """Which cluster it is."""
    assert PLACE is not None
    return PLACE


@pytest.fixture(scope="session")
def run_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if hasattr(request.config, "workerinput") else own


@pytest.fixture(scope="session")
def api_server(place: Place, run_folder: Path) -> Kubectl:
    """A cluster that knows our resource; no operator needs to run on it."""
    once(run_folder, "starting the cluster", lambda: install_resource(place.up()))
    return place.up()


@pytest.fixture(scope="session")
def images(api_server: Kubectl, place: Place, run_folder: Path) -> None:
    """Our image, from this checkout, and the database's, ready for pods."""
    once(run_folder, "installing the images", lambda: install_images(api_server, place))


@pytest.fixture(scope="session")
def cluster(api_server: Kubectl, images: None, run_folder: Path) -> Kubectl:
    """A cluster on which the operator runs, from the image and the manifests of this checkout."""

    def start() -> None:
        try:
            install_operator(api_server)
        except KubectlFailed as failure:
            pytest.fail(f"{failure}\n{operator_evidence(api_server)}", pytrace=False)

    once(run_folder, "installing the operator", start)
    return api_server


@pytest.fixture
def namespace(api_server: Kubectl, request: pytest.FixtureRequest) -> Iterator[Kubectl]:
    """A namespace of the test's own that takes only pods of the `restricted` standard."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower())
    with own_namespace(api_server, words[:45].strip("-")) as namespace:
        yield namespace
