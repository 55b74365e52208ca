"""Workers and the operations they start: who does what next; measures nothing itself."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random

from purreal_runner.load.gate import Gate
from purreal_runner.load.perform import Performer
from purreal_runner.workload.task import WARM_UP_NUMBERS_FROM, Task, worker_random

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0


@dataclass(slots=True)
class Worker:
    """One of the N simulated callers of a pool; lives as long as the pool's run."""

    index: int
    random: Random
    iteration: int = 0
    setbacks: int = 0


@dataclass(slots=True)
class Budget:
    """What may still be started: operations left (None: any number), until `halt` is set."""

    left: int | None
    halt: asyncio.Event

    def take(self) -> bool:
        """Whether one more operation may start; if so it is taken from the budget."""
        if self.halt.is_set() or self.left == 0:
            return False
        if self.left is not None:
            self.left -= 1
        return True


@dataclass(slots=True)
class Crew:
    """The workers of one pool and what they have in common.

    Attributes:
        performer: performs one operation.
        pool_index: which pool of the run.
        pools: how many pools there are; operation numbers step by it, so they are unique.
        seed: of the run.
        size: how many workers there are.
    """

    performer: Performer
    pool_index: int
    pools: int
    seed: int
    size: int
    workers: list[Worker] = field(init=False)
    numbers: Iterator[int] = field(init=False)

    def __post_init__(self) -> None:
        self.workers = [Worker(index, Random()) for index in range(self.size)]
        self.begin_phase("warm-up", WARM_UP_NUMBERS_FROM)

    def begin_phase(self, phase: str, first_number: int = 0) -> None:
        """Gives every worker the generator of that phase and numbers operations anew."""
        self.numbers = count(first_number + self.pool_index, self.pools)
        for worker in self.workers:
            worker.random = worker_random(self.seed, phase, self.pool_index, worker.index)

    async def work(self, worker: Worker, budget: Budget, gate: Gate | None) -> None:
        """One worker's life in one stage: operations one after the other while there are any."""
        while budget.take():
            wait = await self.performer.perform(self._next_task(worker), gate)
            gate = None
            if wait is None:
                worker.setbacks = min(worker.setbacks + 1, 10)
                wait = _after_setback(worker)
            else:
                worker.setbacks = 0
            if wait > 0:
                await _pause(wait, budget.halt)

    def _next_task(self, worker: Worker) -> Task:
        iteration = worker.iteration
        worker.iteration = iteration + 1
        return Task(
            next(self.numbers),
            self.pool_index,
            worker.index,
            iteration,
            worker.random,
            self.performer.pool,
        )


def _after_setback(worker: Worker) -> float:
    """How long a worker waits after the pool or a connection failed, in seconds.

    A database that is down refuses in microseconds: without a pause the whole budget of
    operations would be spent on it in an instant, and no real service would behave so.
    """
    longest: float = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0**worker.setbacks)
    return longest * worker.random.uniform(0.5, 1.0)


async def _pause(seconds: float, halt: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(seconds):
            await halt.wait()
    except TimeoutError:
        pass
