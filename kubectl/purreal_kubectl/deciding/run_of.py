"""Which run of a test is meant, and how far it is, from the stored resource; reads no cluster.

A run that was asked for has no number before the operator begins it; the value of the annotation
that asked for it is in the status of that run alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from purreal_kubectl.failure import Failure
from purreal_operator.status.model import FinishedRun, PoolLoadTestStatus
from purreal_operator.status.reading import status_of
from purreal_operator.status.words import Phase
from purreal_runner.document.kubernetes import RERUN_ANNOTATION

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WantedRun:
    """A run of a test.

    Attributes:
        name: of the test.
        uid: of the test; another test of the same name is not meant.
        number: of the run; 0 while it is not known.
        token: value of the annotation that asked for the run; empty if nobody needs to know.
    """

    name: str
    uid: str
    number: int = 0
    token: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """How far the run is.

    Attributes:
        wanted: the run, with its number as soon as there is one.
        status: of the test: of the wanted run, if `begun`.
        begun: the operator has begun the run.
        over: its end; None before.
        load: the load of the spec, as it is stored.
    """

    wanted: WantedRun
    status: PoolLoadTestStatus
    begun: bool
    over: FinishedRun | None = None
    load: dict[str, Any] = field(default_factory=dict)


def run_to_watch(resource: Resource) -> WantedRun:
    """The run that is on, else the one that is asked for, else the last one.

    A spec that the operator has not seen asks for one, too: the last run is not about it.
    """
    status, metadata = status_of(resource), resource["metadata"]
    name, uid = metadata["name"], metadata["uid"]
    asked = str((metadata.get("annotations") or {}).get(RERUN_ANNOTATION, ""))
    if asked and asked != status.rerun_at and not is_active(status):
        return WantedRun(name, uid, token=asked)
    if not is_settled(resource):
        return WantedRun(name, uid, number=status.run + 1)
    return WantedRun(name, uid, number=max(1, status.run))


def is_settled(resource: Resource) -> bool:
    """Whether the operator has seen the spec as it is, so that no run of it is still to begin."""
    status = status_of(resource)
    return is_active(status) or status.observed_generation >= resource["metadata"]["generation"]


def look_at(wanted: WantedRun, resource: Resource) -> Look:
    """How far the wanted run is.

    Raises:
        Failure: it can't be found any more, or never comes.
    """
    status = status_of(resource)
    if resource["metadata"]["uid"] != wanted.uid:
        raise Failure(f"{wanted.name} was deleted, and there is another test of this name now")
    if not wanted.number and wanted.token and status.rerun_at == wanted.token:
        wanted = replace(wanted, number=status.run)
    if not wanted.number:
        _refuse_if_replaced(wanted, resource, status)
    load = (resource.get("spec") or {}).get("load") or {}
    if not wanted.number or status.run < wanted.number:
        return Look(wanted, status, begun=False, load=load)
    if status.run == wanted.number and status.phase is not Phase.FINISHED:
        return Look(wanted, status, begun=True, load=load)
    over = finished_run(status, wanted.number, wanted.name)
    return Look(wanted, status, begun=True, over=over, load=load)


def finished_run(status: PoolLoadTestStatus, number: int, name: str) -> FinishedRun:
    """What the status says of a run that is over.

    Raises:
        Failure: nothing (any more).
    """
    for entry in status.history:
        if entry.run == number:
            return entry
    known = ", ".join(str(entry.run) for entry in status.history) or "none"
    raise Failure(f"{name} has no finished run {number}; the status has the last ten: {known}")


def is_active(status: PoolLoadTestStatus) -> bool:
    """Whether a run has begun and is not over."""
    return status.run > 0 and status.phase is not Phase.FINISHED


def _refuse_if_replaced(wanted: WantedRun, resource: Resource, status: PoolLoadTestStatus) -> None:
    asked = (resource["metadata"].get("annotations") or {}).get(RERUN_ANNOTATION)
    if wanted.token and asked != wanted.token:
        raise Failure(
            f"somebody asked for another run of {wanted.name} before this one began; "
            f"follow that one: kubectl purreal watch {wanted.name}"
        )
