"""Finds the cluster that the tests run on, and starts the testbed; installs nothing on it.

Two are possible: the one in KUBECONFIG, if PURREAL_TEST_CLUSTER=1 says so (it must have the
image that manifests/operator.yaml names); else the testbed, which needs root.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.kubectl import Kubectl

ROOT = Path(__file__).parents[2]
HOW_TO_GET_ONE = (
    "tests/cluster left out: set PURREAL_TEST_CLUSTER=1 and KUBECONFIG to run them on a cluster of "
    "yours, or name the testbed's program in TESTBED and be root"
)
_STANDARD_TESTBED = ROOT.parent / "shared" / "testbed" / "testbed"
_UP_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Testbed:
    """A cluster on this machine that takes images from this machine.

    Attributes:
        program: path of the testbed's program.
    """

    __test__ = False  # pytest takes classes by their names

    program: Path

    def run(self, *arguments: str, seconds: float = 60.0) -> str:
        """Run one of its commands and return what it printed.

        Raises:
            pytest.fail.Exception: it failed; the message ends with what it printed last.
            subprocess.TimeoutExpired: it did not end within `seconds`.
        """
        done = subprocess.run(
            [str(self.program), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=seconds,
        )
        if done.returncode != 0:
            last = "\n".join(done.stdout.splitlines()[-30:])
            pytest.fail(f"testbed {arguments[0]} failed:\n{last}", pytrace=False)
        return done.stdout

    def up(self) -> Kubectl:
        """Start it, unless it runs."""
        kubectl = self._kubectl()
        if not _answers(kubectl):
            self.run("up", seconds=_UP_SECONDS)
        return kubectl

    def _kubectl(self) -> Kubectl:
        script = 'eval "$("$0" env)" && printf "%s\n%s" "$KUBECONFIG" "${PATH%%:*}/kubectl"'
        words = subprocess.run(
            ["bash", "-c", script, str(self.program)],
            capture_output=True,
            text=True,
            check=True,
            timeout=30.0,
        ).stdout.splitlines()
        return Kubectl(program=words[1], kubeconfig=words[0])


@dataclass(frozen=True, slots=True)
class GivenCluster:
    """A cluster that somebody else runs.

    Attributes:
        kubeconfig: how to reach it.
    """

    kubeconfig: str

    def up(self) -> Kubectl:
        """Check that it answers."""
        kubectl = Kubectl(program="kubectl", kubeconfig=self.kubeconfig)
        if not _answers(kubectl):
            pytest.fail(f"the cluster in KUBECONFIG={self.kubeconfig} does not answer")
        return kubectl


Place = Testbed | GivenCluster


def find_place() -> Place | None:
    """The cluster to run on; None: there is none.

    Raises:
        pytest.UsageError: PURREAL_TEST_CLUSTER=1 without KUBECONFIG.
    """
    if os.environ.get("PURREAL_TEST_CLUSTER") == "1":
        kubeconfig = os.environ.get("KUBECONFIG")
        if not kubeconfig:
            raise pytest.UsageError("PURREAL_TEST_CLUSTER=1 wants a cluster in KUBECONFIG")
        return GivenCluster(kubeconfig)
    program = Path(os.environ.get("TESTBED") or _STANDARD_TESTBED)
    if os.access(program, os.X_OK) and os.geteuid() == 0:
        return Testbed(program)
    return None


def _answers(kubectl: Kubectl) -> bool:
    try:
        return kubectl.attempt("get", "--raw=/readyz", seconds=15.0).returncode == 0
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
