"""Runner pods that are killed, at once or gently: before the start and under load."""

from typing import Any

import pytest

from purreal_operator.status.words import ConditionType
from tests.cluster.disturbed_run import (
    Run,
    condition,
    kill,
    outcome,
    python_workload,
    start,
    thinking,
)
from tests.cluster.kubectl import Kubectl

OPERATIONS = 2_700  # nine hundred for each runner; at 50 ms and 3 workers each, 15 s
WAYS = pytest.mark.parametrize("gently", [True, False], ids=["gently", "at-once"])
SLOW_SETUP = """
import asyncio


async def setup(conn):
    await asyncio.sleep(8)  # so long the others are ready, and the load can't begin


async def simulate_work(conn, task_id):
    assert await conn.query("RETURN 1") == 1
"""


def spec(**more: Any) -> dict[str, Any]:
    """Three runners with a load that lasts until one of them is killed, and some seconds more."""
    usual = {
        "runners": {"replicas": 3},
        "pool": {"minSize": 1, "maxSize": 4},
        "workload": thinking(50),
        "load": {"closed": {"workers": 9}, "stop": {"operations": OPERATIONS}},
    }
    return usual | more


@pytest.mark.parametrize("index", [0, 1], ids=["the-one-that-prepares", "another-one"])
@WAYS
def test_a_runner_that_is_killed_before_the_start_is_replaced_and_counted_once(
    cluster: Kubectl, namespace: Kubectl, index: int, gently: bool
) -> None:
    workload = python_workload(namespace, SLOW_SETUP)
    run = start(namespace, "early", spec(workload=workload))
    run.until_ready(2)
    killed = run.pod(index)

    kill(namespace, killed, gently=gently)
    run.until_loaded()
    assert run.pod(index) != killed
    status = run.finish()

    assert status.verdict == "Completed", status.message
    assert status.operations.issued == status.operations.succeeded == OPERATIONS
    assert (status.runners.reported, status.runners.lost) == (3, ())
    assert outcome(status, ConditionType.RESULTS_COMPLETE) == ("True", "AllReported")
    assert outcome(status, ConditionType.RESULTS_CONSISTENT) == ("True", "SumsAgree")


@WAYS
def test_a_lost_runner_ends_a_run_under_the_policy_fail(
    cluster: Kubectl, namespace: Kubectl, gently: bool
) -> None:
    run = start(namespace, "fails", spec(lostRunners={"policy": "Fail"}))
    lose_the_second(run, gently=gently)

    status = run.finish()

    assert (status.verdict, status.reason) == ("Error", "RunnersLost"), status.message
    assert outcome(status, ConditionType.FINISHED) == ("True", "RunnersLost")
    assert outcome(status, ConditionType.SUCCEEDED) == ("False", "RunnersLost")
    assert "lost runner 1 of 3 (lostRunners: Fail, at most 0)" in status.message
    assert not gently or "(SIGTERM) before its load had ended" in status.message
    assert_second_is_lost(run)
    assert status.operations.issued < OPERATIONS * 2 / 3


@WAYS
def test_a_run_goes_on_without_a_lost_runner_under_the_policy_continue(
    cluster: Kubectl, namespace: Kubectl, gently: bool
) -> None:
    policy = {"policy": "Continue", "maximum": 1}
    thresholds = [{"metric": "SuccessRatio", "atLeast": "100%"}]
    run = start(namespace, "goes-on", spec(lostRunners=policy, thresholds=thresholds))
    lose_the_second(run, gently=gently)

    status = run.finish()

    assert (status.verdict, status.reason) == ("Passed", "ThresholdsMet"), status.message
    assert status.operations.issued == status.operations.succeeded == OPERATIONS * 2 / 3
    assert outcome(status, ConditionType.RESULTS_CONSISTENT) == ("True", "SumsAgree")
    assert_second_is_lost(run)
    assert run.report().run.notes[0].startswith("degraded: runner 1 lost with 33.3% of the")


def lose_the_second(run: Run, *, gently: bool) -> None:
    """Kill runner 1 under load."""
    run.until_loaded()
    kill(run.namespace, run.pod(1), gently=gently)


def assert_second_is_lost(run: Run) -> None:
    """Status and report say who is lost, and how much of the load with it."""
    status, found = run.status(), run.report().on_cluster
    assert (status.runners.lost, status.runners.lost_share) == ((1,), "33.3%")
    assert outcome(status, ConditionType.RESULTS_COMPLETE) == ("False", "RunnersLost")
    assert "runner 1 lost" in condition(status, ConditionType.RESULTS_COMPLETE).message
    assert found is not None
    assert found.runners.lost == (1,)
