"""How far a run is, as numbers that can be added up; shows nothing."""

from collections.abc import Callable, Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Step(StrEnum):
    """What a run is busy with."""

    OPENING = "opening"
    OPEN = "open"
    WARMING_UP = "warming up"
    RUNNING = "running"
    FINISHING = "finishing"


class Progress(BaseModel):
    """The state of some pools of a run at one moment; counts are of the measured part."""

    model_config = ConfigDict(frozen=True)

    step: Step = Step.OPENING
    done: int = 0
    failed: int = 0
    open: int = 0
    used: int = 0
    waiting: int = 0

    def ended(self) -> "Progress":
        """What is left of a process that is gone: its counts, but no pool and nothing to do."""
        return Progress(step=Step.FINISHING, done=self.done, failed=self.failed)

    def plus(self, other: "Progress") -> "Progress":
        """Both together; the step is the earlier one, so nothing looks further than it is."""
        order = list(Step)
        return Progress(
            step=min(self.step, other.step, key=order.index),
            done=self.done + other.done,
            failed=self.failed + other.failed,
            open=self.open + other.open,
            used=self.used + other.used,
            waiting=self.waiting + other.waiting,
        )


OnProgress = Callable[[Progress], None]


def added_up(parts: Iterable[Progress]) -> Progress:
    """The progress of the whole run from the progress of its processes."""
    total: Progress | None = None
    for part in parts:
        total = part if total is None else total.plus(part)
    return total or Progress()
