"""`kubectl` as functions with types and time limits; knows no test and none of our resources."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

_CALL_SECONDS = 60.0
_MARGIN_SECONDS = 15.0

Manifest = Mapping[str, Any]


class KubectlFailed(AssertionError):
    """A command ended with an error; the message has the command and what it printed."""


@dataclass(frozen=True, slots=True)
class Kubectl:
    """Runs commands against one cluster and, if it has one, in one namespace.

    Attributes:
        program: path of the program, or its name on PATH.
        kubeconfig: which cluster, and who asks.
        namespace: of all commands; None: what the cluster's configuration says.
    """

    program: str
    kubeconfig: str
    namespace: str | None = None

    def inside(self, namespace: str) -> "Kubectl":
        """The same in another namespace."""
        return replace(self, namespace=namespace)

    def attempt(
        self, *arguments: str, stdin: str | None = None, seconds: float = _CALL_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run a command that may fail.

        Raises:
            subprocess.TimeoutExpired: it did not end within `seconds`.
        """
        command = [self.program, f"--kubeconfig={self.kubeconfig}"]
        if self.namespace is not None:
            command.append(f"--namespace={self.namespace}")
        return subprocess.run(
            [*command, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def run(self, *arguments: str, stdin: str | None = None, seconds: float = _CALL_SECONDS) -> str:
        """Run a command and return what it printed.

        Raises:
            KubectlFailed: it ended with an error.
            subprocess.TimeoutExpired: it did not end within `seconds`.
        """
        done = self.attempt(*arguments, stdin=stdin, seconds=seconds)
        if done.returncode != 0:
            said = f"{done.stdout}{done.stderr}".strip()
            raise KubectlFailed(f"kubectl {' '.join(arguments)}: {said}")
        return done.stdout

    def apply(self, what: Path | Manifest) -> str:
        """Apply a file, or one object, with strict validation of its fields."""
        if isinstance(what, Path):
            return self.run("apply", "--validate=strict", "-f", str(what))
        return self.run("apply", "--validate=strict", "-f", "-", stdin=json.dumps(what))

    def attempt_apply(self, what: Manifest) -> subprocess.CompletedProcess[str]:
        """Apply one object that may be refused; the reason is in `stderr`."""
        return self.attempt("apply", "--validate=strict", "-f", "-", stdin=json.dumps(what))

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """One object."""
        found: dict[str, Any] = json.loads(self.run("get", kind, name, "--output=json"))
        return found

    def exists(self, kind: str, name: str) -> bool:
        """Whether there is such an object."""
        return self.run("get", kind, name, "--ignore-not-found", "--output=name") != ""

    def find(
        self, kind: str, selector: str = "", *, options: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """All objects of a kind, or of several (`pods,jobs`), that have the labels."""
        asked = self.run("get", kind, f"--selector={selector}", "--output=json", *options)
        found = json.loads(asked)
        items: list[dict[str, Any]] = found["items"]
        return items

    def wait(self, what: str, condition: str, *, seconds: float) -> None:
        """Wait until `what` (`pod/one`) has `condition` (`condition=Ready`, `delete`)."""
        self.run(
            "wait",
            what,
            f"--for={condition}",
            f"--timeout={seconds:.0f}s",
            seconds=seconds + _MARGIN_SECONDS,
        )

    def patch(self, kind: str, name: str, change: Manifest) -> None:
        """Change some fields of an object."""
        self.run("patch", kind, name, "--type=merge", f"--patch={json.dumps(change)}")

    def delete(self, kind: str, name: str, *options: str) -> None:
        """Delete an object that may be gone already, and do not wait until it is."""
        self.run("delete", kind, name, "--ignore-not-found", "--wait=false", *options)

    def execute(self, pod: str, *command: str, seconds: float = _CALL_SECONDS) -> str:
        """Run a command in a pod and return what it printed."""
        return self.run("exec", pod, "--", *command, seconds=seconds)

    def logs(self, what: str, *options: str) -> str:
        """The log of a pod, or of one pod of a Job or Deployment (`deployment/one`)."""
        return self.run("logs", what, *options)
