"""Owns the nouns of the pool's decisions (slot, waiter, command); holds no logic and no I/O."""

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


class Borrower(NamedTuple):
    """Who asks for a connection, and where in the program; put into words only on demand."""

    task: Task[object] | None
    scoped: bool
    """The task returns the lease itself, at the end of its `async with` block."""
    code: CodeType
    line: int

    @property
    def site(self) -> str:
        return f"{self.code.co_filename}:{self.line} in {self.code.co_name}()"


class Slot:
    """Room for one connection. There are `max_size` of them, so the pool can't exceed it."""

    __slots__ = (
        "begun_at",
        "borrower",
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
        self.borrower: Borrower | None = None
        self.begun_at = 0.0
        self.expires_at = 0.0
        self.idle_since = 0.0
        self.leased_at = 0.0
        self.lost = False
        self.slow = False


class Waiter:
    """One caller in the queue."""

    __slots__ = ("asked_at", "borrower", "future")

    future: Future[Slot]
    """Set by the desk before any command is executed; the core never looks at it."""

    def __init__(self, asked_at: float, borrower: Borrower) -> None:
        self.asked_at = asked_at
        self.borrower = borrower


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


class Grant(NamedTuple):
    """Hand this slot's connection to this waiter."""

    waiter: Waiter
    slot: Slot


class Fail(NamedTuple):
    """End this waiter with an error."""

    waiter: Waiter
    error: Exception


Command = Open | Check | Reset | Close | Grant | Fail
