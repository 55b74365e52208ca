"""Security settings that pass the `restricted` Pod Security Standard; knows no kind of pod."""

from purreal_operator.objects.metadata import Manifest


def pod_security() -> Manifest:
    """Settings of a pod: not root, no fixed user (some clusters assign one)."""
    return {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


def container_security() -> Manifest:
    """Settings of a container: no way to more rights, nothing to write but its volumes."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
