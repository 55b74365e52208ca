"""The files for pipelines do what they say: their own commands are run, on a real cluster."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lupa
import pytest
import yaml
from junitparser import JUnitXml

from tests.cluster.kubectl import Kubectl
from tests.cluster.place import ROOT
from tests.cluster.runs import cancel, eventually, load_test, wait_for_end, wait_for_phase

CI = ROOT / "docs" / "ci"
SAMPLES = ROOT / "manifests" / "samples"
PASSED, MISSED = 0, 99
STEP_SECONDS = 240.0
REPORTS = {
    "report.json",
    "report.md",
    "report.html",
    "report.txt",
    "report.junit.xml",
    "report.openmetrics.txt",
}
ON_A_CLUSTER = {"quickstart": PASSED, "failing": MISSED}
HERE = """
apiVersion: purreal.dev/v1alpha1
kind: PoolLoadTest
metadata: {name: here}
spec:
  pool: {minSize: 1, maxSize: 4}
  workload: {type: Mix, mix: [{name: read, query: RETURN 1}]}
  load: {closed: {workers: 2}, stop: {operations: 50}}
  thresholds: [{metric: SuccessRatio, atLeast: "100%"}]
"""

pytestmark = pytest.mark.xdist_group("pipelines")


@dataclass(frozen=True, slots=True)
class Machine:
    """What a job of a pipeline runs on.

    Attributes:
        folder: its working directory.
        environment: its variables, and no others.
    """

    folder: Path
    environment: Mapping[str, str]

    def run(self, script: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a step as pipelines do it: the first command that fails ends it."""
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.folder,
            env={**self.environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=STEP_SECONDS,
        )

    def reports(self) -> Path:
        """The folder with the report in all formats, and nothing else."""
        folder = self.folder / "reports"
        assert {path.name for path in folder.iterdir()} == REPORTS
        return folder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the pipelines install."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", str(ROOT)]
    subprocess.run([*command, "--wheel-dir", str(folder)], check=True, timeout=120)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh machine, into which the jobs install what they need."""
    folder = tmp_path_factory.mktemp("python")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=60)
    return folder / "bin"


@pytest.fixture
def machine(
    cluster: Kubectl, namespace: Kubectl, wheel: Path, python: Path, tmp_path: Path
) -> Machine:
    """A fresh machine that reaches one namespace of the cluster."""
    kubeconfig = tmp_path / "kubeconfig"
    shutil.copy(namespace.kubeconfig, kubeconfig)
    namespace_of_all = ["config", "set-context", "--current", f"--namespace={namespace.namespace}"]
    Kubectl(program=namespace.program, kubeconfig=str(kubeconfig)).run(*namespace_of_all)
    environment = {
        "PATH": f"{python}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PURREAL": str(wheel),
        "KUBECONFIG": str(kubeconfig),
        "LOADTEST": "loadtest.yaml",
    }
    kept = {name: os.environ[name] for name in os.environ if name.startswith("PIP_")}
    return Machine(tmp_path, environment | kept)


def give(machine: Machine, text: str) -> None:
    """Put the document where the jobs look for it."""
    (machine.folder / "loadtest.yaml").write_text(text)


def sample(name: str) -> str:
    """A document of the samples."""
    return (SAMPLES / f"{name}.yaml").read_text()


def jobs(file: str) -> dict[str, Any]:
    """The parts of a pipeline's file."""
    found: dict[str, Any] = yaml.safe_load((CI / file).read_text())
    return found


@pytest.mark.parametrize(("name", "code"), ON_A_CLUSTER.items())
def test_the_shell_gate(machine: Machine, name: str, code: int) -> None:
    give(machine, sample(name))

    done = machine.run(f"sh {CI / 'gate.sh'} loadtest.yaml")

    assert done.returncode == code, done.stdout
    assert_thresholds_are_tests(machine.reports(), failed=code == MISSED)


def test_the_shell_gate_refuses_a_wrong_document_before_anything_runs(machine: Machine) -> None:
    give(machine, sample("quickstart").replace("workers: 30", "workers: none"))

    done = machine.run(f"sh {CI / 'gate.sh'} loadtest.yaml")

    assert done.returncode == 104, done.stdout
    assert "spec.load.closed.workers" in done.stdout


@pytest.mark.parametrize(
    ("job", "document", "code"),
    [
        ("on-this-machine", HERE, PASSED),
        *(("on-a-cluster", sample(name), code) for name, code in ON_A_CLUSTER.items()),
    ],
)
def test_the_steps_for_github(machine: Machine, job: str, document: str, code: int) -> None:
    give(machine, document)
    steps = {
        step["name"]: step["run"]
        for step in jobs("github-actions.yaml")["jobs"][job]["steps"]
        if "run" in step
    }
    summary, exported = machine.folder / "summary.md", machine.folder / "exported"
    variables = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_ENV": str(exported),
        "RUNNER_TEMP": str(machine.folder),
        "KUBECONFIG_OF_LOADTEST": Path(machine.environment["KUBECONFIG"]).read_text(),
    }
    for name in ("Install", "Reach the cluster"):
        if name in steps:
            done = machine.run(steps[name], **variables)
            assert done.returncode == 0, done.stdout
    if exported.exists():
        variables |= dict(line.split("=", 1) for line in exported.read_text().splitlines())

    done = machine.run(steps["Run and gate"], **variables)

    assert done.returncode == code, done.stdout
    machine.reports()
    assert "100%" in summary.read_text() or "99%" in summary.read_text()
    assert bool(re.search(r"^::error ", done.stdout, re.MULTILINE)) == (code == MISSED)


def test_the_step_for_github_that_ends_the_run_with_its_job(
    machine: Machine, namespace: Kubectl
) -> None:
    steps = jobs("github-actions.yaml")["jobs"]["on-a-cluster"]["steps"]
    by_name = {step["name"]: step["run"] for step in steps if "run" in step}
    assert machine.run(by_name["Install"]).returncode == 0
    namespace.apply(load_test(seconds=300))
    wait_for_phase(namespace, "Running")

    done = machine.run(by_name["End the run with the job"], TEST="shop")

    assert done.returncode == 0, done.stdout
    assert wait_for_end(namespace)["verdict"] == "Cancelled"


@pytest.mark.parametrize(
    ("job", "document", "code"),
    [
        ("on-this-machine", HERE, PASSED),
        *(("on-a-cluster", sample(name), code) for name, code in ON_A_CLUSTER.items()),
    ],
)
def test_the_scripts_for_gitlab(machine: Machine, job: str, document: str, code: int) -> None:
    give(machine, document)
    file = jobs("gitlab-ci.yaml")

    done = machine.run("\n".join(file[job]["script"]))

    assert done.returncode == code, done.stdout
    read_by_gitlab = file[".loadtest"]["artifacts"]["reports"]["junit"]
    assert machine.folder / read_by_gitlab == machine.reports() / "report.junit.xml"
    assert_thresholds_are_tests(machine.reports(), failed=code == MISSED)


def assert_thresholds_are_tests(reports: Path, *, failed: bool) -> None:
    """A CI that reads JUnit shows as many failures as thresholds were missed."""
    suites = JUnitXml.fromfile(str(reports / "report.junit.xml"))

    assert suites.tests > 0
    assert (suites.failures > 0, suites.errors) == (failed, 0)


@pytest.fixture
def pipeline_pods(cluster: Kubectl, namespace: Kubectl) -> Kubectl:
    """A namespace in which a pipeline may do what its permissions say, and no more."""
    namespace.run("apply", "-f", str(CI / "permissions.yaml"))
    return namespace


@pytest.mark.parametrize(("name", "code"), ON_A_CLUSTER.items())
def test_the_step_for_tekton(pipeline_pods: Kubectl, name: str, code: int) -> None:
    task = next(
        each
        for each in yaml.safe_load_all((CI / "tekton.yaml").read_text())
        if each["kind"] == "Task"
    )
    (step,) = task["spec"]["steps"]
    assert {each["name"] for each in step["env"]} == {"FILE", "TIMEOUT", "EXIT_CODE"}
    container = {
        "image": default_of(task, "image"),
        "workingDir": "/workspace",
        "env": [
            {"name": "FILE", "value": "/document/loadtest.yaml"},
            {"name": "TIMEOUT", "value": default_of(task, "timeout")},
            {"name": "EXIT_CODE", "value": "/workspace/exit-code"},
        ],
        "securityContext": step["securityContext"],
        "command": ["/bin/sh", "-c", step["script"]],
    }

    assert exit_code_of(pipeline_pods, container, sample(name)) == code


@pytest.mark.parametrize(("name", "code"), ON_A_CLUSTER.items())
def test_the_container_for_argo_workflows(pipeline_pods: Kubectl, name: str, code: int) -> None:
    spec = jobs("argo-workflow.yaml")["spec"]
    given = {each["name"]: each["value"] for each in spec["arguments"]["parameters"]}
    (template,) = spec["templates"]
    text = yaml.safe_dump(template["container"])
    for parameter, value in given.items():
        text = text.replace(f"{{{{workflow.parameters.{parameter}}}}}", value)
    container = yaml.safe_load(text)
    assert "{{" not in text
    assert spec["serviceAccountName"] == "loadtest-pipeline"
    del container["volumeMounts"]

    assert exit_code_of(pipeline_pods, container, sample(name)) == code


def default_of(task: dict[str, Any], name: str) -> str:
    """The default of a Task's parameter."""
    params = task["spec"]["params"]
    found: str = next(each["default"] for each in params if each["name"] == name)
    return found


def exit_code_of(namespace: Kubectl, container: dict[str, Any], document: str) -> int:
    """Run a step of a pipeline in a pod, as its engine does, and wait for its end."""
    data = {"loadtest.yaml": document}
    namespace.apply(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "loadtest"}, "data": data}
    )
    mounts = [
        {"name": "document", "mountPath": "/document"},
        {"name": "room", "mountPath": "/tmp"},  # noqa: S108 # in the pod
        {"name": "room", "mountPath": "/workspace"},
    ]
    spec = {
        "serviceAccountName": "loadtest-pipeline",
        "restartPolicy": "Never",
        "containers": [{"name": "step", **container, "volumeMounts": mounts}],
        "volumes": [
            {"name": "document", "configMap": {"name": "loadtest"}},
            {"name": "room", "emptyDir": {}},
        ],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "step"}, "spec": spec}
    namespace.apply(pod)

    def ended() -> tuple[int] | None:
        (status,) = namespace.get("pod", "step")["status"].get("containerStatuses", ({},))
        end = status.get("state", {}).get("terminated")
        return None if end is None else (end["exitCode"],)

    (code,) = eventually(ended, seconds=STEP_SECONDS)
    return code


@pytest.fixture
def health() -> Any:
    """What Argo CD would make of a resource, as (status, message)."""
    script = jobs("argocd-cm.yaml")["data"][
        "resource.customizations.health.purreal.dev_PoolLoadTest"
    ]
    lua = lupa.LuaRuntime(unpack_returned_tuples=True)
    judge = lua.eval(f"function(obj) {script} end")

    def ask(resource: dict[str, Any]) -> tuple[str, str]:
        found = judge(lua.table_from(resource, recursive=True))
        return found["status"], found["message"]

    return ask


def test_the_health_that_argo_cd_shows(cluster: Kubectl, namespace: Kubectl, health: Any) -> None:
    def now() -> tuple[str, str]:
        found: tuple[str, str] = health(namespace.get("plt", "shop"))
        return found

    missed = [{"metric": "Throughput", "above": "100000/s"}]
    namespace.apply(load_test(seconds=5, thresholds=missed))
    first = now()
    wait_for_phase(namespace, "Running")
    running = now()
    wait_for_end(namespace)
    failed = now()
    namespace.patch("plt", "shop", {"spec": {"thresholds": None}})
    changed = now()
    wait_for_end(namespace)
    passed = now()

    assert first[0] == running[0] == changed[0] == "Progressing"
    assert running[1].startswith("Running: ")
    assert failed[0] == "Degraded"
    assert "throughput > 100000/s" in failed[1]
    assert passed[0] == "Healthy"


def test_a_cancelled_test_is_suspended_for_argo_cd(
    cluster: Kubectl, namespace: Kubectl, health: Any
) -> None:
    namespace.apply(load_test(seconds=300))
    wait_for_phase(namespace, "Running")
    cancel(namespace)
    wait_for_end(namespace)

    assert health(namespace.get("plt", "shop"))[0] == "Suspended"
