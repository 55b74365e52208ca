"""Runs all pools of one process side by side; must not know whether there are other processes."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from functools import partial

from purreal import SurrealDBConnectionPool
from purreal_runner.load.control import Control
from purreal_runner.load.make_pool import make_pool
from purreal_runner.load.plan import ConnectionPlan, LoadPlan, PoolLimits, PoolShare
from purreal_runner.load.pool_run import PoolRun
from purreal_runner.load.progress import OnProgress, Progress, Step, added_up
from purreal_runner.load.repeatedly import repeatedly
from purreal_runner.measure import Part, ProcessWatch
from purreal_runner.measure.sampled import SampledSpan
from purreal_runner.workload.workload import Workload

Alongside = Callable[[SurrealDBConnectionPool], AbstractAsyncContextManager[object]]
OnSnapshot = Callable[[list[Part], list[SampledSpan]], None]

_SAMPLE_SECONDS = 0.25
_CLOSE_GRACE_SECONDS = 2.0


class ProcessRun:
    """The pools of one process: opens them, runs them together, takes their parts.

    Args:
        connection: where the database is.
        limits: of each pool.
        load: what is the same for all pools.
        shares: one for each pool of this process.
        workload: what an operation does.
        control: says when to start and when to stop.
        process: which process this is.
        on_ready: called when all pools are open.
        on_started: called when the load begins, warm-up first, with the moment in nanoseconds of
            the monotonic clock.
        on_progress: called about four times a second while the load runs.
        on_snapshot: gets what was measured so far, without the history, and the spans that were
            in no snapshot before; every `snapshot_seconds` while the measured load runs.
        snapshot_seconds: None: never.
        alongside: a context to be in with each pool while the load runs on it.
    """

    def __init__(
        self,
        connection: ConnectionPlan,
        limits: PoolLimits,
        load: LoadPlan,
        shares: Sequence[PoolShare],
        workload: Workload,
        control: Control,
        *,
        process: int = 0,
        on_ready: Callable[[], None] = lambda: None,
        on_started: Callable[[int], None] = lambda _: None,
        on_progress: OnProgress = lambda _: None,
        on_snapshot: OnSnapshot = lambda _parts, _spans: None,
        snapshot_seconds: float | None = None,
        alongside: Alongside = nullcontext,
    ) -> None:
        self._load = load
        self._shares = shares
        self._workload = workload
        self._control = control
        self._process = process
        self._on_ready = on_ready
        self._on_started = on_started
        self._on_progress = on_progress
        self._on_snapshot = on_snapshot
        self._snapshot_seconds = snapshot_seconds
        self._alongside = alongside
        self._step = Step.OPENING
        self._pools = [
            make_pool(connection, limits, f"pool-{share.index}", traced=load.trace_id is not None)
            for share in shares
        ]
        self._runs: list[PoolRun] = []

    async def run(self) -> list[Part]:
        """The whole life of the pools.

        Raises:
            ConnectFailed: a pool could not be opened.
        """
        async with AsyncExitStack() as stack:
            for pool in self._pools:
                stack.push_async_callback(pool.close, grace=_CLOSE_GRACE_SECONDS)
            await self._open_pools()
            self._on_progress(self._opened())
            self._on_ready()
            for pool in self._pools:
                await stack.enter_async_context(self._alongside(pool))
            await self._control.wait_for_start()
            start_ns = time.monotonic_ns()
            self._on_started(start_ns)
            self._runs = [self._pool_run(pool, share, start_ns) for pool, share in self._pairs()]
            return await self._run_pools(self._runs)

    def take_spans(self) -> list[SampledSpan]:
        """The spans of sampled operations that were not taken before, by a snapshot or this."""
        return [span for run in self._runs for span in run.recorder.take_spans()]

    def slowest_spans(self) -> list[SampledSpan]:
        """The spans of each pool's slowest sampled operations, whether they were taken or not."""
        return [span for run in self._runs for span in run.recorder.slowest_spans()]

    async def _open_pools(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for pool in self._pools:
                    group.create_task(self._open(pool))
        except ExceptionGroup as failures:
            # Pools of one run fail alike: the first one says it all.
            raise failures.exceptions[0] from failures.exceptions[0].__cause__

    async def _open(self, pool: SurrealDBConnectionPool) -> None:
        await pool.open(wait=True, timeout=self._load.open_seconds)

    async def _run_pools(self, runs: list[PoolRun]) -> list[Part]:
        async with ProcessWatch() as watch, self._sampling(runs, watch):
            self._step = Step.WARMING_UP
            # Said at once: what is shown for all processes is the step of the last of them.
            self._on_progress(self._progress(runs))
            await asyncio.gather(*(run.warm_up() for run in runs))
            self._step = Step.RUNNING
            watch.start()
            async with repeatedly(self._snapshot_seconds, partial(self._tell, runs, watch)):
                await asyncio.gather(*(run.measure() for run in runs))
            watch.stop()
            self._step = Step.FINISHING
            await asyncio.gather(*(run.settle() for run in runs))
            health, logs = watch.health(), watch.logs()
            return [run.recorder.part(health, logs) for run in runs]

    def _opened(self) -> Progress:
        return Progress(step=Step.OPEN, open=sum(pool.stats().open for pool in self._pools))

    def _pairs(self) -> list[tuple[SurrealDBConnectionPool, PoolShare]]:
        return list(zip(self._pools, self._shares, strict=True))

    def _pool_run(self, pool: SurrealDBConnectionPool, share: PoolShare, start_ns: int) -> PoolRun:
        return PoolRun(
            pool,
            share,
            self._load,
            self._workload,
            self._control,
            process=self._process,
            start_ns=start_ns,
        )

    @asynccontextmanager
    async def _sampling(self, runs: list[PoolRun], watch: ProcessWatch) -> AsyncIterator[None]:
        try:
            async with repeatedly(_SAMPLE_SECONDS, partial(self._sample, runs, watch)):
                yield
        finally:
            self._on_progress(self._progress(runs))

    def _sample(self, runs: list[PoolRun], watch: ProcessWatch) -> None:
        memory, lag = watch.take_rss_bytes(), watch.take_lag_seconds()
        for run in runs:
            if self._step is not Step.FINISHING:
                run.recorder.sample(run.pool.stats(), rss_bytes=memory, loop_lag_seconds=lag)
        self._on_progress(self._progress(runs))

    def _tell(self, runs: list[PoolRun], watch: ProcessWatch) -> None:
        health, logs = watch.health(), watch.logs()
        self._on_snapshot([run.recorder.snapshot(health, logs) for run in runs], self.take_spans())

    def _progress(self, runs: list[PoolRun]) -> Progress:
        return added_up(self._progress_of(run) for run in runs)

    def _progress_of(self, run: PoolRun) -> Progress:
        stats = run.pool.stats()
        tally = run.recorder.tally
        counted = self._step in (Step.RUNNING, Step.FINISHING)
        failed = tally.failed + tally.timed_out
        return Progress(
            step=self._step,
            done=tally.succeeded + failed + tally.cancelled if counted else 0,
            failed=failed if counted else 0,
            open=stats.open,
            used=stats.leased,
            waiting=stats.waiting,
        )
