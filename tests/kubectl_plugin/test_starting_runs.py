"""What is sent to start a run, to repeat it, to stop it; and which run comes of it."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from purreal_kubectl.cancelling import cancelled
from purreal_kubectl.commands.run import started
from purreal_kubectl.deciding.run_of import WantedRun
from purreal_kubectl.deciding.starting import (
    CANCELLATION,
    WITHDRAWAL,
    joins,
    manifest,
    namespace_of,
    new_token,
    repeat,
    stopping,
)
from purreal_kubectl.failure import Failure
from purreal_operator.cluster.errors import Invalid
from purreal_runner.exit_codes import ExitCode
from tests.kubectl_plugin.fake_cluster import FakeCluster
from tests.kubectl_plugin.stored import RERUN_AT, UID, active, ended, history_entry, resource

DOCUMENT: dict[str, Any] = {
    "apiVersion": "purreal.dev/v1alpha1",
    "kind": "PoolLoadTest",
    "metadata": {"name": "shop"},
    "spec": {"load": {"closed": {"workers": 5}, "stop": {"operations": 1000}}},
}
ACTIVE_RULE = "spec can't change while a run is active"


def token_sent(cluster: FakeCluster) -> str:
    """What the last change asked for a run with; empty without."""
    annotations = cluster.sent[-1]["metadata"].get("annotations") or {}
    return str(annotations.get(RERUN_AT, ""))


async def run(cluster: FakeCluster) -> WantedRun:
    return await started(cluster.as_cluster(), copy.deepcopy(DOCUMENT), "team")


async def test_a_new_test_is_made_and_its_run_known_by_what_asked_for_it() -> None:
    cluster = FakeCluster(after=[resource()])

    wanted = await run(cluster)

    assert wanted == WantedRun("shop", UID, token=token_sent(cluster))
    assert wanted.token


async def test_an_unchanged_test_runs_again() -> None:
    cluster = FakeCluster(stored=resource(ended(run=3)), after=[resource(ended(run=3))])

    wanted = await run(cluster)

    assert wanted.number == 0
    assert wanted.token == token_sent(cluster) != ""


async def test_a_run_that_is_on_is_joined_and_no_other_asked_for() -> None:
    cluster = FakeCluster(stored=resource(active(run=3)), after=[resource(active(run=3))])

    assert await run(cluster) == WantedRun("shop", UID, number=3)
    assert token_sent(cluster) == ""


async def test_a_joined_run_that_ended_meanwhile_is_still_the_one() -> None:
    cluster = FakeCluster(stored=resource(active(run=3)), after=[resource(ended(run=3))])

    assert await run(cluster) == WantedRun("shop", UID, number=3)


async def test_a_changed_document_that_comes_just_after_the_end_asks_for_a_run() -> None:
    over = resource(ended(run=3), generation=2)
    cluster = FakeCluster(stored=resource(active(run=3)), after=[over])

    wanted = await run(cluster)

    assert len(cluster.sent) == 2
    assert wanted.token == token_sent(cluster) != ""


async def test_a_changed_document_during_a_run_says_what_to_do() -> None:
    cluster = FakeCluster(stored=resource(active(run=3)), after=[Invalid(ACTIVE_RULE)])

    with pytest.raises(Failure) as caught:
        await run(cluster)

    assert ACTIVE_RULE in str(caught.value)
    assert "kubectl purreal cancel shop --wait" in str(caught.value)
    assert caught.value.exit_code == ExitCode.ERROR


async def test_a_document_that_the_cluster_refuses_is_an_invalid_one() -> None:
    cluster = FakeCluster(after=[Invalid("spec.pool.maxSize: too large")])

    with pytest.raises(Failure, match="too large") as caught:
        await run(cluster)

    assert caught.value.exit_code == ExitCode.INVALID_DOCUMENT


async def test_a_run_that_is_being_cancelled_is_not_joined() -> None:
    cluster = FakeCluster(stored=resource(active(run=3), desiredState="Cancelled"))

    with pytest.raises(Failure, match="run 3 of shop is being cancelled"):
        await run(cluster)

    assert cluster.sent == []


def test_the_document_is_applied_as_it_was_written() -> None:
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "smoke", "uid": "u"}
    document = copy.deepcopy(DOCUMENT)
    document["metadata"] |= {
        "labels": {"team": "shop"},
        "annotations": {"note": "kept"},
        "ownerReferences": [owner],
        "uid": "old",
        "resourceVersion": "7",
        "managedFields": [],
        "creationTimestamp": None,
    }
    document["status"] = {"run": 9}

    sent = manifest(document, "team", "now")

    assert sent["metadata"] == {
        "name": "shop",
        "namespace": "team",
        "labels": {"team": "shop"},
        "annotations": {"note": "kept", RERUN_AT: "now"},
        "ownerReferences": [owner],
    }
    assert sent["spec"] == document["spec"] | {"desiredState": "Active"}
    assert "status" not in sent


def test_what_the_document_says_of_its_state_is_kept() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["spec"]["desiredState"] = "Cancelled"

    assert manifest(document, "team", None)["spec"]["desiredState"] == "Cancelled"


@pytest.mark.parametrize(
    ("own", "asked", "expected"),
    [
        (None, None, "default"),
        (None, "asked", "asked"),
        ("own", None, "own"),
        ("own", "own", "own"),
    ],
)
def test_the_namespace_is_the_documents_then_the_one_asked_for_then_the_contexts(
    own: str | None, asked: str | None, expected: str
) -> None:
    metadata = {"name": "shop"} | ({"namespace": own} if own else {})

    assert namespace_of({"metadata": metadata}, asked, "default") == expected


def test_a_document_of_another_namespace_than_asked_for_is_refused() -> None:
    document = {"metadata": {"name": "shop", "namespace": "own"}}

    with pytest.raises(Failure, match="belongs to namespace own, which is not asked"):
        namespace_of(document, "asked", "default")


def test_a_repeat_asks_by_the_annotation_alone() -> None:
    assert repeat(resource(ended()), "now") == {"metadata": {"annotations": {RERUN_AT: "now"}}}


def test_a_repeat_of_a_cancelled_test_makes_it_active_again() -> None:
    stored = resource(ended(verdict="Cancelled"), desiredState="Cancelled")

    assert repeat(stored, "now")["spec"] == {"desiredState": "Active"}


def test_a_test_without_a_run_is_not_joined() -> None:
    assert not joins(None)
    assert not joins(resource())
    assert not joins(resource(ended()))
    assert joins(resource(active(phase="Pending")))


def test_two_tokens_of_one_second_are_two() -> None:
    first = new_token(datetime(2026, 1, 31, 12, 0, 0, 1, tzinfo=UTC))
    second = new_token(datetime(2026, 1, 31, 12, 0, 0, 2, tzinfo=UTC))

    assert first != second
    assert len(first) <= 64


async def test_cancelling_stops_the_run_that_is_on() -> None:
    cluster = FakeCluster(stored=resource(active(run=2)), after=[resource(active(run=2))])

    words = await cancelled(cluster.as_cluster(), "team", "shop", wait=False, timeout=None)

    assert words == "run 2 of shop is being cancelled"
    assert cluster.sent == [{"spec": {"desiredState": "Cancelled"}}]


async def test_cancelling_what_is_over_changes_nothing() -> None:
    cluster = FakeCluster(stored=resource(ended(run=2)))

    words = await cancelled(cluster.as_cluster(), "team", "shop", wait=True, timeout=None)

    assert words == "run 2 of shop is over already: Passed: 1 threshold met"
    assert cluster.sent == []


async def test_cancelling_stops_a_repeat_that_has_not_begun() -> None:
    asked = resource(ended(run=2), asked="now")
    cluster = FakeCluster(stored=asked, after=[asked])

    words = await cancelled(cluster.as_cluster(), "team", "shop", wait=False, timeout=None)

    assert words == "the run that was asked for of shop is being cancelled"
    assert cluster.sent == [{"spec": {"desiredState": "Cancelled"}}]


async def test_cancelling_waits_until_the_operator_has_seen_a_changed_test() -> None:
    behind = resource(ended(run=2), generation=2)
    begun = resource(active(run=3) | {"observedGeneration": 2}, generation=2)
    cluster = FakeCluster([behind, begun], stored=behind, after=[begun])

    words = await cancelled(cluster.as_cluster(), "team", "shop", wait=False, timeout=None)

    assert words == "run 3 of shop is being cancelled"


async def test_cancelling_stops_the_run_of_a_change_that_no_operator_has_seen() -> None:
    behind = resource(ended(run=2), generation=2)
    cluster = FakeCluster([behind], stored=behind, after=[behind])

    words = await cancelled(cluster.as_cluster(), "team", "shop", wait=False, timeout=None)

    assert words == "run 3 of shop is being cancelled"
    assert cluster.sent == [{"spec": {"desiredState": "Cancelled"}}]


async def test_cancelling_can_wait_for_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    over = ended(run=2, verdict="Cancelled", reason="Cancelled", message="stopped before its end")
    cluster = FakeCluster(
        [resource(over)], stored=resource(active(run=2)), after=[resource(active(run=2))]
    )

    words = await cancelled(cluster.as_cluster(), "team", "shop", wait=True, timeout=60)

    assert words == "run 2 of shop: Cancelled: stopped before its end"


def test_stopping_a_run_stops_no_other() -> None:
    third, asked = WantedRun("shop", UID, number=3), WantedRun("shop", UID, token="now")

    assert stopping(third, resource(active(run=3))) == CANCELLATION
    assert stopping(third, resource(ended(run=3))) is None
    assert stopping(third, resource(active(run=4) | {"history": [history_entry(3)]})) is None
    assert stopping(asked, resource(active(run=3), asked="now")) == WITHDRAWAL
    assert stopping(asked, resource(active(run=4, rerunAt="now"), asked="now")) == CANCELLATION
    assert stopping(asked, resource(ended(run=3), asked="now")) == CANCELLATION
