"""Everything one run on this machine needs to know; decides and does nothing."""

from dataclasses import dataclass

from purreal_runner.document import Threshold
from purreal_runner.document.local import ResolvedTarget
from purreal_runner.load.loops import LoopName
from purreal_runner.load.plan import PoolLimits, WorkloadPlan
from purreal_runner.load.refused import RunRefused as RunRefused
from purreal_runner.workload.tables import OwnTables
from purreal_runner.workload.workload import Workload


@dataclass(frozen=True, slots=True)
class RunSettings:
    """One run on this machine. `workers`, `operations` and `seconds` are totals over all pools.

    Attributes:
        name: of the run; its tables are named after it.
        workload: a plan that any process can build, or a workload made in this process.
        scenario: the guide's name for it, for the grade; None: none of the guide's.
        workload_name: for the report.
        workers, operations, seconds: the load; exactly one of the latter two is given.
        limits: of EACH pool.
        tables: names the run's own tables.
        setup: SurrealQL to run once before the load.
        close_every: close the connection in every n-th operation.
        losable_pools: so many may be lost with their process before the run counts as failed.
        run_seconds: the run is stopped, and reported as not ended, after this time.
        keep_data: leave the run's tables as they are.
        cpu_stress: how many processes keep processors busy meanwhile.
        in_process: all pools in this process, so that a profiler sees the work.
        trace_id: of the trace that sampled operations belong to; None: none is sampled.
    """

    name: str
    workload: WorkloadPlan | Workload
    workload_name: str
    workers: int
    target: ResolvedTarget
    limits: PoolLimits
    tables: OwnTables
    scenario: str | None = None
    operations: int | None = None
    seconds: float | None = None
    warm_up_seconds: float = 0.0
    pools: int = 1
    setup: str = ""
    seed: int = 42
    close_every: int | None = None
    thresholds: tuple[Threshold, ...] = ()
    losable_pools: int = 0
    run_seconds: float = 3600.0
    ready_seconds: float = 120.0
    keep_data: bool = False
    cpu_stress: int = 0
    loop: LoopName = "asyncio"
    log_level: str = "WARNING"
    in_process: bool = False
    trace_id: str | None = None
