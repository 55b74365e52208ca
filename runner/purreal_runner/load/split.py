"""The arithmetic of dividing totals over pools, processes and stages; pure, no I/O."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

from purreal_runner.workload.workload import Shape

STAGE_PERCENTAGES = (10, 25, 50, 75, 100)
"""Progressive: with 1,000 workers these are the guide's 100, 250, 500, 750 and 1,000."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of load with a fixed number of workers in one pool.

    Attributes:
        workers: how many.
        operations: their common budget; None: until `seconds` are over.
        seconds: how long; None: until the budget is used up.
        gathered: each worker keeps its first lease until all of them hold one.
    """

    workers: int
    operations: int | None
    seconds: float | None
    gathered: bool = False


def split(total: int, parts: int) -> list[int]:
    """Divides a total into whole shares that add up; the remainder goes to the lowest indexes.

    >>> split(7, 3)
    [3, 2, 2]
    """
    if parts < 1:
        raise ValueError(f"can't divide into {parts} parts")
    share, remainder = divmod(total, parts)
    return [share + (index < remainder) for index in range(parts)]


def group(pools: int, processes: int) -> list[range]:
    """Which pools each process runs: neighbours together, sizes as equal as `split` makes them."""
    groups = []
    first = 0
    for count in split(pools, min(pools, processes)):
        groups.append(range(first, first + count))
        first += count
    return groups


def stages(
    shape: Shape, workers: int, operations: int | None, seconds: float | None
) -> Iterator[Stage]:
    """What one pool's share of the load looks like over time.

    Waves that stop by time go on without end: the caller ends them at its deadline.
    """
    if shape is Shape.STEADY:
        yield Stage(workers, operations, seconds)
    elif shape is Shape.GATHERED:
        yield Stage(workers, operations, seconds, gathered=True)
    elif shape is Shape.WAVES:
        yield from _waves(workers, operations)
    else:
        yield from _steps(workers, operations, seconds)


def _waves(workers: int, operations: int | None) -> Iterator[Stage]:
    if operations is None:
        yield from repeat(Stage(workers, workers, None, gathered=True))
        return
    while operations > 0:
        size = min(workers, operations)
        yield Stage(size, size, None, gathered=True)
        operations -= size


def _steps(workers: int, operations: int | None, seconds: float | None) -> Iterator[Stage]:
    counts = [max(1, workers * percentage // 100) for percentage in STAGE_PERCENTAGES]
    budgets = weighted(operations, counts) if operations is not None else [None] * len(counts)
    lasting = seconds / len(counts) if seconds is not None else None
    for count, budget in zip(counts, budgets, strict=True):
        yield Stage(count, budget, lasting, gathered=True)


def weighted(total: int, weights: list[int]) -> list[int]:
    """Divides a total by weight into whole shares that add up; the last one takes what is over."""
    shares = [total * weight // sum(weights) for weight in weights]
    shares[-1] += total - sum(shares)
    return shares
