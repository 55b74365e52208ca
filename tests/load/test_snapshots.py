"""Worker processes as a runner pod uses them: started when told, heard while they load."""

import asyncio
import os
import signal
import time
from typing import Any

import pytest

from purreal_runner.embedded.launch import RunningTarget
from purreal_runner.load.build_workload import build_workload
from purreal_runner.load.control import Control
from purreal_runner.load.plan import ConnectionPlan, ProcessPlan
from purreal_runner.load.prepare import clean_up, prepare
from purreal_runner.load.processes import WorkerProcesses
from purreal_runner.load.protocol import Snapshot
from purreal_runner.load.settings import RunSettings
from purreal_runner.load.spread import process_plan
from purreal_runner.measure.sampled import SampledSpan
from purreal_runner.workload.workload import Workload

TRACE = "0af7651916cd43dd8448eb211c80319c"
pytestmark = pytest.mark.timeout(50)


class Heard:
    """What a pod hears of its worker processes."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self.started: list[int] = []
        self.snapshots: list[Snapshot] = []
        self.told = asyncio.Event()

    def snapshot(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)
        self.told.set()


def connection_to(target: RunningTarget) -> ConnectionPlan:
    return ConnectionPlan(
        url=target.url,
        namespace="tests",
        database="load",
        username=target.username,
        password=target.password,
    )


def workers_of(plans: list[ProcessPlan], control: Control, heard: Heard) -> WorkerProcesses:
    return WorkerProcesses(
        plans,
        control,
        on_ready=heard.ready.set,
        on_started=heard.started.append,
        on_snapshot=heard.snapshot,
    )


async def prepared(run: RunSettings, connection: ConnectionPlan) -> Workload:
    assert not isinstance(run.workload, Workload)
    workload = build_workload(run.workload, run.tables)
    await prepare(connection, workload, run.tables, "")
    return workload


async def test_one_pool_in_a_process_waits_for_the_start_and_tells_how_far_it_is(
    settings: Any, embedded_target: RunningTarget
) -> None:
    run = settings(embedded_target, seconds=1.5, pools=4, workers=8, trace_id=TRACE)
    connection, control, heard = connection_to(embedded_target), Control(), Heard()
    plan = process_plan(run, connection, 2, [2]).model_copy(update={"snapshot_seconds": 0.4})
    workload = await prepared(run, connection)

    load = asyncio.create_task(workers_of([plan], control, heard).run())
    await heard.ready.wait()
    assert heard.started == []
    told_ns = time.monotonic_ns()
    control.start()
    gathered = await load
    await clean_up(connection, workload, run.tables, prepared=True)

    [part] = gathered.parts
    assert gathered.problems == []
    assert (part.index, part.process) == (2, 2)
    assert 0 <= heard.started[0] - told_ns < 5e9
    assert heard.snapshots
    issued = [snapshot.parts[0].counts.issued for snapshot in heard.snapshots]
    assert issued == sorted(issued)
    assert issued[-1] <= part.counts.issued
    for snapshot in heard.snapshots:
        [early] = snapshot.parts
        assert 0 <= early.counts.in_flight <= 2
        assert early.distributions.operation.count == early.counts.succeeded
        assert early.series.points == ()
        assert early.health.wall_seconds > 0
        assert early.pool.final["maxSize"] == run.limits.max_size
    spans = [span for snapshot in heard.snapshots for span in snapshot.spans] + gathered.spans
    whole = {span.span_id for span in spans if span.name == "operation"}
    assert 1 <= len(whole) <= 9
    assert len({span.span_id for span in spans}) == len(spans)
    assert {span.parent_id for span in spans if span.parent_id} <= whole
    assert {span.span_id for span in gathered.slowest} <= {span.span_id for span in spans}
    assert any(span.name == "query" for span in gathered.slowest)


async def test_workers_that_are_stopped_before_the_start_end_at_once_and_report(
    settings: Any, embedded_target: RunningTarget
) -> None:
    run = settings(embedded_target, seconds=30.0, pools=1)
    connection, control, heard = connection_to(embedded_target), Control(), Heard()

    load = asyncio.create_task(
        workers_of([process_plan(run, connection, 0, [0])], control, heard).run()
    )
    await heard.ready.wait()
    control.stop()
    gathered = await load

    assert [part.counts.issued for part in gathered.parts] == [0]
    assert heard.snapshots == []


async def test_a_worker_that_dies_under_load_leaves_its_snapshots_and_the_others(
    settings: Any, embedded_target: RunningTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = settings(embedded_target, seconds=2.0, pools=2, workers=4)
    connection, control, heard = connection_to(embedded_target), Control(), Heard()
    control.start()
    plans = [
        process_plan(run, connection, index, [index]).model_copy(update={"snapshot_seconds": 0.2})
        for index in (0, 1)
    ]
    pids: list[int] = []
    spawn = asyncio.create_subprocess_exec

    async def spawn_and_note(*command: Any, **options: Any) -> Any:
        process = await spawn(*command, **options)
        pids.append(process.pid)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", spawn_and_note)
    workload = await prepared(run, connection)
    load = asyncio.create_task(workers_of(plans, control, heard).run())
    while len({each.parts[0].index for each in heard.snapshots}) < 2:
        heard.told.clear()
        await heard.told.wait()
    os.kill(pids[0], signal.SIGKILL)
    gathered = await load
    await clean_up(connection, workload, run.tables, prepared=True)

    assert len(gathered.parts) == 1
    [problem] = gathered.problems
    assert "signal 9" in problem


async def test_without_a_trace_and_snapshots_nothing_of_them_is_told(
    settings: Any, embedded_target: RunningTarget
) -> None:
    run = settings(embedded_target, operations=20, pools=1, workers=2)
    connection, control, heard = connection_to(embedded_target), Control(), Heard()
    control.start()
    workload = await prepared(run, connection)

    gathered = await workers_of([process_plan(run, connection, 0, [0])], control, heard).run()
    await clean_up(connection, workload, run.tables, prepared=True)

    nothing: list[SampledSpan] = []
    assert gathered.parts[0].counts.succeeded == 20
    assert (gathered.spans, gathered.slowest, heard.snapshots) == (nothing, nothing, [])
