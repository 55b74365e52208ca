"""The lines that a run and its worker processes exchange; must not know pipes or processes.

To a worker: its `ProcessPlan` as the first line, then `Go` and `Stop`. From a worker: `Ready`,
`Started`, `Moved` about four times a second, `Snapshot` if its plan asks for it, and at the end
either `Ended` or `Broke`. One JSON object a line.
Secrets travel here, on standard input, and never on a command line or in the environment.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from purreal_runner.load.progress import Progress
from purreal_runner.measure import Part
from purreal_runner.measure.sampled import SampledSpan

LONGEST_LINE_BYTES = 256 * 1024 * 1024
"""A part with ten minutes of history and full histograms has some hundred kilobytes."""


class Message(BaseModel):
    """The base of all lines."""

    model_config = ConfigDict(frozen=True)

    def line(self) -> bytes:
        """This message as it goes over the pipe."""
        return self.model_dump_json(by_alias=True).encode() + b"\n"


class Go(Message):
    """All workers are ready: start the load."""

    say: Literal["go"] = "go"


class Stop(Message):
    """Start no new operations, let those under way end, then report."""

    say: Literal["stop"] = "stop"


class Ready(Message):
    """All pools of this process are open."""

    say: Literal["ready"] = "ready"


class Started(Message):
    """The load of this process has begun, warm-up first.

    `at_ns` is the monotonic clock's, which all processes of one machine share.
    """

    say: Literal["started"] = "started"
    at_ns: int


class Moved(Message):
    """How far the pools of this process are."""

    say: Literal["moved"] = "moved"
    progress: Progress


class Snapshot(Message):
    """What the pools of this process have measured so far, while the load goes on.

    `parts` are without the history; `spans` are those that were in no snapshot before.
    """

    say: Literal["snapshot"] = "snapshot"
    parts: tuple[Part, ...]
    spans: tuple[SampledSpan, ...] = ()


class Ended(Message):
    """The parts of all pools of this process.

    `spans` are those that were in no snapshot; `slowest` are the spans of the slowest sampled
    operations of the whole run, whether they were in a snapshot or not.
    """

    say: Literal["ended"] = "ended"
    parts: tuple[Part, ...]
    spans: tuple[SampledSpan, ...] = ()
    slowest: tuple[SampledSpan, ...] = ()


class Broke(Message):
    """This process could not do its part, in one line of words."""

    say: Literal["broke"] = "broke"
    message: str


ToWorker = Annotated[Go | Stop, Field(discriminator="say")]
FromWorker = Annotated[
    Ready | Started | Moved | Snapshot | Ended | Broke, Field(discriminator="say")
]

to_worker: TypeAdapter[Go | Stop] = TypeAdapter(ToWorker)
from_worker: TypeAdapter[Ready | Started | Moved | Snapshot | Ended | Broke] = TypeAdapter(
    FromWorker
)
