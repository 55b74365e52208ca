"""The fake server of `purreal.testing` on the cluster: a StatefulSet and its Service, no data."""

from tests.cluster.installation import IMAGE
from tests.cluster.kubectl import Kubectl, Manifest

NAME = "fake"
PORT = 8000
ENDPOINT = f"ws://{NAME}:{PORT}"
STATEFUL_SET: Manifest = {"type": "StatefulSet", "statefulSet": {"name": NAME, "port": PORT}}
URL: Manifest = {"type": "URL", "url": {"endpoint": ENDPOINT}}
_READY_SECONDS = 60.0
_LABELS = {"app": NAME}


def start_fake_database(namespace: Kubectl, latency: str) -> None:
    """Make it and wait until it can be used.

    Args:
        namespace: where to.
        latency: of its answers, as `--latency` takes it.
    """
    service = {"clusterIP": "None", "selector": _LABELS, "ports": [{"port": PORT}]}
    metadata = {"name": NAME}
    namespace.apply({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service})
    namespace.apply(_stateful_set(latency))
    namespace.run(
        "rollout",
        "status",
        f"statefulset/{NAME}",
        f"--timeout={_READY_SECONDS:.0f}s",
        seconds=_READY_SECONDS + 15.0,
    )


def crash_fake_database(namespace: Kubectl) -> None:
    """End its process; the container is started again in the same pod."""
    namespace.execute(f"{NAME}-0", "sh", "-c", "kill 1")


def _stateful_set(latency: str) -> Manifest:
    arguments = ["--bind", f"0.0.0.0:{PORT}", "--latency", latency, "--seed", "7"]
    container = {
        "name": NAME,
        "image": IMAGE,
        "command": ["python", "-m", "purreal.testing", *arguments],
        "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    pod = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 5,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": NAME},
        "spec": {
            "serviceName": NAME,
            "replicas": 1,
            "selector": {"matchLabels": _LABELS},
            "template": {"metadata": {"labels": _LABELS}, "spec": pod},
        },
    }
