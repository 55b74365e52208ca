"""The lines that a run and its worker processes exchange; must not know pipes or processes.

To a worker: its `ProcessPlan` as the first line, then `Go` and `Stop`. From a worker: `Ready`,
`Moved` about four times a second, and at the end either `Ended` or `Broke`. One JSON object a line.
Secrets travel here, on standard input, and never on a command line or in the environment.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from purreal_runner.load.progress import Progress
from purreal_runner.measure import Part

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


class Moved(Message):
    """How far the pools of this process are."""

    say: Literal["moved"] = "moved"
    progress: Progress


class Ended(Message):
    """The parts of all pools of this process."""

    say: Literal["ended"] = "ended"
    parts: tuple[Part, ...]


class Broke(Message):
    """This process could not do its part, in one line of words."""

    say: Literal["broke"] = "broke"
    message: str


ToWorker = Annotated[Go | Stop, Field(discriminator="say")]
FromWorker = Annotated[Ready | Moved | Ended | Broke, Field(discriminator="say")]

to_worker: TypeAdapter[Go | Stop] = TypeAdapter(ToWorker)
from_worker: TypeAdapter[Ready | Moved | Ended | Broke] = TypeAdapter(FromWorker)
