"""Runs one stage of the load in one pool, from its first operation to its last."""

import asyncio
from collections.abc import Callable

from purreal_runner.load.control import Control
from purreal_runner.load.gate import Gate
from purreal_runner.load.split import Stage
from purreal_runner.load.worker import Budget, Crew

_CANCEL_SECONDS = 5.0


async def run_stage(stage: Stage, crew: Crew, control: Control, drain_seconds: float) -> None:
    """Puts the stage's workers to work and returns when all of them have ended.

    Args:
        stage: how many workers, and until when.
        crew: the pool's workers; the first ones of it are used.
        control: may stop the stage early.
        drain_seconds: once no new operations start, those under way get so long to end; then
            they are given up: as timed out, or as cancelled if somebody stopped the load.
    """
    with control.halt(stage.seconds) as halt:
        budget = Budget(stage.operations, halt)
        gate = _gate(stage, crew) if stage.gathered else None
        tasks = [
            asyncio.create_task(crew.work(worker, budget, gate), name=f"worker-{worker.index}")
            for worker in crew.workers[: stage.workers]
        ]

        def give_up() -> None:
            if not control.stopped:
                crew.performer.overdue = TimeoutError(
                    f"did not end within {drain_seconds:g} s after the load"
                )

        await _until_ended(tasks, halt, gate, drain_seconds, give_up)
    crew.performer.overdue = None


def _gate(stage: Stage, crew: Crew) -> Gate:
    pool, recorder = crew.performer.pool, crew.performer.recorder
    starting = min(stage.workers, stage.operations or stage.workers)
    return Gate(min(starting, pool.stats().max_size), on_open=lambda: recorder.sample(pool.stats()))


async def _until_ended(
    tasks: list[asyncio.Task[None]],
    halt: asyncio.Event,
    gate: Gate | None,
    drain_seconds: float,
    on_overdue: Callable[[], None],
) -> None:
    everyone = asyncio.create_task(
        asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION), name="everyone"
    )
    halted = asyncio.create_task(halt.wait(), name="halt")
    try:
        await asyncio.wait({everyone, halted}, return_when=asyncio.FIRST_COMPLETED)
        if gate is not None:
            gate.open()  # whoever came on after the end has to wait for nobody any more
        _, overdue = await asyncio.wait({everyone}, timeout=drain_seconds)
        if overdue:
            on_overdue()
    finally:
        for task in (everyone, halted, *tasks):
            task.cancel()
        await asyncio.wait({everyone, halted, *tasks}, timeout=_CANCEL_SECONDS)
    for worker in tasks:
        if worker.done() and not worker.cancelled():
            worker.result()
