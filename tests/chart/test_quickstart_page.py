"""The quickstart leads from a fresh checkout to verdicts, and leaves what it says, no more."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chart.console import Step, steps_of
from tests.chart.helm import Helm
from tests.chart.shell import Shell, open_shell
from tests.cluster.installation import OPERATOR_NAMESPACE, install_resource
from tests.cluster.kubectl import Kubectl
from tests.cluster.namespaces import MADE_FOR_TESTS
from tests.cluster.place import ROOT
from tests.cluster.runs import GONE_SECONDS, eventually

REMOVE_THE_REST = "Remove the rest"
RELEASE = "purreal-operator"
CRD = "poolloadtests.purreal.dev"
CHANGES_BY_ITSELF = {
    "events",
    "events.events.k8s.io",
    "leases.coordination.k8s.io",
    "apiservices.apiregistration.k8s.io",  # the API server makes one for each group of resources
}
WHOLE_PAGE_SECONDS = 600
EVERYWHERE = ("--all-namespaces",)
LEFT = (
    "--output=custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name,"
    "DELETED:.metadata.deletionTimestamp,STATE:{}"
)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this repository."""
    folder = tmp_path_factory.mktemp("clone") / "purreal"
    command = ["git", "clone", "--quiet", str(ROOT), str(folder)]
    subprocess.run(command, check=True, timeout=60)
    return folder


def remove_what_other_tests_left(cluster: Kubectl) -> None:
    """Wait until there is no test; only those in namespaces made for tests are deleted.

    Raises:
        AssertionError: some are left; the message says which, and how their namespaces fare.
    """
    for place in cluster.find("namespaces", MADE_FOR_TESTS):
        cluster.inside(place["metadata"]["name"]).run("delete", "plt", "--all", "--wait=false")
    try:
        eventually(lambda: not cluster.find("plt", options=EVERYWHERE), seconds=GONE_SECONDS)
    except AssertionError:
        tests = cluster.run("get", "plt", *EVERYWHERE, LEFT.format(".status.phase"))
        pods = cluster.run("get", "pods", *EVERYWHERE, LEFT.format(".metadata.finalizers"))
        places = cluster.run("get", "namespaces", LEFT.format(".status.conditions[*].message"))
        raise AssertionError(f"tests are left:\n{tests}\n{pods}\n{places}") from None


@pytest.fixture
def bare_cluster(api_server: Kubectl, no_plain_operator: None, helm: Helm) -> Iterator[Kubectl]:
    """A cluster that does not know the resource; afterwards it does, as other tests want it."""
    remove_what_other_tests_left(api_server)
    api_server.run("delete", "crd", CRD)
    yield api_server
    gone = ("--ignore-not-found", "--wait")
    replace(helm, namespace=OPERATOR_NAMESPACE).run("uninstall", RELEASE, *gone)
    api_server.run("delete", "namespace", OPERATOR_NAMESPACE, *gone, seconds=GONE_SECONDS)
    install_resource(api_server)


@pytest.fixture
def shell(
    checkout: Path, bare_cluster: Kubectl, namespace: Kubectl, helm: Helm, tmp_path: Path
) -> Iterator[Shell]:
    """A terminal in the checkout, of somebody new, whose cluster has the image."""
    kubeconfig = tmp_path / "kubeconfig"
    shutil.copy(namespace.kubeconfig, kubeconfig)
    here = ("config", "set-context", "--current", f"--namespace={namespace.namespace}")
    Kubectl(program=namespace.program, kubeconfig=str(kubeconfig)).run(*here)
    environment = {
        "PATH": f"{Path(helm.program).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "KUBECONFIG": str(kubeconfig),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    kept = {name: os.environ[name] for name in os.environ if name.startswith("PIP_")}
    with open_shell(checkout, environment | kept) as shell:
        yield shell


def type_in(shell: Shell, steps: Iterable[Step]) -> None:
    """Run the commands; each prints what the page says, and succeeds unless the page asks for it.

    Raises:
        AssertionError: one did not.
    """
    failed = ""
    for step in steps:
        printed, code = shell.run(step.command)
        assert not failed or step.asks_for_exit_code, failed
        assert step.is_printed_by(printed), f"$ {step.command}\n{printed}\nand not\n{step.output}"
        failed = f"$ {step.command}\n{printed}\nexit code {code}" if code else ""
    assert not failed, failed


def everything_on(cluster: Kubectl) -> set[str]:
    """All objects of all namespaces and of none, as `Kind namespace/name`."""
    kinds = cluster.run("api-resources", "--verbs=list", "--output=name").split()
    asked = ",".join(kind for kind in kinds if kind not in CHANGES_BY_ITSELF)
    found = cluster.find(asked, options=EVERYWHERE)
    return {
        f"{each['kind']} {each['metadata'].get('namespace', '')}/{each['metadata']['name']}"
        for each in found
    }


@pytest.mark.timeout(WHOLE_PAGE_SECONDS, func_only=True)
@pytest.mark.usefixtures("images")
def test_every_command_does_what_the_page_says_and_the_tests_and_reports_outlive_the_operator(
    checkout: Path, shell: Shell, bare_cluster: Kubectl, namespace: Kubectl
) -> None:
    steps = list(steps_of((checkout / "docs" / "quickstart.md").read_text(encoding="utf-8")))
    before = everything_on(bare_cluster)

    type_in(shell, (step for step in steps if step.section != REMOVE_THE_REST))

    here = namespace.namespace
    assert everything_on(bare_cluster) - before == {
        f"CustomResourceDefinition /{CRD}",
        f"PoolLoadTest {here}/quickstart",
        f"PoolLoadTest {here}/failing",
        f"ConfigMap {here}/quickstart-1-report",
        f"ConfigMap {here}/quickstart-2-report",
        f"ConfigMap {here}/failing-1-report",
    }

    type_in(shell, (step for step in steps if step.section == REMOVE_THE_REST))

    eventually(lambda: not everything_on(bare_cluster) - before)
