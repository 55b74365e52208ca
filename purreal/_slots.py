"""Owns the nouns of the pool's decisions (slot, claim, command); holds no logic and no I/O."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from asyncio import Future, Task
    from types import CodeType

    from purreal._connection import Connection


class SlotState(IntEnum):
    """What a slot is doing; each state but VACANT counts toward `max_size`."""

    VACANT = 0
    CONNECTING = 1
    IDLE = 2
    CHECKING = 3
    LEASED = 4
    RESETTING = 5
    CLOSING = 6


class Condition(IntEnum):
    """In which condition a borrower brings a connection back."""

    CLEAN = 0
    CHANGED = 1
    """It works, but the next borrower would see what this one did: reset it first."""
    BROKEN = 2
    """It must not be lent again."""


class Claim:
    """One caller's claim to a connection: first it may have to wait, then it holds a slot.

    One object for all of that: what waits is many, and a collector of garbage that has to look at
    more than this with every caller would cost more than the pool.

    Args:
        task: who asks, None outside of a task.
        holder: the same task, if it returns the connection itself, at the end of its `async with`
            block; else None.
        code, instruction: where in the program; put into words only on demand.
    """

    __slots__ = (
        "asked_at",
        "code",
        "connection",
        "future",
        "holder",
        "instruction",
        "is_nested",
        "is_waiting",
        "slot",
        "task",
    )

    asked_at: float
    is_nested: bool
    """Whether its task held a lease when it asked."""
    is_waiting: bool
    """These three are set when it is not served at once."""
    future: Future[None]
    """Set by the desk before any command is executed; the core never looks at it."""
    slot: Slot
    connection: Connection
    """Both are set when it is lent."""

    def __init__(
        self,
        task: Task[object] | None,
        holder: Task[object] | None,
        code: CodeType,
        instruction: int,
    ) -> None:
        self.task = task
        self.holder = holder
        self.code = code
        self.instruction = instruction

    @property
    def site(self) -> str:
        """Where in the program the caller asked."""
        lines = (
            line
            for begin, end, line in self.code.co_lines()
            if begin <= self.instruction < end and line is not None
        )
        return f"{self.code.co_filename}:{next(lines, '?')} in {self.code.co_name}()"


class Slot:
    """Room for one connection. There are `max_size` of them, so the pool can't exceed it."""

    __slots__ = (
        "begun_at",
        "claim",
        "connection",
        "expires_at",
        "idle_since",
        "leased_at",
        "lost",
        "slow",
        "state",
    )

    def __init__(self) -> None:
        self.state = SlotState.VACANT
        self.vacate()

    def vacate(self) -> None:
        """Forget the connection that lived here."""
        self.connection: Connection | None = None
        self.claim: Claim | None = None
        self.begun_at = 0.0
        self.expires_at = 0.0
        self.idle_since = 0.0
        self.leased_at = 0.0
        self.lost = False
        self.slow = False


class Open(NamedTuple):
    """Open a connection for this slot."""

    slot: Slot


class Check(NamedTuple):
    """Ask the server for a sign of life before this connection is lent again."""

    slot: Slot


class Reset(NamedTuple):
    """Bring this connection back to its configured state."""

    slot: Slot


class Close(NamedTuple):
    """Close this slot's connection."""

    slot: Slot


class Fail(NamedTuple):
    """End this claim, which waits, with an error."""

    claim: Claim
    error: Exception


Command = Open | Check | Reset | Close | Claim | Fail
"""What to do. A claim: it was lent its slot, so wake up who waits for that."""
