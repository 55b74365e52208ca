"""Short load tests, and what there is to wait for and to look at; every wait has a limit."""

import gzip
import json
import time
from base64 import b64decode
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from uuid import uuid4

import pytest

from tests.cluster.kubectl import Kubectl, KubectlFailed, Manifest
from tests.cluster.place import ROOT

DATABASE = ROOT / "manifests" / "samples" / "database.yaml"
PHASE_SECONDS = 90.0
END_SECONDS = 150.0
GONE_SECONDS = 75.0
"""Above the 30 s that a pod has to end, on a machine that is busy with other tests."""
KINDS = "pods,jobs,statefulsets,services,secrets,configmaps,plt"
THE_DATABASE: Manifest = {
    "type": "StatefulSet",
    "statefulSet": {"name": "surreal"},
    "auth": {"secretRef": {"name": "surreal-root"}},
}
"""The one of the samples."""
NOT_THERE: Manifest = {"type": "StatefulSet", "statefulSet": {"name": "not-there"}}
NO_IMAGE: Manifest = {"pod": {"image": "localhost/not-there:1"}}

NEEDS_OPERATOR = pytest.mark.xdist_group("needs the operator all the time")
"""For tests that mind a pause of some seconds, and for the one that makes such pauses."""

Found = TypeVar("Found")


def load_test(name: str = "shop", *, seconds: int = 3, **spec: Any) -> Manifest:
    """A test of two workers on one runner, with a database of its own.

    Args:
        name: of the test.
        seconds: how long the load lasts.
        spec: parts of the spec that are added, or that replace these.
    """
    return {
        "apiVersion": "purreal.dev/v1alpha1",
        "kind": "PoolLoadTest",
        "metadata": {"name": name},
        "spec": {
            "pool": {"minSize": 1, "maxSize": 4},
            "workload": mix(query="RETURN 1", thinkTimeMilliseconds=50),
            "load": {"closed": {"workers": 2}, "stop": {"durationSeconds": seconds}},
            "deadlines": {"collectSeconds": 120},
            **spec,
        },
    }


def nowhere() -> Manifest:
    """A target that is not there, and that no other test waits for."""
    return {"type": "URL", "url": {"endpoint": f"ws://{uuid4().hex[:8]}.invalid:8000"}}


def mix(**entry: Any) -> Manifest:
    """A workload of one kind of operation."""
    return {"type": "Mix", "mix": [{"name": "read", **entry}]}


def start_database(namespace: Kubectl) -> None:
    """Make the samples' StatefulSet and wait until it can be used."""
    namespace.apply(DATABASE)
    namespace.run("rollout", "status", "statefulset/surreal", "--timeout=90s", seconds=100.0)


def cancel(namespace: Kubectl, name: str = "shop") -> None:
    """Ask for the end of a test."""
    namespace.patch("plt", name, {"spec": {"desiredState": "Cancelled"}})


def wait_for_phase(namespace: Kubectl, phase: str, name: str = "shop") -> None:
    """Wait until a test is in a phase that it stays in for a while."""
    namespace.wait(f"plt/{name}", f"jsonpath={{.status.phase}}={phase}", seconds=PHASE_SECONDS)


def wait_for_end(
    namespace: Kubectl, name: str = "shop", *, seconds: float = END_SECONDS
) -> dict[str, Any]:
    """Wait for the one condition that every test comes to; returns the status."""
    namespace.wait(f"plt/{name}", "condition=Finished", seconds=seconds)
    return status_of(namespace, name)


def status_of(namespace: Kubectl, name: str = "shop") -> dict[str, Any]:
    """The status, empty before there is one."""
    found: dict[str, Any] = namespace.get("plt", name).get("status", {})
    return found


def condition(status: dict[str, Any], kind: str) -> dict[str, str]:
    """One condition of a status."""
    return next(each for each in status["conditions"] if each["type"] == kind)


def verdict_and_reason(status: dict[str, Any]) -> tuple[str, str]:
    """What came out of a finished run, in two words."""
    return status["verdict"], condition(status, "Finished")["reason"]


def report_of(namespace: Kubectl, status: dict[str, Any]) -> dict[str, Any]:
    """The full report of a finished run."""
    where = status["report"]
    stored = namespace.get("configmap", where["configMap"])["binaryData"][where["key"]]
    report: dict[str, Any] = json.loads(gzip.decompress(b64decode(stored)))
    return report


def events_of(namespace: Kubectl, name: str = "shop") -> list[str]:
    """What was told about a test, as `reason: message`."""
    about = f"--field-selector=involvedObject.kind=PoolLoadTest,involvedObject.name={name}"
    found = namespace.find("events", options=[about])
    return [f"{event['reason']}: {event['message']}" for event in found]


def things_in(namespace: Kubectl) -> set[str]:
    """All that a test could leave behind, as `Kind/name`."""
    found = {f"{thing['kind']}/{thing['metadata']['name']}" for thing in namespace.find(KINDS)}
    return found - {"ConfigMap/kube-root-ca.crt"}


def wait_until_left(namespace: Kubectl, expected: Iterable[str]) -> None:
    """Wait until these things are in the namespace and nothing else."""
    wanted = set(expected)

    def are_left() -> bool:
        return things_in(namespace) == wanted

    try:
        eventually(are_left, seconds=GONE_SECONDS)
    except AssertionError:
        left = things_in(namespace)
        raise AssertionError(f"{sorted(left)} are left, not {sorted(wanted)}") from None


def eventually(look: Callable[[], Found | None], *, seconds: float = 60.0) -> Found:
    """What `look` returns once it is something; what it asks for may not be there yet.

    Raises:
        AssertionError: it never was.
    """
    deadline = time.monotonic() + seconds
    failure: KubectlFailed | None = None
    while time.monotonic() < deadline:
        try:
            if found := look():
                return found
        except KubectlFailed as error:
            failure = error
        time.sleep(0.3)
    raise AssertionError(f"not within {seconds:g} s: {look.__qualname__}") from failure
