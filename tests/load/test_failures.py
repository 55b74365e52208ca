"""What happens when the database, a worker process or the user ends something in the middle."""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from purreal import Credentials
from purreal.testing import Constant, FakeServer
from purreal_runner.embedded.launch import RunningTarget, start_embedded, start_server
from purreal_runner.exit_codes import ExitCode
from purreal_runner.load.plan import LoadPlan, PoolLimits
from purreal_runner.load.progress import Progress, Step
from purreal_runner.load.run import run_locally
from purreal_runner.load.settings import RunRefused, RunSettings
from purreal_runner.load.spread import load_plan

pytestmark = pytest.mark.timeout(50)

Start = Callable[..., AbstractAsyncContextManager[RunningTarget]]
CREDENTIALS = Credentials("root", "a secret of these tests")


class Watch:
    """Lets a test wait for what a run's progress shows."""

    def __init__(self) -> None:
        self.last = Progress()
        self._moved = asyncio.Event()

    def __call__(self, progress: Progress) -> None:
        self.last = progress
        self._moved.set()

    async def until(self, condition: Callable[[Progress], bool]) -> None:
        while not condition(self.last):
            self._moved.clear()
            await self._moved.wait()


async def restarted_in_the_middle(start: Start, settings: Any, threshold: Any) -> Any:
    watch = Watch()
    async with AsyncExitStack() as stack:
        target = await stack.enter_async_context(start(credentials=CREDENTIALS))
        run = settings(
            target,
            seconds=6.0,
            limits=PoolLimits(min_size=2, max_size=12, acquire_timeout=2.0),
            thresholds=(threshold("100%"),),
        )
        load = asyncio.create_task(run_locally(run, watch))
        await watch.until(lambda seen: seen.step is Step.RUNNING and seen.done > 0)
        os.kill(target.pid, signal.SIGKILL)
        await watch.until(lambda seen: seen.failed > 0)
        await stack.aclose()
        port = urlsplit(target.url).port
        await stack.enter_async_context(start(credentials=CREDENTIALS, port=port))
        good = watch.last.done - watch.last.failed
        await watch.until(lambda seen: seen.done - seen.failed > good + 100)
        return await load


async def judge_restart(start: Start, settings: Any, threshold: Any) -> None:
    outcome = await restarted_in_the_middle(start, settings, threshold)

    operations = outcome.report.operations
    assert operations.failed + operations.timed_out > 0
    assert operations.succeeded > 100
    assert operations.issued == operations.succeeded + operations.failed + operations.timed_out
    assert outcome.exit_code() is ExitCode.THRESHOLD_FAILED


async def test_the_embedded_database_may_be_killed_and_come_back(
    settings: Any, at_least: Any
) -> None:
    await judge_restart(start_embedded, settings, at_least)


async def test_a_server_may_be_killed_and_come_back(
    settings: Any, at_least: Any, server_target: RunningTarget
) -> None:
    await judge_restart(start_server, settings, at_least)


async def test_a_database_that_stays_away_ends_in_a_report_too(
    settings: Any, at_least: Any
) -> None:
    watch = Watch()
    async with start_embedded(credentials=CREDENTIALS) as target:
        run = settings(
            target,
            operations=2_000,
            limits=PoolLimits(min_size=2, max_size=12, acquire_timeout=0.5),
            thresholds=(at_least("99.9%"),),
            run_seconds=5.0,
        )
        load = asyncio.create_task(run_locally(run, watch))
        await watch.until(lambda seen: seen.step is Step.WARMING_UP or seen.open > 0)
        os.kill(target.pid, signal.SIGKILL)
        outcome = await load

    operations = outcome.report.operations
    assert operations.failed + operations.timed_out > 0
    assert outcome.exit_code() in (ExitCode.THRESHOLD_FAILED, ExitCode.TIMED_OUT_WAITING)
    assert any("could not be dropped" in note for note in outcome.report.run.notes)


async def test_a_database_that_hangs_until_the_end_misses_the_threshold(
    settings: Any, at_least: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def soon_given_up(run: RunSettings) -> LoadPlan:
        return load_plan(run).model_copy(update={"drain_seconds": 0.2})

    monkeypatch.setattr("purreal_runner.load.spread.load_plan", soon_given_up)
    watch = Watch()
    async with FakeServer(respond=lambda _, variables: [variables.get("number")]) as server:
        hanging = RunningTarget("server", server.url, "root", "any", pid=0, version="")
        run = settings(
            hanging, scenario="Churn", seconds=1.0, workers=4, thresholds=(at_least("99.9%"),)
        )
        load = asyncio.create_task(run_locally(run, watch))
        await watch.until(lambda seen: seen.step is Step.RUNNING and seen.done > 0)
        server.latency = Constant(4.0)  # longer than the load and what comes after it
        outcome = await load

    operations = outcome.report.operations
    assert operations.succeeded > 0
    assert (operations.timed_out, operations.cancelled) == (4, 0)
    assert "after the load" in outcome.report.errors[0].example
    assert outcome.exit_code() is ExitCode.THRESHOLD_FAILED


async def test_where_the_server_has_no_sessions_connections_are_lent_and_reported(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async with FakeServer(
        respond=lambda _, variables: [variables.get("number")], sessions=False
    ) as server:
        old = RunningTarget("server", server.url, "root", "any", pid=0, version="")
        run = settings(old, scenario="Churn", workers=4, operations=50, in_process=True)
        report = (await run_locally(run)).report

    assert report.effective.lend == "Connection"
    assert report.effective.peak_sockets >= report.effective.peak_leases > 0
    [line] = [each.getMessage() for each in caplog.records if "sessions" in each.getMessage()]
    assert "has no sessions to attach: the pool lends connections" in line
    assert report.logs == {}


async def test_sessions_of_a_server_that_has_none_refuse_the_run_in_one_line(
    settings: Any,
) -> None:
    async with FakeServer(sessions=False) as server:
        old = RunningTarget("server", server.url, "root", "any", pid=0, version="")
        limits = PoolLimits(min_size=2, max_size=12, lend="session")
        with pytest.raises(RunRefused) as refused:
            await run_locally(settings(old, scenario="Churn", limits=limits))

    assert "has no sessions to attach: lend connections" in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_an_unreachable_address_refuses_the_run_in_one_line(
    embedded_target: RunningTarget, settings: Any, unused_tcp_port: int
) -> None:
    run = settings(embedded_target)
    nowhere = _moved(run, endpoint=f"ws://127.0.0.1:{unused_tcp_port}")

    with pytest.raises(RunRefused) as refused:
        await run_locally(nowhere)

    assert f"127.0.0.1:{unused_tcp_port}" in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_a_wrong_password_refuses_the_run_in_one_line(
    target: RunningTarget, settings: Any
) -> None:
    run = _moved(settings(target), password="not the password")

    with pytest.raises(RunRefused) as refused:
        await run_locally(run)

    assert "root" in str(refused.value)
    assert "not the password" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("pools", [1, 2])
async def test_a_pool_that_does_not_open_in_time_refuses_the_run(
    embedded_target: RunningTarget, settings: Any, two_cores: None, pools: int
) -> None:
    with pytest.raises(RunRefused, match=r"min_size|connection"):
        await run_locally(settings(embedded_target, ready_seconds=0.0001, pools=pools))


async def test_a_worker_process_that_dies_is_reported_and_the_others_still_count(
    embedded_target: RunningTarget, settings: Any, tmp_path: Path, two_cores: None
) -> None:
    file = tmp_path / "dies.py"
    file.write_text(
        "import os\n"
        "async def simulate_work(conn, task_id):\n"
        "    await conn.query('RETURN 1')\n"
        "    if task_id == 41:\n"  # odd: always an operation of the second of two pools
        "        os._exit(3)\n"
    )
    run = settings(embedded_target, workload=_python(file), scenario=None, pools=2)

    outcome = await run_locally(run)

    assert outcome.exit_code() is ExitCode.ERROR
    assert "exit code 3" in outcome.report.reason
    assert outcome.report.operations.succeeded == 100


async def test_a_lost_process_may_be_tolerated(
    embedded_target: RunningTarget, settings: Any, tmp_path: Path, two_cores: None
) -> None:
    file = tmp_path / "dies.py"
    file.write_text(
        "import os\n"
        "async def simulate_work(conn, task_id):\n"
        "    os._exit(3) if task_id == 41 else await conn.query('RETURN 1')\n"
    )
    run = settings(embedded_target, workload=_python(file), scenario=None, pools=2, losable_pools=1)

    outcome = await run_locally(run)

    assert outcome.exit_code() is ExitCode.OK
    assert any("exit code 3" in note for note in outcome.report.run.notes)


async def test_a_first_signal_ends_the_load_and_still_reports(
    embedded_target: RunningTarget, settings: Any
) -> None:
    watch = Watch()
    load = asyncio.create_task(run_locally(settings(embedded_target, seconds=30.0), watch))
    await watch.until(lambda seen: seen.step is Step.RUNNING and seen.done > 0)

    os.kill(os.getpid(), signal.SIGINT)
    async with asyncio.timeout(20):  # well before the load would end by itself
        outcome = await load

    assert outcome.exit_code() is ExitCode.CANCELLED
    operations = outcome.report.operations
    assert operations.issued == operations.succeeded > 0


async def test_a_first_signal_ends_worker_processes_too(
    embedded_target: RunningTarget, settings: Any, two_cores: None
) -> None:
    watch = Watch()
    run = settings(embedded_target, seconds=30.0, pools=2)
    load = asyncio.create_task(run_locally(run, watch))
    await watch.until(lambda seen: seen.step is Step.RUNNING and seen.done > 0)

    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(20):
        outcome = await load

    assert outcome.exit_code() is ExitCode.CANCELLED
    assert outcome.report.operations.succeeded > 0


async def test_a_second_signal_aborts_and_still_drops_the_tables(
    embedded_target: RunningTarget, settings: Any, tmp_path: Path
) -> None:
    file = tmp_path / "hangs.py"
    marker = tmp_path / "torn-down"
    file.write_text(
        "import asyncio, pathlib\n"
        "async def simulate_work(conn, task_id):\n"
        "    if task_id:\n"
        "        await asyncio.Event().wait()\n"
        "async def teardown(conn):\n"
        f"    pathlib.Path({str(marker)!r}).touch()\n"
    )
    watch = Watch()
    run = settings(embedded_target, workload=_python(file), scenario=None)
    load = asyncio.create_task(run_locally(run, watch))
    await watch.until(lambda seen: seen.step is Step.RUNNING and seen.done > 0)

    os.kill(os.getpid(), signal.SIGINT)
    await watch.until(lambda seen: seen.done > 0)
    os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(asyncio.CancelledError):
        await load

    assert marker.exists()


def _moved(run: Any, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(run, target=replace(run.target, **changes))


def _python(file: Path) -> Any:
    from purreal_runner.load.plan import PythonPlan

    return PythonPlan(path=file, function="simulate_work")
