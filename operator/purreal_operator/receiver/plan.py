"""What the operator tells the receiver about a run; keeps nothing and sends nothing."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """One active run, as the receiver must know it.

    Attributes:
        namespace: of the test.
        test: the test's name.
        uid: of the test's resource.
        run: which run of the test, from 1.
        run_id: names the run everywhere.
        runners: how many runner pods there are; their indexes are below it.
        processes: how many pools each runner has; runner i has the pools from i * processes on.
        runner_token_hash: hex sha256 of the runners' token; None: nobody may talk yet.
        target_token_hash: hex sha256 of the database's token; None: it sends nothing.
        forward_to: base address of the user's own OTLP/HTTP collector, if there is one.
    """

    namespace: str
    test: str
    uid: str
    run: int
    run_id: str
    runners: int
    processes: int
    runner_token_hash: str | None = field(default=None, repr=False)
    target_token_hash: str | None = field(default=None, repr=False)
    forward_to: str | None = None

    def pools_of(self, index: int) -> range:
        """The indexes of a runner's pools."""
        return range(index * self.processes, (index + 1) * self.processes)


@dataclass(frozen=True, slots=True)
class Instruction:
    """What the runners of a room shall do.

    Attributes:
        start_at: the agreed start in monotonic seconds of this process; None: not agreed.
        started: the run is or was running, so who comes now is too late.
        drain: start nothing new and end.
        clean_up_by: the index of the runner that drops the run's tables, after its load.
        finished: nobody needs the runners any more.
    """

    start_at: float | None = None
    started: bool = False
    drain: bool = False
    clean_up_by: int | None = None
    finished: bool = False

    def begun(self, now: float) -> bool:
        """Whether the load has begun; `started` counts where a restart forgot the moment."""
        return self.started if self.start_at is None else now >= self.start_at


class Stored(Enum):
    """What became of a runner's final export."""

    STORED = "stored"
    """It is kept now."""
    ALREADY = "already"
    """The same pod had stored it before."""
    OTHER = "other"
    """Another pod has stored this index: this one doesn't count."""


class NeverStored(Exception):
    """A final export can't be stored now or later; the text says why, to the runner too."""


Store = Callable[[RoomPlan, int, str, bytes], Awaitable[Stored]]
"""Keeps the final export of (room, runner index, pod uid) for good: the raw protobuf bytes.

Whatever it raises but `NeverStored` means "not stored, try again".
"""

OpenStore = Callable[[], AbstractAsyncContextManager[Store]]
"""Makes a store inside the receiver's own event loop, where it is used and closed."""
