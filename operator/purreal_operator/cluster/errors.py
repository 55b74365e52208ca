"""What can go wrong between the operator and the API server; knows no client library."""

import json
from collections.abc import Mapping
from typing import Any

_TERMINATING = "NamespaceTerminating"
_LONGEST = 1000


class ClusterError(Exception):
    """The API server did not do what it was asked; the message is readable, without secrets."""


class Conflict(ClusterError):
    """Something else has the name, or changed the object first: look again, then repeat."""


class Gone(ClusterError):
    """The object, or the namespace it shall be in, is not there or is on its way out."""


class Forbidden(ClusterError):
    """The operator has not the right, or a policy of the cluster refuses the object."""


class QuotaExceeded(Forbidden):
    """A quota of the namespace leaves no room; it may have room later."""


class Invalid(ClusterError):
    """The object is not valid; repeating does not help."""


class Unavailable(ClusterError):
    """No answer in time, or one that says to come again later."""


def error_of(status: int, body: bytes, action: str) -> ClusterError:
    """Turn a refusal of the API server into an error.

    Args:
        status: of the answer.
        body: of the answer; a Kubernetes `Status` or anything.
        action: what was asked for, such as `create Job shop-1`.
    """
    answer = _status_object(body)
    words = str(answer.get("message") or "").strip() or f"it answered with status {status}"
    text = f"{action}: {words}"[:_LONGEST]
    return _class_of(status, answer, words)(text)


def reason_of(body: bytes) -> str:
    """The machine-readable reason in a Kubernetes `Status`, such as `AlreadyExists`; else empty."""
    return str(_status_object(body).get("reason") or "")


def _class_of(status: int, answer: Mapping[str, Any], words: str) -> type[ClusterError]:
    if status in (404, 410) or (status == 403 and _TERMINATING in _causes(answer)):
        return Gone
    if status == 403 and "exceeded quota" in words:
        return QuotaExceeded
    if status in (401, 403):
        return Forbidden
    if status == 409:
        return Conflict
    if status in (408, 429) or status >= 500:
        return Unavailable
    return Invalid


def _causes(answer: Mapping[str, Any]) -> set[str]:
    causes = (answer.get("details") or {}).get("causes") or ()
    return {str(cause.get("reason")) for cause in causes}


def _status_object(body: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) and answer.get("kind") == "Status" else {}
