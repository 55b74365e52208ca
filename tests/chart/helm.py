"""`helm` as functions with types and time limits; knows no test and no value of our chart."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.kubectl import Kubectl
from tests.cluster.place import ROOT

CHART = ROOT / "charts" / "purreal-operator"
WAIT_SECONDS = 90
_MARGIN_SECONDS = 30.0

Values = Mapping[str, Any]


class HelmFailed(AssertionError):
    """A command ended with an error; the message has the command and what it printed."""


def helm_beside(kubectl: Kubectl) -> str | None:
    """The program beside that of kubectl, else on PATH; None: there is none."""
    beside = Path(kubectl.program).with_name("helm")
    return str(beside) if os.access(beside, os.X_OK) else shutil.which("helm")


@dataclass(frozen=True, slots=True)
class Helm:
    """Runs commands against one cluster.

    Attributes:
        program: path of the program.
        kubeconfig: which cluster, and who asks.
        namespace: of releases.
    """

    program: str
    kubeconfig: str
    namespace: str

    def attempt(
        self, *arguments: str, values: Values | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command that may fail; `values` are given to it as a file."""
        command = [self.program, *arguments, f"--namespace={self.namespace}"]
        if values is not None:
            command.append("--values=-")
        return subprocess.run(
            command,
            input=json.dumps(values) if values is not None else None,
            env={**os.environ, "KUBECONFIG": self.kubeconfig},
            capture_output=True,
            text=True,
            check=False,
            timeout=WAIT_SECONDS * 3 + _MARGIN_SECONDS,
        )

    def run(self, *arguments: str, values: Values | None = None) -> str:
        """Run a command and return what it printed.

        Raises:
            HelmFailed: it ended with an error.
            subprocess.TimeoutExpired: it did not end in time.
        """
        done = self.attempt(*arguments, values=values)
        if done.returncode != 0:
            raise HelmFailed(f"helm {' '.join(arguments)}: {done.stdout}{done.stderr}".strip())
        return done.stdout

    def template(self, name: str, values: Values, *options: str, chart: Path = CHART) -> str:
        """What the chart makes of the values, tests included."""
        return self.run("template", name, str(chart), *options, values=values)
