"""Worker processes as their parent sees them: starts them together, hears them out, loses none."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
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
    Stop,
    from_worker,
)
from purreal_runner.measure import Part

_END_SECONDS = 5.0


@dataclass(slots=True)
class Gathered:
    """What the worker processes left: their parts, and in words what went wrong."""

    parts: list[Part] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class WorkerProcesses:
    """Runs plans in processes of their own, all starting their load at the same moment.

    Args:
        plans: one for each process.
        control: stopping it stops all workers.
        on_progress: gets the progress of all of them together.
    """

    def __init__(
        self, plans: Sequence[ProcessPlan], control: Control, on_progress: OnProgress
    ) -> None:
        self._plans = plans
        self._control = control
        self._on_progress = on_progress
        self._processes: list[Process] = []
        self._progress = [Progress() for _ in plans]
        self._not_ready = len(plans)
        self._gathered = Gathered()

    async def run(self) -> Gathered:
        """Starts the processes, lets them go together and returns when all have ended."""
        watching = asyncio.create_task(self._pass_stop_on(), name="pass stop on")
        try:
            async with asyncio.TaskGroup() as group:
                for plan in self._plans:
                    group.create_task(self._run_one(plan))
        finally:
            watching.cancel()
            await asyncio.wait({watching})
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
            elif isinstance(message, Moved):
                self._progress[plan.process] = message.progress
                self._on_progress(added_up(self._progress))
            elif isinstance(message, Ended):
                self._gathered.parts.extend(message.parts)
                return
            else:
                self._lose(plan, message, ready)
                return
        self._lose(plan, Broke(message=await _how_it_ended(process)), ready)

    def _lose(self, plan: ProcessPlan, broke: Broke, ready: bool) -> None:
        """Keeps what went wrong. One that never was ready stops the run: it can't start evenly."""
        pools = ", ".join(str(share.index) for share in plan.shares)
        self._gathered.problems.append(f"the process of pool {pools}: {broke.message}")
        self._progress[plan.process] = self._progress[plan.process].ended()
        if not ready:
            self._one_ready()
            self._control.stop()

    def _one_ready(self) -> None:
        self._not_ready -= 1
        if self._not_ready == 0:
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
