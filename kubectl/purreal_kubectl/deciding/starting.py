"""What to send for a run, a repeat or a cancellation, and whether a run is joined; sends nothing.

Every run that is asked for carries a value of its own in an annotation: an unchanged test runs
again for it, and the run can be told from others by it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from purreal_kubectl.deciding.run_of import Resource, WantedRun, is_active, look_at
from purreal_kubectl.failure import Failure
from purreal_operator.status.reading import status_of
from purreal_runner.document.enums import DesiredState
from purreal_runner.document.kubernetes import RERUN_ANNOTATION

Change = dict[str, Any]

_MADE_BY_THE_API_SERVER = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)


def new_token(now: datetime) -> str:
    """The value of the annotation for a run that is asked for now."""
    return now.isoformat(timespec="microseconds")


def namespace_of(document: Mapping[str, Any], asked: str | None, default: str) -> str:
    """Where a document belongs, by kubectl's rules: its own namespace must be the one asked for.

    Raises:
        Failure: it is not.
    """
    own: str | None = document["metadata"].get("namespace")
    if own is not None and asked is not None and own != asked:
        raise Failure(
            f"the document belongs to namespace {own}, which is not {asked}; "
            f"leave --namespace out, or say --namespace {own}"
        )
    return own or asked or default


def joins(before: Resource | None) -> bool:
    """Whether a run is on that applying joins, instead of asking for the next one.

    Raises:
        Failure: it is being cancelled.
    """
    if before is None or not is_active(status_of(before)):
        return False
    name = before["metadata"]["name"]
    if is_cancelled(before):
        raise Failure(
            f"run {status_of(before).run} of {name} is being cancelled; wait for its end: "
            f"kubectl purreal watch {name}"
        )
    return True


def manifest(document: Mapping[str, Any], namespace: str, token: str | None) -> Change:
    """What to apply: the document as it was written, in its namespace, ready to run.

    Args:
        document: as it was read, and valid.
        namespace: where it goes.
        token: what asks for one more run; None: nothing does.
    """
    metadata = {
        key: value
        for key, value in document["metadata"].items()
        if key not in _MADE_BY_THE_API_SERVER
    }
    metadata["namespace"] = namespace
    if token is not None:
        metadata["annotations"] = {
            **(metadata.get("annotations") or {}),
            RERUN_ANNOTATION: token,
        }
    # Said, because an earlier cancellation would last otherwise.
    spec = {"desiredState": DesiredState.ACTIVE.value, **document["spec"]}
    return {
        "apiVersion": document["apiVersion"],
        "kind": document["kind"],
        "metadata": metadata,
        "spec": spec,
    }


def joined_run(before: Resource, after: Resource) -> WantedRun | None:
    """The run that was joined; None if it ended just before the changed document came.

    Args:
        before: the test before the document was applied; a run was on.
        after: the test as the API server stored it.
    """
    changed = before["metadata"]["generation"] != after["metadata"]["generation"]
    if changed and not is_active(status_of(after)):
        return None
    return WantedRun(
        name=after["metadata"]["name"],
        uid=after["metadata"]["uid"],
        number=status_of(before).run,
    )


def asked_run(after: Resource, token: str) -> WantedRun:
    """The run that was asked for with `token`."""
    return WantedRun(after["metadata"]["name"], after["metadata"]["uid"], token=token)


def repeat(before: Resource, token: str) -> Change:
    """The change that asks for one more run; it begins after the present one.

    Raises:
        Failure: the present one is being cancelled.
    """
    joins(before)
    change: Change = {"metadata": {"annotations": {RERUN_ANNOTATION: token}}}
    if is_cancelled(before):
        change["spec"] = {"desiredState": DesiredState.ACTIVE.value}
    return change


CANCELLATION: Mapping[str, Any] = {"spec": {"desiredState": DesiredState.CANCELLED.value}}
"""The change that stops the present run."""

WITHDRAWAL: Mapping[str, Any] = {"metadata": {"annotations": {RERUN_ANNOTATION: None}}}
"""The change after which no run is asked for that has not begun."""


def stopping(wanted: WantedRun, resource: Resource) -> Mapping[str, Any] | None:
    """The change that stops one run and no other; None: it is over.

    Raises:
        Failure: the run can't be found any more.
    """
    look = look_at(wanted, resource)
    if look.over is not None:
        return None
    waits_for_another = not look.begun and is_active(look.status)
    return WITHDRAWAL if waits_for_another else CANCELLATION


def is_cancelled(resource: Resource) -> bool:
    """Whether somebody cancelled the test."""
    spec: Mapping[str, Any] = resource.get("spec") or {}
    return spec.get("desiredState") == DesiredState.CANCELLED.value
