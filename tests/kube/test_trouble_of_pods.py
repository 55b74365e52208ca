"""What is wrong with a pod, from statuses as kubelet, scheduler and controllers write them."""

from dataclasses import dataclass
from typing import Any

import pytest

from purreal_operator.cluster.trouble import (
    ContainerEnd,
    PodTrouble,
    TroubleKind,
    last_end_of_pod,
    trouble_of_events,
    trouble_of_pod,
)

Json = dict[str, Any]


def pod(phase: str = "Running", **status: Any) -> Json:
    return {"status": {"phase": phase, **status}}


def pod_with(state: Json, last: Json | None = None, phase: str = "Running") -> Json:
    container = {"name": "runner", "image": "own:1", "state": state, "lastState": last or {}}
    return pod(phase, containerStatuses=[container])


def waiting(reason: str, message: str | None = None) -> Json:
    return {"waiting": {"reason": reason} | ({"message": message} if message else {})}


def ended(code: int, reason: str = "Error", message: str | None = None) -> Json:
    words = {"message": message} if message else {}
    return {"terminated": {"exitCode": code, "reason": reason, **words}}


RUNNING: Json = {"running": {"startedAt": "2026-01-02T03:04:05Z"}}


@pytest.mark.parametrize(
    "fine",
    [
        {},
        pod("Pending"),
        pod_with(RUNNING),
        pod_with(waiting("ContainerCreating"), phase="Pending"),
        pod_with(waiting("PodInitializing"), phase="Pending"),
        pod_with(ended(0, "Completed"), phase="Succeeded"),
        pod_with(RUNNING, last=ended(1)),
        pod("Pending", conditions=[{"type": "PodScheduled", "status": "True"}]),
    ],
)
def test_a_pod_that_waits_works_or_ended_well_has_no_trouble(fine: Json) -> None:
    assert trouble_of_pod(fine) is None


@pytest.mark.parametrize(
    ("broken", "kind", "message"),
    [
        (
            pod_with(waiting("ErrImagePull", "not\n found"), phase="Pending"),
            TroubleKind.IMAGE_PULL,
            "ErrImagePull: not found",
        ),
        (
            pod_with(waiting("ImagePullBackOff"), phase="Pending"),
            TroubleKind.IMAGE_PULL,
            "ImagePullBackOff: own:1",
        ),
        (
            pod_with(
                waiting("CreateContainerConfigError", 'secret "x" not found'), phase="Pending"
            ),
            TroubleKind.CONFIG,
            'CreateContainerConfigError: secret "x" not found',
        ),
        (
            pod_with(ended(128, "StartError", "no such file"), phase="Failed"),
            TroubleKind.CONFIG,
            "it can't start: no such file",
        ),
        (
            pod_with(waiting("CrashLoopBackOff"), last=ended(2, message="first\nlast line\n")),
            TroubleKind.CRASH_LOOP,
            "it crashes again and again; the last time with exit code 2: last line",
        ),
        (
            pod_with(waiting("CrashLoopBackOff"), last=ended(0, "Completed")),
            TroubleKind.CRASH_LOOP,
            "it crashes again and again; the last time with exit code 0",
        ),
        (
            pod_with(waiting("CrashLoopBackOff"), last=ended(137, "OOMKilled")),
            TroubleKind.OOM_KILLED,
            "it used more memory than its limit, or than the node had, and was killed",
        ),
        (
            pod_with(ended(137, "OOMKilled"), phase="Failed"),
            TroubleKind.OOM_KILLED,
            "it used more memory than its limit, or than the node had, and was killed",
        ),
        (
            pod_with(ended(1, message="no database"), phase="Failed"),
            TroubleKind.FAILED,
            "it ended with exit code 1: no database",
        ),
        (
            pod_with(ended(1, message="\x1b[31mno\x1b[0m \x1b]0;it\x07database"), phase="Failed"),
            TroubleKind.FAILED,
            "it ended with exit code 1: no ]0;it database",
        ),
        (
            pod_with(ended(137), phase="Failed"),
            TroubleKind.FAILED,
            "it ended with exit code 137 (killed by signal 9)",
        ),
        (
            pod("Failed", reason="Evicted", message="The node was low on resource: memory."),
            TroubleKind.EVICTED,
            "evicted: The node was low on resource: memory.",
        ),
        (
            pod(
                conditions=[
                    {
                        "type": "DisruptionTarget",
                        "status": "True",
                        "reason": "PreemptionByScheduler",
                        "message": "preempting to accommodate a higher priority pod",
                    }
                ]
            ),
            TroubleKind.EVICTED,
            "evicted: preempting to accommodate a higher priority pod",
        ),
        (
            pod(
                "Pending",
                conditions=[
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "0/3 nodes are available",
                    }
                ],
            ),
            TroubleKind.UNSCHEDULABLE,
            "0/3 nodes are available",
        ),
        (
            pod("Failed", reason="OutOfmemory", message="Pod was rejected"),
            TroubleKind.FAILED,
            "OutOfmemory: Pod was rejected",
        ),
        (pod("Failed"), TroubleKind.FAILED, "it failed and does not say why"),
    ],
)
def test_trouble_is_named_in_one_line(broken: Json, kind: TroubleKind, message: str) -> None:
    assert trouble_of_pod(broken) == PodTrouble(kind, message)


def test_a_long_message_is_shortened() -> None:
    trouble = trouble_of_pod(pod_with(waiting("ErrImagePull", "a" * 5000), phase="Pending"))

    assert trouble is not None
    assert len(trouble.message) == 400
    assert trouble.message.endswith("…")


def test_how_a_container_ended_is_kept_when_it_runs_again() -> None:
    killed = pod_with(RUNNING, last=ended(137, "OOMKilled"))

    assert last_end_of_pod(pod_with(RUNNING)) is None
    assert last_end_of_pod({}) is None
    assert last_end_of_pod(killed) == ContainerEnd(
        137, "it used too much memory and was killed, exit code 137 (killed by signal 9)"
    )
    assert last_end_of_pod(pod_with(ended(43), last=ended(1))) == ContainerEnd(43, "exit code 43")


@dataclass(frozen=True)
class Event:
    reason: str
    message: str


SCHEDULED = Event("Scheduled", "assigned to a node")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (Event("FailedMount", 'secret "x" not found'), TroubleKind.CONFIG),
        (Event("FailedCreate", "pods is forbidden: exceeded quota: few"), TroubleKind.QUOTA),
        (Event("FailedCreate", "failed quota: q: must specify cpu"), TroubleKind.QUOTA),
        (Event("FailedCreate", "violates PodSecurity"), TroubleKind.REFUSED),
    ],
)
def test_events_tell_what_no_status_tells(event: Event, kind: TroubleKind) -> None:
    assert trouble_of_events([event, SCHEDULED]) == PodTrouble(kind, event.message)


def test_the_last_trouble_counts() -> None:
    first, last = Event("FailedMount", "first"), Event("FailedMount", "last")

    assert trouble_of_events([first, last, SCHEDULED]) == PodTrouble(TroubleKind.CONFIG, "last")
    assert trouble_of_events([SCHEDULED]) is None
