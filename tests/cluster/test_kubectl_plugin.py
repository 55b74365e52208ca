"""The plugin on a real cluster: whole commands, their exit codes, a terminal, and least rights."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from purreal_runner.report.formats import FILE_NAMES, Format
from tests.cluster.installation import IMAGE
from tests.cluster.kubectl import Kubectl, Manifest
from tests.cluster.place import ROOT
from tests.cluster.runs import eventually, load_test, status_of, wait_for_end, wait_for_phase
from tests.kubectl_plugin.terminal import Terminal

BIN = Path(sys.executable).parent
SAMPLES = ROOT / "manifests" / "samples"
GUIDE = ROOT / "docs" / "kubectl-plugin.md"
_SECONDS = 150.0


@dataclass(frozen=True, slots=True)
class Plugin:
    """Runs the plugin as a user would, in the test's namespace.

    Attributes:
        kubectl: which cluster and namespace, and who asks.
    """

    kubectl: Kubectl

    def run(
        self, *arguments: str, stdin: Manifest | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command line and return what came of it."""
        return subprocess.run(
            [*self._program, *arguments],
            input=json.dumps(stdin) if stdin else None,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )

    def expect(self, code: int, *arguments: str, stdin: Manifest | None = None) -> str:
        """Run a command line that ends with this exit code; returns what it printed."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == code, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def in_terminal(self, *arguments: str) -> Terminal:
        """Run a command line in a terminal."""
        command = [*self._program, *arguments]
        return Terminal(command, {**self._environment, "COLUMNS": "110", "LINES": "50"}, _SECONDS)

    @property
    def _program(self) -> list[str]:
        return [str(BIN / "kubectl-purreal"), f"--namespace={self.kubectl.namespace}"]

    @property
    def _environment(self) -> Mapping[str, str]:
        return {**os.environ, "KUBECONFIG": self.kubectl.kubeconfig}


@pytest.fixture
def plugin(cluster: Kubectl, namespace: Kubectl) -> Plugin:
    return Plugin(namespace)


def test_the_passing_sample_is_run_reported_in_every_format_and_listed(
    plugin: Plugin, tmp_path: Path
) -> None:
    sample = SAMPLES / "quickstart.yaml"

    printed = plugin.expect(0, "run", str(sample), "--wait", "--report-dir", str(tmp_path))

    assert printed.startswith(" PASSED  quickstart")
    assert {path.name for path in tmp_path.iterdir()} == set(FILE_NAMES.values())
    for form in Format:
        assert "quickstart" in plugin.expect(0, "report", "quickstart", "1", "-o", form)
    assert "quickstart   1     Finished   Passed" in plugin.expect(0, "list")
    assert "run 1, Passed (ThresholdsMet)" in plugin.expect(0, "status", "quickstart")


def test_the_failing_sample_fails_again_when_it_is_repeated_and_both_are_compared(
    plugin: Plugin,
) -> None:
    first = plugin.expect(99, "run", str(SAMPLES / "failing.yaml"), "--wait", "-o", "json")
    second = plugin.expect(99, "rerun", "failing", "--wait", "-o", "json")

    runs = [json.loads(report)["onCluster"]["run"] for report in (first, second)]
    assert runs == [1, 2]
    compared = json.loads(plugin.expect(0, "compare", "failing:1", "failing", "-o", "json"))
    assert [compared[side]["run"] for side in ("before", "after")] == [1, 2]
    assert compared["sameTask"] is True


def test_an_unchanged_file_runs_again(plugin: Plugin) -> None:
    for _ in range(2):
        plugin.expect(0, "run", "-", "--wait", stdin=load_test(seconds=1))

    status = status_of(plugin.kubectl)
    assert [entry["run"] for entry in status["history"]] == [2, 1]


def test_a_run_that_is_on_is_joined_and_a_changed_document_refused(plugin: Plugin) -> None:
    plugin.expect(0, "run", "-", stdin=load_test(seconds=8))
    wait_for_phase(plugin.kubectl, "Running")

    refused = plugin.run("run", "-", stdin=load_test(seconds=7))
    plugin.expect(0, "run", "-", "--wait", stdin=load_test(seconds=8))

    assert refused.returncode == 1
    assert "spec can't change while a run is active" in refused.stderr
    assert "kubectl purreal cancel shop --wait" in refused.stderr
    assert status_of(plugin.kubectl)["run"] == 1


def test_what_the_api_server_refuses_is_an_invalid_document(plugin: Plugin) -> None:
    document = load_test(runners={"pod": {"image": "UPPER CASE"}, "replicas": 1})

    done = plugin.run("run", "-", stdin=document)

    assert done.returncode == 104
    assert "spec.runners.pod.image" in done.stderr


def test_a_cancelled_run_ends_so_for_who_watches_it_and_the_next_one_runs(plugin: Plugin) -> None:
    plugin.expect(0, "run", "-", stdin=load_test(seconds=300))
    wait_for_phase(plugin.kubectl, "Running")

    assert "run 1 of shop: Cancelled" in plugin.expect(0, "cancel", "shop", "--wait")

    assert plugin.expect(105, "watch", "shop").startswith(" CANCELLED  shop")
    assert "is over already: Cancelled" in plugin.expect(0, "cancel", "shop")
    plugin.expect(0, "run", "-", "--wait", stdin=load_test(seconds=2))


def test_a_run_that_is_not_over_in_time_goes_on(plugin: Plugin) -> None:
    done = plugin.run("run", "-", "--wait", "--timeout", "2s", stdin=load_test(seconds=2))

    assert done.returncode == 102
    assert "it goes on" in done.stderr
    assert wait_for_end(plugin.kubectl)["verdict"] == "Completed"


def test_the_logs_of_all_runners_are_followed_to_their_ends(plugin: Plugin) -> None:
    plugin.expect(0, "run", "-", stdin=load_test(runners={"replicas": 2}))
    wait_for_phase(plugin.kubectl, "Starting")

    lines = plugin.expect(0, "logs", "shop", "--follow").splitlines()

    for index in (0, 1):
        (last,) = [
            line for line in lines if re.match(rf"\[{index} shop-1-{index}-\w+\] .*done$", line)
        ]
        assert last
    assert all(re.match(r"\[[01] shop-1-[01]-\w+\] ", line) for line in lines)


def test_ctrl_c_in_a_terminal_cancels_the_run_after_a_yes(plugin: Plugin, tmp_path: Path) -> None:
    terminal = plugin.in_terminal("run", document_in(tmp_path, seconds=300), "--wait")
    terminal.wait_for("shop · run 1 · Running")
    terminal.wait_for(" operations · ")

    terminal.type("\x03")
    terminal.wait_for("cancel the run of shop? [y/N]")
    terminal.type("y\n")

    assert terminal.end() == 105
    assert " CANCELLED  shop" in terminal.shown


def test_ctrl_c_in_a_terminal_leaves_the_run_on_without_a_yes(
    plugin: Plugin, tmp_path: Path
) -> None:
    terminal = plugin.in_terminal("run", document_in(tmp_path, seconds=15), "--wait")
    terminal.wait_for("shop · run 1 · ")

    terminal.type("\x03")
    terminal.wait_for("cancel the run of shop? [y/N]")
    terminal.type("\n")

    assert terminal.end() == 105
    assert "the run of shop goes on" in terminal.shown
    assert plugin.expect(0, "watch", "shop").startswith(" COMPLETED  shop")


def test_a_terminal_shows_what_each_runner_does(plugin: Plugin, tmp_path: Path) -> None:
    document = document_in(tmp_path, seconds=30, runners={"replicas": 2})
    terminal = plugin.in_terminal("run", document, "--wait")
    terminal.wait_for("STATE")
    rows = [rf"{index} +shop-1-{index}-\w+ +[\w.-]+ +0 +running" for index in (0, 1)]

    def are_in_the_status() -> bool:
        status = plugin.expect(0, "status", "shop")
        return all(re.search(row, status) for row in rows)

    eventually(are_in_the_status)

    assert terminal.end() == 0
    for row in rows:
        assert re.search(row, terminal.shown)


def test_who_may_not_list_pods_follows_a_run_without_the_table(
    plugin: Plugin, tmp_path: Path
) -> None:
    rules = [rule for rule in documented_rules() if "pods" not in rule["resources"]]
    user = user_with(rules, plugin.kubectl, tmp_path)

    terminal = user.in_terminal("run", document_in(tmp_path, seconds=2), "--wait")

    assert terminal.end() == 0
    assert "no table of runners: that needs the right to list pods" in terminal.shown
    assert "RESTARTS" not in terminal.shown


def test_kubectl_finds_the_plugin_and_completes_names_of_tests(plugin: Plugin) -> None:
    kubectl = plugin.kubectl
    kubectl.apply(load_test(desiredState="Cancelled"))
    wait_for_end(kubectl)
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "KUBECONFIG": kubectl.kubeconfig,
    }

    def printed(*arguments: str) -> str:
        return subprocess.run(
            [kubectl.program, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=_SECONDS,
        ).stdout

    assert "shop" in printed("purreal", "list", "-n", str(kubectl.namespace))
    completed = printed("__complete", "purreal", "status", "-n", str(kubectl.namespace), "")
    assert completed.splitlines() == ["shop\tCancelled", ":4"]


def test_the_role_of_the_documentation_is_enough_and_not_more(
    plugin: Plugin, tmp_path: Path
) -> None:
    user = user_with(documented_rules(), plugin.kubectl, tmp_path)

    user.expect(0, "run", "-", "--wait", stdin=load_test(seconds=2))
    user.expect(0, "rerun", "shop")
    wait_for_phase(plugin.kubectl, "Running")
    user.expect(0, "logs", "shop")
    user.expect(0, "cancel", "shop", "--wait")
    for command in (
        ["status", "shop"],
        ["report", "shop"],
        ["compare", "shop:1", "shop"],
        ["list"],
    ):
        user.expect(0, *command)

    for verb, what in (("delete", "plt"), ("get", "secrets"), ("create", "pods"), ("get", "pods")):
        assert user.kubectl.attempt("auth", "can-i", verb, what).stdout == "no\n"


def test_a_missing_right_is_named(plugin: Plugin, tmp_path: Path) -> None:
    plugin.expect(0, "run", "-", stdin=load_test(seconds=60))
    eventually(lambda: plugin.run("logs", "shop").returncode == 0)

    for resource, command in (("poolloadtests", "status"), ("pods", "logs"), ("pods/log", "logs")):
        rules = [rule for rule in documented_rules() if resource not in rule["resources"]]
        done = user_with(rules, plugin.kubectl, tmp_path).run(command, "shop")
        assert done.returncode == 1
        assert f'resource "{resource}"' in done.stderr
        assert "a right is missing: docs/kubectl-plugin.md" in done.stderr


def test_in_a_pod_it_uses_the_service_account_and_its_namespace(
    plugin: Plugin, tmp_path: Path
) -> None:
    kubectl = plugin.kubectl
    user_with(documented_rules(), kubectl, tmp_path)
    kubectl.apply(pod_with(["kubectl-purreal", "list"]))

    kubectl.wait("pod/plugin", "jsonpath={.status.phase}=Succeeded", seconds=60.0)

    assert kubectl.logs("plugin") == f"no tests in {kubectl.namespace}\n"


def document_in(folder: Path, **options: Any) -> str:
    """A file with a test."""
    file = folder / "loadtest.json"
    file.write_text(json.dumps(load_test(**options)))
    return str(file)


def documented_rules() -> list[dict[str, Any]]:
    """The rules of the ClusterRole in the documentation."""
    for block in re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL):
        document = yaml.safe_load(block)
        if document.get("kind") == "ClusterRole":
            rules: list[dict[str, Any]] = document["rules"]
            return rules
    raise AssertionError(f"{GUIDE} has no ClusterRole")


def user_with(rules: list[dict[str, Any]], kubectl: Kubectl, folder: Path) -> Plugin:
    """The plugin for somebody who has these rights in the namespace, and no others."""
    account = {"kind": "ServiceAccount", "name": "user"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "user"}
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "user"}}
    kubectl.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "user"}})
    kubectl.apply({**rbac, "kind": "Role", "rules": rules})
    subjects = [{**account, "namespace": kubectl.namespace}]
    kubectl.apply({**rbac, "kind": "RoleBinding", "roleRef": role, "subjects": subjects})
    config = json.loads(kubectl.run("config", "view", "--raw", "--minify", "--output=json"))
    config["users"][0]["user"] = {"token": kubectl.run("create", "token", "user").strip()}
    file = folder / "kubeconfig"
    file.write_text(json.dumps(config))
    return Plugin(Kubectl(kubectl.program, str(file), kubectl.namespace))


def pod_with(command: list[str]) -> Manifest:
    """A pod of our image that runs a command as the user."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "plugin"},
        "spec": {
            "serviceAccountName": "user",
            "restartPolicy": "Never",
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "plugin",
                    "image": IMAGE,
                    "imagePullPolicy": "IfNotPresent",
                    "command": command,
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                }
            ],
        },
    }
