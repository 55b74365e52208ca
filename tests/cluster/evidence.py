"""Says what a cluster looks like when a test has failed; changes nothing and never fails itself."""

import subprocess

from tests.cluster.installation import OPERATOR, OPERATOR_NAMESPACE
from tests.cluster.kubectl import Kubectl

_CALL_SECONDS = 20.0
_OPERATOR_LINES = 150
_RUNNER_LINES = 40


def evidence(namespace: Kubectl) -> str:
    """All that explains a failure in `namespace`: tests, pods, events, logs, and the operator."""
    parts = [
        _said(namespace, "get", "plt,jobs,statefulsets,pods,configmaps", "--output=wide"),
        _said(namespace, "describe", "plt"),
        _said(namespace, "describe", "pods"),
        _said(namespace, "get", "events", "--sort-by=.metadata.creationTimestamp"),
        *(_log(namespace, pod) for pod in _pods(namespace)),
        operator_evidence(namespace),
    ]
    return "\n".join(parts)


def operator_evidence(kubectl: Kubectl) -> str:
    """How the operator fares and what it said."""
    system = kubectl.inside(OPERATOR_NAMESPACE)
    tail = f"--tail={_OPERATOR_LINES}"
    parts = [
        _said(system, "get", "pods", "--output=wide"),
        _said(system, "get", "events", "--sort-by=.metadata.creationTimestamp"),
        _said(system, "logs", OPERATOR, tail),
        _said(system, "logs", OPERATOR, "--previous", tail),
    ]
    return "\n".join(parts)


def _pods(namespace: Kubectl) -> list[str]:
    return _ask(namespace, "get", "pods", "--output=name").split()


def _log(namespace: Kubectl, pod: str) -> str:
    return _said(namespace, "logs", pod, "--all-containers", f"--tail={_RUNNER_LINES}")


def _said(kubectl: Kubectl, *arguments: str) -> str:
    return f"$ kubectl -n {kubectl.namespace} {' '.join(arguments)}\n{_ask(kubectl, *arguments)}"


def _ask(kubectl: Kubectl, *arguments: str) -> str:
    try:
        done = kubectl.attempt(*arguments, seconds=_CALL_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as failure:
        return f"no answer: {failure}"
    return done.stdout + done.stderr
