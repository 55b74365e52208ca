"""What is wrong with a pod, from its status and events, in a readable line; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from purreal_operator.foreign_text import printable

Json = Mapping[str, Any]

_LONGEST = 400


class TroubleKind(StrEnum):
    """What is wrong with a pod, in one word."""

    IMAGE_PULL = "ImagePull"
    CONFIG = "Config"
    UNSCHEDULABLE = "Unschedulable"
    CRASH_LOOP = "CrashLoop"
    OOM_KILLED = "OOMKilled"
    EVICTED = "Evicted"
    FAILED = "Failed"
    QUOTA = "Quota"
    REFUSED = "Refused"


@dataclass(frozen=True, slots=True)
class PodTrouble:
    """What is wrong with a pod, or why there is none."""

    kind: TroubleKind
    message: str


class SeenEvent(Protocol):
    """The part of an event that tells of trouble."""

    @property
    def reason(self) -> str: ...
    @property
    def message(self) -> str: ...


_WAITING = {
    "ErrImagePull": TroubleKind.IMAGE_PULL,
    "ImagePullBackOff": TroubleKind.IMAGE_PULL,
    "ErrImageNeverPull": TroubleKind.IMAGE_PULL,
    "ImageInspectError": TroubleKind.IMAGE_PULL,
    "InvalidImageName": TroubleKind.IMAGE_PULL,
    "RegistryUnavailable": TroubleKind.IMAGE_PULL,
    "SignatureValidationFailed": TroubleKind.IMAGE_PULL,
    "CreateContainerConfigError": TroubleKind.CONFIG,
    "CreateContainerError": TroubleKind.CONFIG,
    "RunContainerError": TroubleKind.CONFIG,
}

_SIGNALS = 128


def trouble_of_pod(pod: Json) -> PodTrouble | None:
    """Say what is wrong with a pod; None if nothing is (it waits, works, or ended well).

    Args:
        pod: the whole object as the API gives it.
    """
    status: Json = pod.get("status") or {}
    if status.get("phase") == "Succeeded":
        return None
    return (
        _disrupted(status)
        or next(filter(None, map(_of_container, _containers(status))), None)
        or _refused_by_node(status)
        or _not_scheduled(status)
    )


def trouble_of_events(events: Sequence[SeenEvent]) -> PodTrouble | None:
    """Say what events of a pod or of the Job of pods tell of trouble; None if they tell of none.

    A volume whose Secret or ConfigMap is missing shows in a pod's events alone, and a pod that
    the cluster does not let in shows in those of its Job.
    """
    for event in reversed(events):
        message = _line(event.message)
        if event.reason == "FailedMount":
            return PodTrouble(TroubleKind.CONFIG, message)
        if event.reason == "FailedCreate":
            full = "exceeded quota" in event.message or "failed quota" in event.message
            kind = TroubleKind.QUOTA if full else TroubleKind.REFUSED
            return PodTrouble(kind, message)
    return None


@dataclass(frozen=True, slots=True)
class ContainerEnd:
    """How a container ended; it may run again by now."""

    exit_code: int
    message: str


def last_end_of_pod(pod: Json) -> ContainerEnd | None:
    """Say how the pod's first container ended last; None if it never ended."""
    for container in _containers(pod.get("status") or {}):
        ended = _last_end(container)
        if ended is None:
            return None
        words = "it used too much memory and was killed, " if _out_of_memory(ended) else ""
        return ContainerEnd(int(ended["exitCode"]), _line(words + _how_it_ended(ended)))
    return None


def _disrupted(status: Json) -> PodTrouble | None:
    for condition in status.get("conditions") or ():
        if condition.get("type") == "DisruptionTarget" and condition.get("status") == "True":
            words = condition.get("message") or condition.get("reason") or "it was evicted"
            return PodTrouble(TroubleKind.EVICTED, _line(f"evicted: {words}"))
    if status.get("reason") in ("Evicted", "Preempting", "NodeLost", "Terminated"):
        words = status.get("message") or status["reason"]
        return PodTrouble(TroubleKind.EVICTED, _line(f"evicted: {words}"))
    return None


def _of_container(container: Json) -> PodTrouble | None:
    waiting: Json = (container.get("state") or {}).get("waiting") or {}
    reason = str(waiting.get("reason") or "")
    if reason in _WAITING:
        words = f"{reason}: {waiting.get('message') or container.get('image', '')}"
        return PodTrouble(_WAITING[reason], _line(words))
    ended = None if "running" in (container.get("state") or {}) else _last_end(container)
    if ended is None or (ended.get("exitCode") == 0 and reason != "CrashLoopBackOff"):
        return None
    if _out_of_memory(ended):
        words = "it used more memory than its limit, or than the node had, and was killed"
        return PodTrouble(TroubleKind.OOM_KILLED, words)
    if reason == "CrashLoopBackOff":
        words = f"it crashes again and again; the last time with {_how_it_ended(ended)}"
        return PodTrouble(TroubleKind.CRASH_LOOP, _line(words))
    if ended.get("reason") in ("ContainerCannotRun", "StartError"):
        return PodTrouble(TroubleKind.CONFIG, _line(f"it can't start: {ended.get('message')}"))
    return PodTrouble(TroubleKind.FAILED, _line(f"it ended with {_how_it_ended(ended)}"))


def _refused_by_node(status: Json) -> PodTrouble | None:
    """A node that has not the room after all, or a deadline, fails a pod without containers."""
    if status.get("phase") != "Failed":
        return None
    words = ": ".join(filter(None, (status.get("reason"), status.get("message"))))
    return PodTrouble(TroubleKind.FAILED, _line(words or "it failed and does not say why"))


def _not_scheduled(status: Json) -> PodTrouble | None:
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "Unschedulable":
            words = condition.get("message") or "no node fits"
            return PodTrouble(TroubleKind.UNSCHEDULABLE, _line(words))
    return None


def _containers(status: Json) -> Iterator[Json]:
    yield from status.get("containerStatuses") or ()
    yield from status.get("initContainerStatuses") or ()


def _last_end(container: Json) -> Json | None:
    states = (container.get("state") or {}, container.get("lastState") or {})
    return next((state["terminated"] for state in states if "terminated" in state), None)


def _out_of_memory(ended: Json) -> bool:
    return bool(ended.get("reason") == "OOMKilled")


def _how_it_ended(ended: Json) -> str:
    code = int(ended.get("exitCode") or 0)
    words = f"exit code {code}"
    if code > _SIGNALS:
        words += f" (killed by signal {code - _SIGNALS})"
    tail = _last_line(str(ended.get("message") or ""))
    return f"{words}: {tail}" if tail else words


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _line(text: str) -> str:
    """`text` on one line without anything that a terminal obeys, shortened at its end."""
    joined = " ".join(printable(text).split())
    return joined if len(joined) <= _LONGEST else joined[: _LONGEST - 1] + "…"
