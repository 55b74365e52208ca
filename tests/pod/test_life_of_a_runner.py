"""A runner's whole life, in its own process, against an operator that follows a script."""

import os
import signal
from typing import Any

import pytest

from purreal import Credentials, SurrealDBConnectionPool
from purreal.testing import FakeServer
from purreal_runner.embedded.launch import RunningTarget
from purreal_runner.pod.coordination import (
    LATE_EXIT_CODE,
    FailureReason,
    OperatorSays,
    Order,
    RunnerSays,
    RunnerState,
)
from tests.pod.fake_operator import FakeOperator, attributes, issued, said
from tests.pod.pods import TOKEN, Pods, lasting

pytestmark = pytest.mark.timeout(50)

PREPARING, READY, RUNNING = RunnerState.PREPARING, RunnerState.READY, RunnerState.RUNNING
FINISHED, FAILED = RunnerState.FINISHED, RunnerState.FAILED


async def test_a_runner_of_two_processes_is_led_through_a_run(
    operator: FakeOperator, target: RunningTarget, pods: Pods
) -> None:
    pod = await pods.start(operator.url, target, runners={"processes": 2})

    code = await pod.end()

    assert code == 0, pod.log
    assert operator.states() == [PREPARING, READY, RUNNING, FINISHED]
    final = operator.finals[0]
    assert issued(final) == 60
    assert [attributes(final, pool)["purreal.pool.index"] for pool in (0, 1)] == [0, 1]
    assert operator.last().cleaned_up
    assert operator.last().notes == ()
    assert operator.last().server_version == target.version
    assert operator.tokens == {f"Bearer {TOKEN}"}
    assert await tables_left(target) == []


async def test_two_runners_divide_the_load_and_begin_together(
    operator: FakeOperator, embedded_target: RunningTarget, pods: Pods
) -> None:
    operator.runners = 2
    load = {"closed": {"workers": 4}, "stop": {"operations": 101}}
    both = [
        await pods.start(
            operator.url, embedded_target, index=index, runners={"replicas": 2}, load=load
        )
        for index in (0, 1)
    ]

    codes = [await pod.end() for pod in both]

    assert codes == [0, 0], both[0].log + both[1].log
    assert [issued(operator.finals[index]) for index in (0, 1)] == [51, 50]
    assert [attributes(operator.finals[index])["purreal.pool.index"] for index in (0, 1)] == [0, 1]


async def test_what_was_measured_is_told_while_the_load_runs(
    operator: FakeOperator, pods: Pods
) -> None:
    async with FakeServer(password="secret") as server:
        pod = await pods.start(operator.url, as_target(server), load=lasting(5))
        await operator.until(lambda: len(operator.lives) > 0)
        running = operator.last()
        code = await pod.end()

    assert code == 0, pod.log
    assert running.state is RUNNING
    assert running.running_for_seconds is not None
    assert running.ready_for_seconds is not None
    assert running.ready_for_seconds > running.running_for_seconds
    assert 0 < issued(operator.lives[0]) < issued(operator.finals[0])


@pytest.mark.timeout(60)
async def test_an_unreachable_target_is_told_within_seconds(
    operator: FakeOperator, nowhere: RunningTarget, pods: Pods
) -> None:
    pod = await pods.start(operator.url, nowhere)

    code = await pod.end()

    assert code == 1
    assert operator.states() == [PREPARING, FAILED]
    failure = operator.last().failure
    assert failure is not None
    assert failure.reason is FailureReason.TARGET_UNREACHABLE
    assert "ws://127.0.0.1:1" in failure.message


async def test_a_wrong_password_is_told_at_once_and_not_repeated(
    operator: FakeOperator, target: RunningTarget, pods: Pods
) -> None:
    pod = await pods.start(operator.url, target, password="hunter2")

    code = await pod.end()

    assert code == 1
    failure = operator.last().failure
    assert failure is not None
    assert failure.reason is FailureReason.SIGN_IN_FAILED
    assert b"looking at" in pod.log
    assert b"again" not in pod.log
    assert b"hunter2" not in pod.log
    assert "hunter2" not in failure.message


async def test_a_set_up_that_fails_is_told_and_leaves_nothing_behind(
    operator: FakeOperator, embedded_target: RunningTarget, pods: Pods
) -> None:
    broken = {"type": "Scenario", "scenario": "Sustained", "setup": "THROW 'no stock'"}
    pod = await pods.start(operator.url, embedded_target, workload=broken)

    code = await pod.end()

    assert code == 1
    failure = operator.last().failure
    assert failure is not None
    assert failure.reason is FailureReason.SETUP_FAILED
    assert "no stock" in failure.message
    assert await tables_left(embedded_target) == []


async def test_a_workload_that_is_not_there_is_told(
    operator: FakeOperator, embedded_target: RunningTarget, pods: Pods
) -> None:
    python = {"type": "Python", "python": {"file": "/nowhere/load.py"}}
    pod = await pods.start(operator.url, embedded_target, workload=python)

    code = await pod.end()

    assert code == 1
    failure = operator.last().failure
    assert failure is not None
    assert failure.reason is FailureReason.INVALID_WORKLOAD
    assert "/nowhere/load.py" in failure.message


async def test_a_runner_that_is_drained_before_the_start_applies_no_load(
    operator: FakeOperator, embedded_target: RunningTarget, pods: Pods
) -> None:
    def drain_ready(_: int, says: RunnerSays) -> OperatorSays:
        if says.state is FINISHED:
            return said(Order.LEAVE if says.cleaned_up else Order.CLEAN_UP)
        return said(Order.DRAIN if says.state is READY else Order.WAIT)

    operator.script = drain_ready
    pod = await pods.start(operator.url, embedded_target)

    code = await pod.end()

    assert code == 0, pod.log
    assert operator.states() == [PREPARING, READY, FINISHED]
    assert operator.finals == {}
    assert "no load was applied" in operator.last().notes[0]
    assert await tables_left(embedded_target) == []


async def test_a_runner_that_is_drained_between_order_and_start_delivers_that_it_did_nothing(
    operator: FakeOperator, embedded_target: RunningTarget, pods: Pods
) -> None:
    def drain_ordered(_: int, says: RunnerSays) -> OperatorSays:
        if says.state is FINISHED:
            return said(Order.LEAVE if says.cleaned_up else Order.CLEAN_UP)
        if says.state is not READY:
            return said(Order.WAIT)
        ready = [each for _, each in operator.says if each.state is READY]
        return said(Order.START, 30.0) if len(ready) == 1 else said(Order.DRAIN)

    operator.script = drain_ordered
    pod = await pods.start(operator.url, embedded_target, runners={"processes": 2})

    code = await pod.end()

    assert code == 0, pod.log
    assert operator.states() == [PREPARING, READY, FINISHED]
    final = operator.finals[0]
    assert issued(final) == 0
    assert [attributes(final, pool)["purreal.pool.index"] for pool in (0, 1)] == [0, 1]
    assert "no load was applied" in operator.last().notes[0]
    assert await tables_left(embedded_target) == []


async def test_a_runner_that_is_drained_under_load_delivers_what_it_has(
    operator: FakeOperator, embedded_target: RunningTarget, pods: Pods
) -> None:
    def drain_measuring(index: int, says: RunnerSays) -> OperatorSays:
        measuring = says.state is RUNNING and operator.lives
        return said(Order.DRAIN) if measuring else operator.lead(index, says)

    operator.script = drain_measuring
    pod = await pods.start(operator.url, embedded_target, load=lasting(3600))

    code = await pod.end()

    assert code == 0, pod.log
    assert operator.states() == [PREPARING, READY, RUNNING, FINISHED]
    assert issued(operator.finals[0]) > 0


async def test_a_runner_does_its_part_while_the_operator_is_away(
    operator: FakeOperator, embedded_target: RunningTarget, pods: Pods
) -> None:
    pod = await pods.start(operator.url, embedded_target, load=lasting(2))
    await operator.until(lambda: operator.has_said(RUNNING))
    await operator.go_away()
    await pod.log_line(b"delivering the results")
    operator.says.clear()  # it was killed, and comes back without a memory
    await operator.come()

    code = await pod.end()

    assert code == 0, pod.log
    assert operator.states()[-1] is FINISHED
    assert issued(operator.finals[0]) > 0


async def test_a_runner_that_comes_after_the_start_touches_nothing(
    operator: FakeOperator, embedded_target: RunningTarget, pods: Pods
) -> None:
    operator.script = lambda *_: said(Order.TOO_LATE)
    pod = await pods.start(operator.url, embedded_target)

    code = await pod.end()

    assert code == LATE_EXIT_CODE
    assert operator.states() == [PREPARING]
    assert b"looking at" not in pod.log


async def test_results_that_could_not_be_stored_are_sent_again(
    operator: FakeOperator, embedded_target: RunningTarget, pods: Pods
) -> None:
    operator.statuses = [503, 503]
    pod = await pods.start(operator.url, embedded_target)

    code = await pod.end()

    assert code == 0, pod.log
    assert operator.statuses == []
    assert issued(operator.finals[0]) == 60
    assert FINISHED in operator.states()


async def test_results_that_are_never_stored_are_a_failure(
    operator: FakeOperator, embedded_target: RunningTarget, pods: Pods
) -> None:
    operator.statuses = [503] * 100
    pod = await pods.start(operator.url, embedded_target, deadlines={"collectSeconds": 2})

    code = await pod.end()

    assert code == 1
    assert operator.states() == [PREPARING, READY, RUNNING, FAILED]
    failure = operator.last().failure
    assert failure is not None
    assert "could not be delivered: the operator answered 503: not now" in failure.message


@pytest.mark.parametrize(
    ("state", "when"),
    [(READY, "before its load began"), (RUNNING, "before its load had ended")],
)
async def test_a_pod_that_is_terminated_says_so_and_delivers_nothing(
    operator: FakeOperator,
    embedded_target: RunningTarget,
    pods: Pods,
    state: RunnerState,
    when: str,
) -> None:
    if state is READY:
        operator.script = lambda *_: said(Order.WAIT)
    pod = await pods.start(operator.url, embedded_target, load=lasting(3600))
    await operator.until(lambda: operator.has_said(state))
    pod.signal(signal.SIGTERM)

    code = await pod.end()

    assert code == 1, pod.log
    assert operator.finals == {}
    failure = operator.last().failure
    assert failure is not None
    assert failure.reason is FailureReason.RUNNER_BROKE
    assert failure.message == f"was told to end by the cluster (SIGTERM) {when}"
    assert await tables_left(embedded_target) == []


@pytest.mark.parametrize("state", [READY, RUNNING])
async def test_a_runner_that_loses_a_process_delivers_nothing(
    operator: FakeOperator, embedded_target: RunningTarget, pods: Pods, state: RunnerState
) -> None:
    if state is READY:
        operator.script = lambda *_: said(Order.WAIT)
    pod = await pods.start(
        operator.url, embedded_target, runners={"processes": 2}, load=lasting(3600)
    )
    await operator.until(lambda: operator.has_said(state))
    os.kill(pod.worker_pids()[0], signal.SIGKILL)

    code = await pod.end()

    assert code == 1
    assert operator.finals == {}
    failure = operator.last().failure
    assert failure is not None
    assert failure.reason is FailureReason.RUNNER_BROKE
    assert "signal 9" in failure.message


async def test_a_pod_that_is_told_too_little_says_what_is_missing(
    operator: FakeOperator, embedded_target: RunningTarget, pods: Pods
) -> None:
    pod = await pods.start(operator.url, embedded_target, without="PURREAL_RUN_ID")

    code = await pod.end()

    assert code == 1
    assert b"PURREAL_RUN_ID is missing" in pod.log
    assert operator.says == []


def as_target(server: FakeServer) -> RunningTarget:
    return RunningTarget(
        kind="server", url=server.url, username="root", password="secret", pid=0, version=""
    )


async def tables_left(target: RunningTarget) -> list[str]:
    """The tables of our run that are still in the database."""
    async with SurrealDBConnectionPool(
        target.url,
        credentials=Credentials(target.username, target.password),
        namespace="purreal",
        database="loadtest",
    ) as pool:
        info: Any = await pool.query("INFO FOR DB")
    return [name for name in info["tables"] if name.startswith("load_quickstart_")]
