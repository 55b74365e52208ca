"""Runner pods as the API server lists them."""

from collections.abc import Mapping
from typing import Any

CREATED = "2026-01-31T12:00:00Z"


def pod(
    index: int,
    phase: str = "Running",
    *,
    node: str = "node-1",
    container: Mapping[str, Any] | None = None,
    conditions: Mapping[str, str] | None = None,
    name: str = "",
    created: str = CREATED,
    failures: str = "0",
    restarts: int = 0,
) -> dict[str, Any]:
    """A pod of a runner.

    Args:
        index: of the runner.
        phase: of the pod.
        node: where it is; empty: nowhere yet.
        container: state of its container.
        conditions: those that are true, with the reason of each.
        name: its own; empty: one that ends with the index.
        created: when.
        failures: of the same index, before this pod.
        restarts: of its container.
    """
    name = name or f"shop-3-{index}-abcde"
    status: dict[str, Any] = {
        "phase": phase,
        "conditions": [
            {"type": kind, "status": "True", "reason": reason, "message": ""}
            for kind, reason in (conditions or {}).items()
        ],
    }
    if container is not None or restarts:
        state = {"name": "runner", "restartCount": restarts, "state": dict(container or {})}
        status["containerStatuses"] = [state]
    return {
        "metadata": {
            "name": name,
            "uid": f"uid-of-{name}",
            "creationTimestamp": created,
            "annotations": {
                "batch.kubernetes.io/job-completion-index": str(index),
                "batch.kubernetes.io/job-index-failure-count": failures,
            },
        },
        "spec": {"nodeName": node} if node else {},
        "status": status,
    }


def unschedulable(index: int, message: str) -> dict[str, Any]:
    """A pod that no node has room for."""
    found = pod(index, "Pending", node="")
    found["status"]["conditions"] = [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    ]
    return found


def ended_with(code: int, message: str = "") -> dict[str, Any]:
    """The state of a container that ended."""
    return {"terminated": {"exitCode": code, "reason": "Error", "message": message}}
