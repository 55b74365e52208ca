"""A script that did not do all it was to do says so, and does not end with 0."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from purreal import Lease
from purreal_runner.embedded.launch import RunningTarget
from purreal_runner.exit_codes import ExitCode
from purreal_runner.load.run import Outcome
from purreal_runner.scripts import full_load, monitored_load, quick_stress
from purreal_runner.workload.python_file import function_workload
from purreal_runner.workload.task import Task

pytestmark = pytest.mark.timeout(50)

At = Callable[[RunningTarget], list[str]]


async def stop_at_the_fifth(conn: Lease, task_id: int) -> None:
    if task_id == 5:
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick stress test is sent SIGTERM while its first round runs."""

    async def work(conn: Lease, task: Task) -> float:
        await stop_at_the_fifth(conn, task.number)
        return 0.0

    monkeypatch.setattr(quick_stress, "record_work", lambda _tables: work)


@pytest.mark.usefixtures("stopped")
def test_an_interrupted_quick_stress_test_is_no_success(
    embedded_target: RunningTarget, at: At, capsys: pytest.CaptureFixture[str]
) -> None:
    code = quick_stress.main(["8", *at(embedded_target)])

    shown = capsys.readouterr()
    assert "✓ SUCCESS" not in shown.out
    assert " of 80 operations succeeded before the run was interrupted" in shown.out
    assert "stopped before its end" in shown.err
    assert code == ExitCode.CANCELLED


@pytest.mark.usefixtures("stopped")
def test_a_series_stopped_in_its_first_round_says_what_was_not_run(
    embedded_target: RunningTarget,
    at: At,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(quick_stress, "PROGRESSIVE", (8, 9, 10))

    code = quick_stress.main(at(embedded_target))

    rows = capsys.readouterr().out.splitlines()[-4:-1]
    assert [row.split()[0] for row in rows] == ["8", "9", "10"]
    assert [row.partition("✗ ")[2] for row in rows] == ["STOPPED", "NOT RUN", "NOT RUN"]
    assert code == ExitCode.CANCELLED


def test_each_round_of_a_series_must_end_in_time(
    embedded_target: RunningTarget, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_time: Iterator[bool] = iter([True, False])
    really = quick_stress.run_once

    def second_is_late(*args: object, **named: object) -> Outcome:
        return replace(really(*args, **named), ended_in_time=next(in_time))  # type: ignore[arg-type]

    monkeypatch.setattr(quick_stress, "run_once", second_is_late)
    monkeypatch.setattr(quick_stress, "PROGRESSIVE", (2, 3))

    assert quick_stress.main(at(embedded_target)) == ExitCode.TIMED_OUT_WAITING


def test_an_interrupted_comprehensive_test_goes_no_further(
    embedded_target: RunningTarget, at: At, capsys: pytest.CaptureFixture[str]
) -> None:
    simulated = function_workload(stop_at_the_fifth)

    code = full_load.main(simulated, ["--percent", "2", *at(embedded_target)])

    assert capsys.readouterr().out.count("LOAD TEST REPORT") == 1
    assert code == ExitCode.CANCELLED


def test_an_interrupted_monitor_says_so(
    embedded_target: RunningTarget, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars = monitored_load.monitor

    def bars_and_a_signal(pool: object) -> object:
        os.kill(os.getpid(), signal.SIGTERM)
        return bars(pool)  # type: ignore[arg-type]

    monkeypatch.setattr(monitored_load, "monitor", bars_and_a_signal)

    code = monitored_load.main(["--workers", "2", "--duration", "30", *at(embedded_target)])

    assert code == ExitCode.CANCELLED
