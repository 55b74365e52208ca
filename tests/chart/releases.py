"""Releases of the chart on a cluster: their values, how they come and go; knows no test."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.chart.helm import CHART, WAIT_SECONDS, Helm, HelmFailed, Values
from tests.cluster.kubectl import Kubectl
from tests.cluster.runs import eventually

_WAIT = ("--wait", f"--timeout={WAIT_SECONDS}s")
# the resource is there already, applied by kubectl
_TAKE = ("--take-ownership", "--force-conflicts", "--server-side=true")
IMAGE: Values = {"image": {"tag": "dev"}}
"""The image that `make image` builds."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release of the chart in a namespace that has nothing else.

    Attributes:
        helm: runs in that namespace.
        kubectl: too.
        name: of the release and of its objects; no other release has it.
        values: with which it is installed.
    """

    helm: Helm
    kubectl: Kubectl
    name: str
    values: Values

    @property
    def account(self) -> str:
        """The operator, as the authorizer knows it."""
        return f"system:serviceaccount:{self.helm.namespace}:{self.name}"

    def install(self, chart: Path = CHART, *, take: bool = True) -> None:
        """Install it and wait until it is ready.

        Args:
            chart: which version of it.
            take: also take over what is there and belongs to nobody's release.
        """
        arguments = ("install", self.name, str(chart), *_WAIT, *(_TAKE if take else ()))
        self.helm.run(*arguments, values=self._values({}))

    def upgrade(self, chart: Path = CHART, **more: Any) -> None:
        """Upgrade it, with more values, and wait until it is ready."""
        arguments = ("upgrade", self.name, str(chart), *_WAIT, *_TAKE[1:])
        self.helm.run(*arguments, values=self._values(more))

    def roll_back(self) -> None:
        """Go back to the revision before this one."""
        self.helm.run("rollback", self.name, *_WAIT, *_TAKE[1:])

    def test(self) -> str:
        """Run `helm test`; returns what it and its load test printed."""
        done = self.helm.attempt("test", self.name, f"--timeout={WAIT_SECONDS * 2}s")
        said = done.stdout + done.stderr
        if done.returncode != 0:
            raise HelmFailed(f"helm test: {said}")
        return said

    def uninstall(self) -> None:
        """Uninstall it, unless it is gone, and wait until its objects are."""
        self.helm.run("uninstall", self.name, "--ignore-not-found", *_WAIT)

    def objects(self) -> set[str]:
        """All objects on the cluster that have its labels, as `Kind/name`."""
        asked = ("api-resources", "--verbs=list", "--output=name")
        kinds = [kind for kind in self.kubectl.run(*asked).split() if not kind.startswith("event")]
        selector = f"app.kubernetes.io/instance={self.name}"
        found = self.kubectl.find(",".join(kinds), selector, options=("--all-namespaces",))
        return {f"{each['kind']}/{each['metadata']['name']}" for each in found}

    def wait_until_gone(self) -> None:
        """Wait until none of its objects is there."""
        eventually(lambda: not self.objects())

    def pod(self) -> str:
        """The name of the operator's pod."""
        selector = f"app.kubernetes.io/name={CHART.name},app.kubernetes.io/instance={self.name}"
        found = self.kubectl.find(
            "pods", selector, options=("--field-selector=status.phase=Running",)
        )
        return next(
            str(pod["metadata"]["name"])
            for pod in found
            if "deletionTimestamp" not in pod["metadata"]
        )

    def _values(self, more: Mapping[str, Any]) -> Values:
        return {**IMAGE, **self.values, **more}


def earlier_chart(folder: Path) -> Path:
    """The chart as an earlier version: its resource lacks a column of `kubectl get`."""
    copy = folder / "earlier" / CHART.name
    shutil.copytree(CHART, copy)
    about = yaml.safe_load((copy / "Chart.yaml").read_text())
    about["version"] = "0.9.0"
    (copy / "Chart.yaml").write_text(yaml.safe_dump(about))
    resource = copy / "files" / "crd.yaml"
    text, removed = re.subn(r"    - name: Grade\n(      .*\n)+", "", resource.read_text())
    assert removed == 1
    resource.write_text(text)
    return copy
