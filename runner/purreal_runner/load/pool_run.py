"""One pool's run: warm-up, measured load, settling, its part; must not know other pools."""

import asyncio

from purreal import PoolStats, SurrealDBConnectionPool
from purreal_runner.load.control import Control
from purreal_runner.load.perform import Performer
from purreal_runner.load.plan import LoadPlan, PoolShare
from purreal_runner.load.split import Stage, stages
from purreal_runner.load.stage import run_stage
from purreal_runner.load.worker import Crew
from purreal_runner.measure import Recorder
from purreal_runner.workload.workload import Workload

_SETTLE_STEPS = 50
_SETTLE_STEP_SECONDS = 0.02


class PoolRun:
    """The run of one open pool.

    Args:
        pool: open, and closed by whoever opened it.
        share: this pool's part of the load.
        load: what is the same for all pools.
        workload: what an operation does, and how the workers come on.
        control: says when to stop early.
        process: which process this is, so that memory is counted once per process.
        start_ns: the agreed start of the run on this machine's monotonic clock.
    """

    def __init__(
        self,
        pool: SurrealDBConnectionPool,
        share: PoolShare,
        load: LoadPlan,
        workload: Workload,
        control: Control,
        *,
        process: int = 0,
        start_ns: int | None = None,
    ) -> None:
        self._share = share
        self._load = load
        self._workload = workload
        self._control = control
        self.pool = pool
        self.recorder = Recorder(
            share.index, process=process, origin_ns=_measured_start(start_ns, load)
        )
        self.recorder.watch(pool.stats, lambda: pool.lends)
        self._crew = Crew(
            Performer(pool, self.recorder, workload.work, load.close_every),
            share.index,
            load.pools,
            load.seed,
            share.workers,
        )

    async def warm_up(self) -> None:
        """Load that is not measured: first every worker gets a lease, then all of them work.

        A pool that grows under full load grows slowly, because connecting competes with the load;
        gathered first, it has what the workers need when the measured part begins.
        """
        seconds = self._load.warm_up_seconds
        if seconds > 0:
            await self._run(Stage(self._share.workers, None, seconds, gathered=True))

    async def measure(self) -> None:
        """The measured load, from the first operation to the last."""
        self._crew.begin_phase("measured")
        self.recorder.start()
        if self._load.trace_id is not None:
            self.recorder.trace(self._load.trace_id)
        share = self._share
        with self._control.halt(share.seconds) as over:
            for stage in stages(
                self._workload.shape, share.workers, share.operations, share.seconds
            ):
                if over.is_set():
                    break
                await self._run(stage)
        self.recorder.stop()

    async def settle(self) -> None:
        """Waits shortly for leases on their way back; what stays away then may be a leak."""
        for _ in range(_SETTLE_STEPS):
            if not _under_way(self.pool.stats()):
                break
            await asyncio.sleep(_SETTLE_STEP_SECONDS)
        self.recorder.sample_after_load(self.pool.stats())

    async def _run(self, stage: Stage) -> None:
        await run_stage(stage, self._crew, self._control, self._load.drain_seconds)


def _under_way(stats: PoolStats) -> bool:
    return stats.leased > 0 or stats.preparing > 0


def _measured_start(start_ns: int | None, load: LoadPlan) -> int | None:
    return None if start_ns is None else start_ns + int(load.warm_up_seconds * 1e9)
