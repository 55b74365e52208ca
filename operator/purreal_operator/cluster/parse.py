"""From the API server's JSON to frozen records; pure, and forgiving about what is absent."""

from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from purreal_operator.cluster.indexes import parse_indexes
from purreal_operator.cluster.trouble import last_end_of_pod, trouble_of_pod
from purreal_operator.cluster.views import (
    ConditionView,
    EventView,
    JobView,
    PodView,
    StatefulSetView,
    StoredBytes,
    StoredPlan,
    TestView,
)
from purreal_operator.objects.names import DOCUMENT_KEY, POD_UID_ANNOTATION

Json = Mapping[str, Any]

_INDEX = "batch.kubernetes.io/job-completion-index"
_FAILURES = "batch.kubernetes.io/job-index-failure-count"
_MOST_DIGITS = 9
_BEGINNING = datetime.fromtimestamp(0, UTC)


def stored_plan(config_map: Json) -> StoredPlan:
    """Read a plan ConfigMap."""
    metadata = config_map["metadata"]
    return StoredPlan(
        uid=metadata["uid"],
        test_uid=owner_uid(metadata),
        document=(config_map.get("data") or {}).get(DOCUMENT_KEY, ""),
        terminating=is_terminating(metadata),
    )


def stored_bytes(config_map: Json, key: str) -> StoredBytes | None:
    """Read the bytes under `key`; None if there are none."""
    metadata = config_map["metadata"]
    encoded = (config_map.get("binaryData") or {}).get(key)
    if encoded is None:
        return None
    return StoredBytes(
        value=b64decode(encoded),
        owner_uid=owner_uid(metadata),
        pod_uid=(metadata.get("annotations") or {}).get(POD_UID_ANNOTATION, ""),
    )


def job_view(job: Json) -> JobView:
    """Read a Job."""
    metadata, status = job["metadata"], job.get("status") or {}
    return JobView(
        uid=metadata["uid"],
        owner_uid=owner_uid(metadata),
        terminating=is_terminating(metadata),
        active=status.get("active", 0),
        ready=status.get("ready", 0),
        succeeded=status.get("succeeded", 0),
        failed=status.get("failed", 0),
        failed_indexes=parse_indexes(status.get("failedIndexes", "")),
        completed_indexes=parse_indexes(status.get("completedIndexes", "")),
        conditions={
            condition["type"]: ConditionView(
                condition["status"], condition.get("reason", ""), condition.get("message", "")
            )
            for condition in status.get("conditions") or ()
        },
    )


def pod_view(pod: Json) -> PodView:
    """Read a pod."""
    metadata, status = pod["metadata"], pod.get("status") or {}
    annotations = metadata.get("annotations") or {}
    containers = status.get("containerStatuses") or ()
    return PodView(
        name=metadata["name"],
        uid=metadata["uid"],
        index=_number(annotations.get(_INDEX, "")),
        phase=status.get("phase", "Unknown"),
        ready=_is_true(status, "Ready"),
        created_at=_moment(metadata.get("creationTimestamp")) or _BEGINNING,
        terminating=is_terminating(metadata),
        restarts=sum(container.get("restartCount", 0) for container in containers),
        node=(pod.get("spec") or {}).get("nodeName", ""),
        trouble=trouble_of_pod(pod),
        last_end=last_end_of_pod(pod),
        failures_of_index=_number(annotations.get(_FAILURES, "")) or 0,
        prepared=_is_true(status, "PodReadyToStartContainers"),
    )


def stateful_set_view(stateful_set: Json) -> StatefulSetView:
    """Read a StatefulSet."""
    metadata, spec = stateful_set["metadata"], stateful_set["spec"]
    containers = spec["template"]["spec"]["containers"]
    return StatefulSetView(
        name=metadata["name"],
        uid=metadata["uid"],
        owner_uid=owner_uid(metadata),
        terminating=is_terminating(metadata),
        replicas=spec.get("replicas", 1),
        ready=(stateful_set.get("status") or {}).get("readyReplicas", 0),
        image=containers[0].get("image", ""),
        generation=metadata.get("generation", 0),
        service=spec.get("serviceName", ""),
        selector=_selector(spec["selector"]),
    )


def event_view(event: Json) -> EventView:
    """Read an event."""
    last = event.get("lastTimestamp") or event.get("eventTime")
    return EventView(
        type=event.get("type", ""),
        reason=event.get("reason", ""),
        message=event.get("message", ""),
        count=event.get("count") or 1,
        last_seen=_moment(last),
    )


def test_view(resource: Json) -> TestView:
    """Read a `PoolLoadTest`."""
    metadata = resource["metadata"]
    return TestView(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        generation=metadata.get("generation", 0),
        resource_version=metadata["resourceVersion"],
        terminating=is_terminating(metadata),
        resource=resource,
    )


def end_of_log(text: bytes, max_bytes: int) -> str:
    """The last `max_bytes` of a log, from the beginning of a line."""
    kept = text[-max_bytes:]
    if len(kept) < len(text):
        _, found, rest = kept.partition(b"\n")
        kept = rest if found and rest else kept
    return kept.decode(errors="replace").rstrip("\n")


def owner_uid(metadata: Json) -> str:
    """The uid of what controls an object; empty if nothing does."""
    owners = metadata.get("ownerReferences") or ()
    return next((owner["uid"] for owner in owners if owner.get("controller")), "")


def is_terminating(metadata: Json) -> bool:
    """Whether an object is being deleted."""
    return "deletionTimestamp" in metadata


def _is_true(status: Json, condition_type: str) -> bool:
    conditions = status.get("conditions") or ()
    return any(
        condition["type"] == condition_type and condition["status"] == "True"
        for condition in conditions
    )


def _selector(selector: Json) -> str:
    """A label selector in one line, as the API takes it."""
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    parts += map(_expression, selector.get("matchExpressions") or ())
    return ",".join(parts)


def _expression(rule: Json) -> str:
    key, values = rule["key"], ",".join(rule.get("values") or ())
    match rule["operator"]:
        case "In":
            return f"{key} in ({values})"
        case "NotIn":
            return f"{key} notin ({values})"
        case "DoesNotExist":
            return f"!{key}"
        case _:
            return str(key)


def _number(text: str) -> int | None:
    """A number from an annotation, which whoever may make pods can write anything into."""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
