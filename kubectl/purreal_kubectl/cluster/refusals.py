"""What the API server's refusals mean for a user of the plugin, in words; sends nothing."""

import json
from typing import Any

from purreal_operator.cluster.errors import ClusterError, Forbidden, Gone, Unavailable

_RIGHTS = "docs/kubectl-plugin.md has a ClusterRole with all rights that the plugin needs"


def missing(body: bytes, name: str, namespace: str) -> Gone:
    """The error for status 404: the kind, the namespace or the test may be what is missing."""
    about = _details(body)
    if about is None:
        return Gone(
            "this cluster does not know PoolLoadTests: the operator's resource is not installed "
            "(kubectl apply -f manifests/crd.yaml -f manifests/operator.yaml, or its Helm chart)"
        )
    if about.get("kind") == "namespaces":
        return Gone(f"there is no namespace {about.get('name') or namespace}")
    return Gone(f"there is no PoolLoadTest {name} in namespace {namespace}")


def explained(error: ClusterError) -> str:
    """An error of the cluster with what to do about it."""
    words = str(error)
    if isinstance(error, Forbidden):
        if "Unauthorized" in words:
            return (
                f"{words}: the cluster does not know who asks; its credentials may have expired "
                "(kubectl auth whoami)"
            )
        return f"{words}\na right is missing: {_RIGHTS}"
    if isinstance(error, Unavailable):
        return (
            f"{words}\nis the cluster running, and is it the right one? (kubectl cluster-info; "
            "--context, --kubeconfig)"
        )
    return words


def _details(body: bytes) -> dict[str, Any] | None:
    """What is missing; None if the path itself is not known, which is no `Status`."""
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return dict(answer.get("details") or {}) if isinstance(answer, dict) else None
