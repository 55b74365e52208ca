"""Worker processes as their parent sees them: starts them together, hears them out, loses none."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from purreal_runner.load.control import Control
from purreal_runner.load.plan import ProcessPlan
from purreal_runner.load.progress import OnProgress, Progress, added_up
from purreal_runner.load.protocol import (
    LONGEST_LINE_BYTES,
    Broke,
    Ended,
    Go,
    Message,
    Moved,
    Ready,
    Snapshot,
    Started,
    Stop,
    from_worker,
)
from purreal_runner.measure import Part
from purreal_runner.measure.sampled import SampledSpan

_END_SECONDS = 5.0


@dataclass(slots=True)
class Gathered:
    """What the worker processes left.

    Attributes:
        parts: of all pools whose process came to its end.
        problems: what went wrong, in words.
        spans: of sampled operations, as far as they were in no snapshot.
        slowest: the spans of the slowest sampled operations of each process.
    """

    parts: list[Part] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    spans: list[SampledSpan] = field(default_factory=list)
    slowest: list[SampledSpan] = field(default_factory=list)


class WorkerProcesses:
    """Runs plans in processes of their own, all starting their load at the same moment.

    Args:
        plans: one for each process, each with a number of its own.
        control: the load begins when all workers are ready and this has started; stopping it
            stops all workers.
        on_progress: gets the progress of all of them together.
        on_ready: called once when the pools of all workers are open, not if one was lost before.
        on_started: called for each worker with the moment when its load really began, in
            nanoseconds of this machine's monotonic clock.
        on_snapshot: gets what a worker has measured so far, where the plans ask for it.
        on_lost: called for each worker that will leave no parts, with the reason in words.
    """

    def __init__(
        self,
        plans: Sequence[ProcessPlan],
        control: Control,
        on_progress: OnProgress = lambda _: None,
        *,
        on_ready: Callable[[], None] = lambda: None,
        on_started: Callable[[int], None] = lambda _: None,
        on_snapshot: Callable[[Snapshot], None] = lambda _: None,
        on_lost: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._plans = plans
        self._control = control
        self._on_progress = on_progress
        self._on_ready = on_ready
        self._on_started = on_started
        self._on_snapshot = on_snapshot
        self._on_lost = on_lost
        self._processes: list[Process] = []
        self._progress = {plan.process: Progress() for plan in plans}
        self._not_ready = len(plans)
        self._all_ready = asyncio.Event()
        self._gathered = Gathered()

    async def run(self) -> Gathered:
        """Starts the processes, lets them go together and returns when all have ended."""
        starting = asyncio.create_task(self._start_together(), name="start together")
        watching = asyncio.create_task(self._pass_stop_on(), name="pass stop on")
        try:
            async with asyncio.TaskGroup() as group:
                for plan in self._plans:
                    group.create_task(self._run_one(plan))
        finally:
            starting.cancel()
            watching.cancel()
            await asyncio.wait({starting, watching})
        return self._gathered

    async def _run_one(self, plan: ProcessPlan) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "purreal_runner.load.worker_process",
            stdin=PIPE,
            stdout=PIPE,
            limit=LONGEST_LINE_BYTES,
            # A session of its own: Ctrl-C on the terminal reaches the parent only.
            start_new_session=True,
        )
        self._processes.append(process)
        try:
            _write(process, plan.model_dump_json().encode() + b"\n")
            if self._control.stopped:
                _write(process, Stop().line())
            await self._hear_out(plan, process)
        finally:
            await _end(process)

    async def _hear_out(self, plan: ProcessPlan, process: Process) -> None:
        assert process.stdout is not None  # noqa: S101  # made with a pipe above
        ready = False
        async for line in process.stdout:
            message = from_worker.validate_json(line)
            if isinstance(message, Ready):
                ready = True
                self._one_ready()
            elif isinstance(message, Started):
                self._on_started(message.at_ns)
            elif isinstance(message, Moved):
                self._progress[plan.process] = message.progress
                self._on_progress(added_up(self._progress.values()))
            elif isinstance(message, Snapshot):
                self._on_snapshot(message)
            elif isinstance(message, Ended):
                self._keep(message)
                return
            else:
                self._lose(plan, message, ready)
                return
        self._lose(plan, Broke(message=await _how_it_ended(process)), ready)

    def _keep(self, ended: Ended) -> None:
        self._gathered.parts.extend(ended.parts)
        self._gathered.spans.extend(ended.spans)
        self._gathered.slowest.extend(ended.slowest)

    def _lose(self, plan: ProcessPlan, broke: Broke, ready: bool) -> None:
        """Keeps what went wrong. One that never was ready stops the run: it can't start evenly."""
        pools = ", ".join(str(share.index) for share in plan.shares)
        problem = f"the process of pool {pools}: {broke.message}"
        self._gathered.problems.append(problem)
        self._progress[plan.process] = self._progress[plan.process].ended()
        if not ready:
            self._control.stop()
        self._on_lost(problem)

    def _one_ready(self) -> None:
        self._not_ready -= 1
        if self._not_ready == 0:
            self._all_ready.set()

    async def _start_together(self) -> None:
        await self._all_ready.wait()
        self._on_ready()
        await self._control.wait_for_start()
        if not self._control.stopped:
            self._say(Go())

    async def _pass_stop_on(self) -> None:
        with self._control.halt() as stopped:
            await stopped.wait()
        self._say(Stop())

    def _say(self, message: Message) -> None:
        for process in self._processes:
            _write(process, message.line())


def _write(process: Process, line: bytes) -> None:
    if process.stdin is not None and not process.stdin.is_closing():
        process.stdin.write(line)


async def _how_it_ended(process: Process) -> str:
    code = await process.wait()
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"it ended with {how} before it reported; its operations are missing"


async def _end(process: Process) -> None:
    """Lets the process end by itself for a moment, then ends it; its input closes either way."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_END_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
