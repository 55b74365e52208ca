"""Events of a test, for `kubectl describe`; says what it is told to and sends nothing."""

from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256

from purreal_operator.objects.identity import RunIdentity
from purreal_operator.objects.metadata import Manifest
from purreal_operator.objects.names import API_VERSION, KIND

LONGEST_MESSAGE = 1024
_HASH_CHARACTERS = 16
_SOURCE = "purreal-operator"


class EventType(StrEnum):
    """How an event is meant."""

    NORMAL = "Normal"
    WARNING = "Warning"


def event_of_test(
    run: RunIdentity, event_type: EventType, reason: str, message: str, *, key: str, at: datetime
) -> Manifest:
    """Build an event whose name depends on test, run, reason and key, so that it comes once.

    Args:
        run: what it is about.
        event_type: news or trouble.
        reason: one CamelCase word.
        message: for people; cut off after 1024 bytes.
        key: tells events of one reason apart, such as the uid of a pod; may be empty.
        at: when it happened.
    """
    identity = "\0".join((run.run_id, reason, key))
    digest = sha256(identity.encode()).hexdigest()[:_HASH_CHARACTERS]
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{run.test.name}.{digest}", "namespace": run.test.namespace},
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "namespace": run.test.namespace,
            "name": run.test.name,
            "uid": run.test.uid,
        },
        "type": event_type.value,
        "reason": reason,
        "message": shortened(message),
        "count": 1,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "source": {"component": _SOURCE},
        "reportingComponent": _SOURCE,
        "reportingInstance": _SOURCE,
    }


def shortened(message: str) -> str:
    """`message` cut to what the API server takes, which counts bytes."""
    encoded = message.encode()
    if len(encoded) <= LONGEST_MESSAGE:
        return message
    kept = encoded[: LONGEST_MESSAGE - len("…".encode())]
    return kept.decode(errors="ignore") + "…"
