"""From the API server's answers to records and errors, without an API server."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purreal_operator.cluster.api import Answer
from purreal_operator.cluster.errors import (
    ClusterError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    QuotaExceeded,
    Unavailable,
    error_of,
)
from purreal_operator.cluster.indexes import parse_indexes
from purreal_operator.cluster.parse import (
    end_of_log,
    event_view,
    job_view,
    pod_view,
    stateful_set_view,
    stored_bytes,
    stored_plan,
)
from purreal_operator.cluster.views import ConditionView, StoredPlan

Json = dict[str, Any]


def written(indexes: set[int]) -> str:
    """The set as the Job controller writes it, in the plainest way."""
    ordered = sorted(indexes)
    firsts = [index for index in ordered if index - 1 not in indexes]
    lasts = [index for index in ordered if index + 1 not in indexes]
    pairs = zip(firsts, lasts, strict=True)
    return ",".join(str(one) if one == other else f"{one}-{other}" for one, other in pairs)


@given(st.sets(st.integers(0, 2000)))
def test_any_set_of_indexes_is_read_as_it_was_written(indexes: set[int]) -> None:
    assert parse_indexes(written(indexes)) == indexes


def test_indexes_as_the_documentation_has_them() -> None:
    assert parse_indexes("1,3-5,7") == {1, 3, 4, 5, 7}
    assert parse_indexes("") == frozenset()
    with pytest.raises(ValueError, match="invalid literal"):
        parse_indexes("1,two")


def refusal(status: int, reason: str, message: str, **details: Any) -> bytes:
    body = {"kind": "Status", "code": status, "reason": reason, "message": message}
    return json.dumps({**body, "details": details}).encode()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (409, refusal(409, "AlreadyExists", "exists"), Conflict),
        (409, refusal(409, "Conflict", "modified"), Conflict),
        (404, refusal(404, "NotFound", "not found"), Gone),
        (410, refusal(410, "Gone", "too old"), Gone),
        (
            403,
            refusal(403, "Forbidden", "is ending", causes=[{"reason": "NamespaceTerminating"}]),
            Gone,
        ),
        (403, refusal(403, "Forbidden", "exceeded quota: few"), QuotaExceeded),
        (403, refusal(403, "Forbidden", "User can't"), Forbidden),
        (401, refusal(401, "Unauthorized", "Unauthorized"), Forbidden),
        (400, refusal(400, "BadRequest", "unknown field"), Invalid),
        (422, refusal(422, "Invalid", "must be"), Invalid),
        (429, refusal(429, "TooManyRequests", "later"), Unavailable),
        (500, b"<html>", Unavailable),
        (504, b"", Unavailable),
        (413, b"[]", Invalid),
    ],
)
def test_a_refusal_becomes_the_error_that_says_what_can_be_done(
    status: int, body: bytes, expected: type[ClusterError]
) -> None:
    error = error_of(status, body, "create Job one")

    assert type(error) is expected
    assert str(error).startswith("create Job one: ")


def test_the_words_of_the_api_server_are_passed_on() -> None:
    body = refusal(422, "Invalid", "spec.x: must be 1")

    assert str(error_of(422, body, "create Job one")) == "create Job one: spec.x: must be 1"
    assert str(error_of(500, b"", "read Job one")) == "read Job one: it answered with status 500"
    assert len(str(error_of(422, refusal(422, "Invalid", "x" * 9999), "create"))) == 1000


def test_only_an_object_of_the_same_name_counts_as_there_already() -> None:
    quota = refusal(409, "Conflict", "Operation cannot be fulfilled on resourcequotas")

    assert Answer(409, refusal(409, "AlreadyExists", "exists")).exists_already
    assert not Answer(409, quota).exists_already
    assert not Answer(409, b"").exists_already


OWNER = [
    {"kind": "Other", "uid": "other-uid"},
    {"kind": "PoolLoadTest", "uid": "owner-uid", "controller": True},
]
METADATA: Json = {"name": "one", "uid": "own-uid", "ownerReferences": OWNER}
LEAVING = {**METADATA, "deletionTimestamp": "2026-01-02T03:04:05Z"}


def test_a_plan_that_is_on_its_way_out_says_so() -> None:
    plan = {"metadata": LEAVING, "data": {"document.json": "{}"}}

    assert stored_plan(plan) == StoredPlan("own-uid", "owner-uid", "{}", terminating=True)


def test_bytes_that_are_not_there_are_none() -> None:
    assert stored_bytes({"metadata": METADATA}, "part") is None
    assert stored_bytes({"metadata": METADATA, "binaryData": {"x": ""}}, "part") is None


def test_a_job_that_just_began_has_nothing_to_tell() -> None:
    view = job_view({"metadata": METADATA, "status": {}})

    assert (view.active, view.ready, view.succeeded, view.failed) == (0, 0, 0, 0)
    assert (view.failed_indexes, view.conditions) == (frozenset(), {})
    assert (view.uid, view.owner_uid, view.terminating) == ("own-uid", "owner-uid", False)


def test_a_job_tells_its_indexes_and_conditions() -> None:
    condition = {"type": "Failed", "status": "True", "reason": "FailedIndexes", "message": "why"}
    status = {
        "active": 1,
        "ready": 1,
        "failed": 3,
        "failedIndexes": "0,2",
        "completedIndexes": "4-5",
        "conditions": [condition],
    }
    view = job_view({"metadata": METADATA, "status": status})

    assert (view.active, view.ready, view.failed) == (1, 1, 3)
    assert (view.failed_indexes, view.completed_indexes) == (frozenset({0, 2}), frozenset({4, 5}))
    assert view.conditions == {"Failed": ConditionView("True", "FailedIndexes", "why")}


def test_a_pod_of_an_index_tells_how_often_the_index_failed() -> None:
    annotations = {
        "batch.kubernetes.io/job-completion-index": "7",
        "batch.kubernetes.io/job-index-failure-count": "2",
    }
    created = {"creationTimestamp": "2026-01-02T03:04:05Z", "annotations": annotations}
    status = {
        "phase": "Running",
        "conditions": [
            {"type": kind, "status": "True"} for kind in ("Ready", "PodReadyToStartContainers")
        ],
        "containerStatuses": [{"name": "one", "restartCount": 3, "state": {"running": {}}}],
    }
    view = pod_view(
        {"metadata": {**METADATA, **created}, "spec": {"nodeName": "n"}, "status": status}
    )

    assert (view.index, view.failures_of_index, view.restarts, view.node) == (7, 2, 3, "n")
    assert (view.ready, view.alive, view.exit_code) == (True, True, None)
    assert view.prepared
    assert view.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("said", ["", "-1", "1.5", "one", "²", "9" * 50])
def test_annotations_that_are_no_numbers_are_those_of_no_index(said: str) -> None:
    annotations = {
        "batch.kubernetes.io/job-completion-index": said,
        "batch.kubernetes.io/job-index-failure-count": said,
    }

    view = pod_view({"metadata": {**METADATA, "annotations": annotations}})

    assert (view.index, view.failures_of_index, view.prepared) == (None, 0, False)


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_is_over_or_on_its_way_out_is_not_alive(phase: str) -> None:
    assert not pod_view({"metadata": METADATA, "status": {"phase": phase}}).alive
    assert not pod_view({"metadata": LEAVING, "status": {"phase": "Running"}}).alive


def test_a_stateful_set_tells_how_to_find_its_pods() -> None:
    expressions = [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "zone", "operator": "NotIn", "values": ["c"]},
        {"key": "db", "operator": "Exists"},
        {"key": "old", "operator": "DoesNotExist"},
    ]
    spec = {
        "replicas": 3,
        "serviceName": "db",
        "selector": {"matchLabels": {"app": "db"}, "matchExpressions": expressions},
        "template": {"spec": {"containers": [{"image": "surrealdb:1"}]}},
    }
    metadata = {**METADATA, "generation": 4}
    view = stateful_set_view({"metadata": metadata, "spec": spec, "status": {"readyReplicas": 2}})

    assert view.selector == "app=db,tier in (a,b),zone notin (c),db,!old"
    assert (view.replicas, view.ready, view.image, view.service) == (3, 2, "surrealdb:1", "db")
    assert view.generation == 4


def test_an_event_of_either_kind_has_its_time() -> None:
    old = event_view({"reason": "A", "lastTimestamp": "2026-01-02T03:04:05Z", "count": 3})
    new = event_view({"reason": "B", "eventTime": "2026-01-02T03:04:05.000001Z"})

    assert (old.last_seen, old.count) == (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), 3)
    assert (new.last_seen, new.count) == (datetime(2026, 1, 2, 3, 4, 5, 1, tzinfo=UTC), 1)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (b"", ""),
        (b"one\ntwo\n", "one\ntwo"),
        (b"first line\nsecond\nthird\n", "third"),
        (b"a line that is too long to fit", "ong to fit"),
        ("é".encode() * 20, "ééééé"),
        ("xé".encode() * 20, "\ufffdxéxéxé"),
    ],
)
def test_the_end_of_a_log_begins_with_a_line_if_one_fits(text: bytes, kept: str) -> None:
    assert end_of_log(text, 10) == kept
