"""The run of a test on the cluster, as its users see and disturb it; starts and judges nothing."""

import base64
import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from purreal_operator.objects.names import REPORT_KEY, Component, RunNames
from purreal_operator.status.model import Condition, PoolLoadTestStatus
from purreal_operator.status.words import ConditionType, Phase
from purreal_runner.document.kubernetes import GROUP, VERSION
from purreal_runner.report.model import Report
from tests.cluster.installation import OPERATOR_NAMESPACE
from tests.cluster.kubectl import Kubectl, Manifest

PHASE_SECONDS = 120.0
FINISH_SECONDS = 180.0
_GONE_SECONDS = 60.0
_AT_ONCE = ("--force", "--grace-period=0")


@dataclass(frozen=True, slots=True)
class Run:
    """The first run of a test.

    Attributes:
        namespace: where it is.
        name: of the test.
    """

    namespace: Kubectl
    name: str

    @property
    def names(self) -> RunNames:
        """What its objects are called."""
        return RunNames(self.name, 1)

    def until(self, phase: Phase) -> None:
        """Wait until it is in that phase."""
        self._wait(f"jsonpath={{.status.phase}}={phase}", PHASE_SECONDS)

    def until_ready(self, runners: int) -> None:
        """Wait until so many runners are ready, while others are not."""
        self._wait(f"jsonpath={{.status.runners.ready}}={runners}", PHASE_SECONDS)

    def until_loaded(self) -> None:
        """Wait until runners have said that their load has begun."""
        self._wait("jsonpath={.status.runners.startSkewMicroseconds}", PHASE_SECONDS)

    def finish(self) -> PoolLoadTestStatus:
        """Wait for its end."""
        self._wait("condition=Finished", FINISH_SECONDS)
        return self.status()

    def until_removed(self) -> None:
        """Wait until all that was made for it is gone, but the report."""
        for what in (f"configmap/{self.names.plan}", f"job/{self.names.job}"):
            self.namespace.wait(what, "delete", seconds=_GONE_SECONDS)

    def status(self) -> PoolLoadTestStatus:
        """What the operator says of it."""
        found = self.namespace.get("plt", self.name)
        return PoolLoadTestStatus.model_validate(found["status"])

    def report(self) -> Report:
        """The report, once it is finished."""
        found = self.namespace.get("configmap", self.names.report)
        packed = base64.b64decode(found["binaryData"][REPORT_KEY])
        return Report.model_validate_json(gzip.decompress(packed))

    def pod(self, index: int) -> str:
        """The name of the pod of that runner, the latest one."""
        selector = (
            f"{self.names.selector(Component.RUNNER)},"
            f"batch.kubernetes.io/job-completion-index={index}"
        )
        pods = self.namespace.find(
            "pods", selector, options=("--sort-by=.metadata.creationTimestamp",)
        )
        name: str = pods[-1]["metadata"]["name"]
        return name

    def _wait(self, condition: str, seconds: float) -> None:
        self.namespace.wait(f"plt/{self.name}", condition, seconds=seconds)


def start(namespace: Kubectl, name: str, spec: Mapping[str, Any]) -> Run:
    """Apply a test."""
    namespace.apply(
        {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": "PoolLoadTest",
            "metadata": {"name": name},
            "spec": spec,
        }
    )
    return Run(namespace, name)


def condition(status: PoolLoadTestStatus, kind: ConditionType) -> Condition:
    """One condition of a status."""
    return next(each for each in status.conditions if each.type is kind)


def outcome(status: PoolLoadTestStatus, kind: ConditionType) -> tuple[str, str]:
    """Whether a condition holds, and the reason."""
    found = condition(status, kind)
    return found.status.value, found.reason


def kill(namespace: Kubectl, pod: str, *, gently: bool = False) -> None:
    """Delete a pod: as a drained node does it, or without asking."""
    namespace.delete("pod", pod, *(() if gently else _AT_ONCE))


def kill_operator(cluster: Kubectl) -> None:
    """Kill the operator; its Deployment makes another one."""
    system = cluster.inside(OPERATOR_NAMESPACE)
    for pod in system.find("pods", "app.kubernetes.io/name=purreal-operator"):
        kill(system, pod["metadata"]["name"])


def thinking(milliseconds: int) -> Manifest:
    """A workload of the shortest query, with a pause after each, so that a run lasts."""
    think = {"name": "short", "query": "RETURN 1", "thinkTimeMilliseconds": milliseconds}
    return {"type": "Mix", "mix": [think]}


def python_workload(namespace: Kubectl, code: str) -> dict[str, Any]:
    """Store a workload's file in a ConfigMap."""
    metadata = {"name": "workload"}
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    namespace.apply({**config_map, "data": {"load.py": code}})
    reference = {"name": "workload", "key": "load.py"}
    return {"type": "Python", "python": {"configMapRef": reference}}
