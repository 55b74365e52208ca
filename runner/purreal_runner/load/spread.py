"""Spreads the pools of a run over this process or several, and gathers their parts."""

import os
from collections.abc import Iterable
from contextlib import nullcontext

from purreal_runner.load.control import Control
from purreal_runner.load.plan import ConnectionPlan, LoadPlan, PoolShare, ProcessPlan
from purreal_runner.load.process_run import Alongside, ProcessRun
from purreal_runner.load.processes import Gathered, WorkerProcesses
from purreal_runner.load.progress import OnProgress
from purreal_runner.load.settings import RunRefused, RunSettings
from purreal_runner.load.split import group, split
from purreal_runner.workload.workload import Workload


def process_count(run: RunSettings, cores: int | None = None) -> int:
    """How many processes run the pools: no more than pools, no more than cores.

    One pool runs in this process; so does a workload that exists here only, and everything
    when a profiler is to see it.
    """
    if run.in_process or isinstance(run.workload, Workload):
        return 1
    return min(run.pools, cores or usable_cores())


def usable_cores() -> int:
    """The cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def shares(run: RunSettings) -> list[PoolShare]:
    """Every pool's part of the totals; the remainders go to the lowest indexes."""
    workers = split(run.workers, run.pools)
    operations: list[int] | list[None] = (
        [None] * run.pools if run.operations is None else split(run.operations, run.pools)
    )
    return [
        PoolShare(index=index, workers=workers[index], operations=count, seconds=run.seconds)
        for index, count in enumerate(operations)
    ]


def load_plan(run: RunSettings) -> LoadPlan:
    """What is the same for all pools."""
    return LoadPlan(
        pools=run.pools,
        seed=run.seed,
        warm_up_seconds=run.warm_up_seconds,
        close_every=run.close_every,
        open_seconds=run.ready_seconds,
        trace_id=run.trace_id,
    )


def process_plan(
    run: RunSettings, connection: ConnectionPlan, process: int, indexes: Iterable[int]
) -> ProcessPlan:
    """What the process with that number does: its pools are those with these indexes."""
    if isinstance(run.workload, Workload):
        raise AssertionError("a workload that exists here only can't be sent to other processes")
    all_shares = shares(run)
    return ProcessPlan(
        connection=connection,
        limits=run.limits,
        workload=run.workload,
        table_prefix=run.tables.prefix,
        load=load_plan(run),
        shares=tuple(all_shares[index] for index in indexes),
        process=process,
        loop=run.loop,
        log_level=run.log_level,
    )


async def apply_load(
    run: RunSettings,
    workload: Workload,
    connection: ConnectionPlan,
    control: Control,
    on_progress: OnProgress,
    alongside: Alongside = nullcontext,
) -> Gathered:
    """Runs all pools, in this process or in several, and returns their parts.

    Raises:
        RunRefused: nothing was measured at all.
    """
    control.start()
    processes = process_count(run)
    if processes > 1:
        return await _in_processes(run, connection, processes, control, on_progress)
    process = ProcessRun(
        connection,
        run.limits,
        load_plan(run),
        shares(run),
        workload,
        control,
        on_progress=on_progress,
        alongside=alongside,
    )
    return Gathered(parts=await process.run())


async def _in_processes(
    run: RunSettings,
    connection: ConnectionPlan,
    processes: int,
    control: Control,
    on_progress: OnProgress,
) -> Gathered:
    plans = [
        process_plan(run, connection, process, indexes)
        for process, indexes in enumerate(group(run.pools, processes))
    ]
    gathered = await WorkerProcesses(plans, control, on_progress).run()
    if not gathered.parts:
        raise RunRefused("\n".join(gathered.problems) or "no process has reported")
    return gathered
