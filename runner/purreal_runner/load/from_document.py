"""Turns a document, resolved for this machine, into the settings of a run; does no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from purreal_runner.document.enums import FaultType, Lend, LostRunnersPolicy, WorkloadType
from purreal_runner.document.local import LocalRun
from purreal_runner.document.pool import PoolSpec
from purreal_runner.document.workload import MixOperation
from purreal_runner.load.loops import LoopName
from purreal_runner.load.plan import MixPlan, PoolLimits, PythonPlan, ScenarioPlan, WorkloadPlan
from purreal_runner.load.settings import RunSettings
from purreal_runner.workload.mix import MixedQuery
from purreal_runner.workload.tables import OwnTables

_LEND: Mapping[Lend, Literal["auto", "session", "connection"]] = MappingProxyType(
    {Lend.AUTO: "auto", Lend.SESSION: "session", Lend.CONNECTION: "connection"}
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a document can't say, because it is about this one run on this one machine.

    `table_token` tells the run's tables from another run's; None: one is drawn.
    """

    loop: LoopName = "asyncio"
    log_level: str = "WARNING"
    keep_data: bool = False
    cpu_stress: int = 0
    in_process: bool = False
    table_token: str | None = None


def run_settings(local: LocalRun, circumstances: Circumstances) -> RunSettings:
    """The settings of the run that a document describes."""
    spec = local.document.spec
    stop = spec.load.stop
    scenario = spec.workload.scenario
    name = local.document.metadata.name
    return RunSettings(
        name=name,
        workload=_workload(local),
        workload_name=_workload_name(local),
        scenario=scenario.value if scenario is not None else None,
        workers=spec.workers,
        operations=stop.operations,
        seconds=None if stop.duration_seconds is None else float(stop.duration_seconds),
        warm_up_seconds=float(spec.load.warm_up_seconds),
        pools=spec.runners.pools,
        target=local.target,
        limits=pool_limits(spec.pool),
        tables=OwnTables.named_after(name, circumstances.table_token),
        setup=spec.workload.setup,
        seed=spec.workload.seed,
        close_every=_close_every(local),
        thresholds=spec.thresholds,
        losable_pools=_losable_pools(local),
        run_seconds=float(spec.run_seconds),
        ready_seconds=float(spec.deadlines.ready_seconds),
        keep_data=circumstances.keep_data,
        cpu_stress=circumstances.cpu_stress,
        loop=circumstances.loop,
        log_level=circumstances.log_level,
        in_process=circumstances.in_process,
    )


def pool_limits(pool: PoolSpec) -> PoolLimits:
    """The document's pool settings as the pool itself takes them."""
    return PoolLimits(
        min_size=pool.min_size,
        max_size=pool.max_size,
        max_lifetime=pool.max_lifetime,
        max_idle_time=pool.max_idle_time,
        acquire_timeout=float(pool.acquire_timeout_seconds),
        lend=_LEND[pool.lend],
    )


def _workload(local: LocalRun) -> WorkloadPlan:
    spec = local.document.spec.workload
    if spec.type is WorkloadType.MIX and spec.mix is not None:
        return MixPlan(queries=tuple(_mixed_query(operation) for operation in spec.mix))
    if local.python is not None:
        return PythonPlan(path=local.python.path, function=local.python.function)
    if spec.scenario is None:
        raise AssertionError("a valid document names a scenario, a mix or a Python file")
    return ScenarioPlan(name=spec.scenario.value)


def _workload_name(local: LocalRun) -> str:
    spec = local.document.spec.workload
    if spec.mix is not None:
        return "mix of " + ", ".join(operation.name for operation in spec.mix)
    if local.python is not None:
        return f"{local.python.path.name}:{local.python.function}"
    return ""


def _mixed_query(operation: MixOperation) -> MixedQuery:
    return MixedQuery(
        name=operation.name,
        query=operation.query,
        weight=operation.weight,
        params=operation.params,
        transaction=operation.transaction,
        think_milliseconds=operation.think_time_milliseconds,
    )


def _losable_pools(local: LocalRun) -> int:
    spec = local.document.spec
    if spec.lost_runners.policy is LostRunnersPolicy.FAIL:
        return 0
    all_but_one = spec.runners.pools - 1
    maximum = spec.lost_runners.maximum
    return all_but_one if maximum is None else maximum * spec.runners.processes


def _close_every(local: LocalRun) -> int | None:
    """Several such faults would only close more often; the most frequent one says it all."""
    faults = [
        fault.every_operations
        for fault in local.document.spec.faults
        if fault.type is FaultType.CLOSE_CONNECTION
    ]
    return min(faults, default=None)
