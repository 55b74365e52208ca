"""A workload as the load side sees it: what to prepare, what to do, in which shape."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from purreal import Lease
from purreal_runner.workload.task import Work

Hook = Callable[[Lease], Awaitable[object]]


class Shape(StrEnum):
    """How the workers of a pool come on."""

    STEADY = "Steady"
    """All workers at once, each starting its next operation when the last one has ended."""
    GATHERED = "Gathered"
    """As STEADY, but each worker keeps its first lease until all of them hold one."""
    WAVES = "Waves"
    """All workers at once, one operation each; the next wave starts when the last one has ended."""
    STAGES = "Stages"
    """A tenth of the workers, then a quarter, a half, three quarters, all of them."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Everything about a workload that doesn't depend on the amount of load.

    Attributes:
        name: for the report.
        work: one operation.
        tables: the run's own tables, to be made before the load and dropped after it.
        shape: how the workers come on.
        set_up: run once before the load, after the tables were made.
        tear_down: run once after the load, unless the data is to be kept.
    """

    name: str
    work: Work
    tables: tuple[str, ...] = ()
    shape: Shape = Shape.STEADY
    set_up: Hook | None = None
    tear_down: Hook | None = None
