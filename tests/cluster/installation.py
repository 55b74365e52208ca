"""Puts our image, the database's and our manifests on the cluster; knows no test."""

import fcntl
from collections.abc import Callable
from pathlib import Path

from tests.cluster.kubectl import Kubectl
from tests.cluster.place import ROOT, Place, Testbed
from tests.cluster.runs import eventually

OPERATOR_NAMESPACE = "purreal-system"
OPERATOR = "deployment/purreal-operator"
IMAGE = "localhost/purreal:dev"
DATABASE_IMAGE = "docker.io/surrealdb/surrealdb:v3.3.5"
_BUILD_SECONDS = 600.0
_LOAD_SECONDS = 120.0
_READY_SECONDS = 120


def install_resource(kubectl: Kubectl) -> None:
    """Make `PoolLoadTest` known to the API server."""
    kubectl.run(
        "apply", "--server-side", "--force-conflicts", "-f", str(ROOT / "manifests/crd.yaml")
    )
    wait_for_resource(kubectl, "poolloadtests.purreal.dev")


def wait_for_resource(kubectl: Kubectl, name: str) -> None:
    """Wait until the API server serves it; `kubectl wait` fails while it has no conditions yet."""

    def is_established() -> bool:
        conditions = kubectl.get("crd", name)["status"].get("conditions") or ()
        return any((one["type"], one["status"]) == ("Established", "True") for one in conditions)

    eventually(is_established, seconds=30.0)


def install_images(kubectl: Kubectl, place: Place) -> None:
    """Build our image and load it and the database's, where the cluster takes images from here."""
    if not isinstance(place, Testbed):
        return
    place.run("build-image", IMAGE, str(ROOT), seconds=_BUILD_SECONDS)
    place.run("load", IMAGE, seconds=_LOAD_SECONDS)
    if not _has_image(kubectl, DATABASE_IMAGE):
        place.run("surreal-image", seconds=_BUILD_SECONDS)
        place.run("load", DATABASE_IMAGE, seconds=_LOAD_SECONDS)


def install_operator(kubectl: Kubectl) -> None:
    """Start the operator and wait until it is ready."""
    system = kubectl.inside(OPERATOR_NAMESPACE)
    runs_already = system.attempt("get", OPERATOR).returncode == 0
    kubectl.apply(ROOT / "manifests" / "operator.yaml")
    if runs_already:  # from an image of the same name, which may have been another one
        system.run("rollout", "restart", OPERATOR)
    timeout = f"--timeout={_READY_SECONDS}s"
    system.run("rollout", "status", OPERATOR, timeout, seconds=_READY_SECONDS + 15.0)


def once(folder: Path, name: str, action: Callable[[], None]) -> None:
    """Let the first of all test processes do it; the others wait until it is done.

    Args:
        folder: the same for all processes of this test run, and for no other run.
        name: of the action.
        action: what to do.

    Raises:
        RuntimeError: another process has failed with it.
    """
    outcome = folder / f"{name}.done"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if outcome.exists():
            if reason := outcome.read_text():
                raise RuntimeError(f"{name} failed in another process: {reason}")
            return
        try:
            action()
        except BaseException as failure:
            outcome.write_text(f"{type(failure).__name__}: {failure}")
            raise
        outcome.write_text("")


def _has_image(kubectl: Kubectl, image: str) -> bool:
    nodes = kubectl.find("nodes")
    return all(
        any(image in (known.get("names") or ()) for known in node["status"].get("images", ()))
        for node in nodes
    )
