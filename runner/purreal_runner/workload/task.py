"""What an operation gets to know about itself; must not know what the operation does with it."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import NamedTuple

from purreal import Lease, SurrealDBConnectionPool

WARM_UP_NUMBERS_FROM = 1_000_000_000
"""Warm-up operations are numbered from here, so that the measured ones are always 0, 1, 2, …"""


class Task(NamedTuple):
    """One operation of one worker: a tuple, because one is made for every operation.

    Attributes:
        number: unique over all pools of the run; what `simulate_work` gets as `task_id`.
        pool_index: which pool of the run, from 0.
        worker: which worker of that pool, from 0.
        iteration: how many operations this worker started before this one, its warm-up included.
        random: the worker's own generator, seeded from the run's seed, the pool and the worker.
        pool: for the few workloads that acquire more than the lease they are given.
    """

    number: int
    pool_index: int
    worker: int
    iteration: int
    random: Random
    pool: SurrealDBConnectionPool


Work = Callable[[Lease, Task], Awaitable[float]]
"""Does one operation on a lease; the result is the time to think afterwards, in seconds."""


def worker_random(seed: int, phase: str, pool_index: int, worker: int) -> Random:
    """The generator of one worker in one phase of the run: the same in every run with `seed`.

    Each phase has its own, because how many operations a warm-up does depends on the machine.
    """
    return Random(f"{seed}/{phase}/{pool_index}/{worker}")
