"""Owns how long the pool's own requests may take before a server counts as silent; sends none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import TracebackType

    from purreal._deadlines import Deadlines

PATIENCE_SECONDS: Final = 1.0
"""For what a server does at once: everything but checking a password, which is slow on purpose."""

SECOND_LOOK_SECONDS: Final = 0.05
"""Then it is looked once more: after a stall of the event loop answers may be there, but unread."""


class Patience:
    """Calls `on_silence` when its block takes too long: ``with Patience(deadlines, seat.avoid):``.

    Args:
        deadlines: of the event loop.
        on_silence: called synchronously, at most once; the block goes on.
    """

    __slots__ = ("_deadlines", "_has_looked", "_on_silence")

    def __init__(self, deadlines: Deadlines, on_silence: Callable[[], None]) -> None:
        self._deadlines = deadlines
        self._on_silence = on_silence
        self._has_looked = False

    def __enter__(self) -> None:
        self._deadlines.set(self, PATIENCE_SECONDS)

    def expire(self) -> None:
        """The deadline has passed."""
        if self._has_looked:
            self._on_silence()
        else:
            self._has_looked = True
            self._deadlines.set(self, SECOND_LOOK_SECONDS)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        seconds = SECOND_LOOK_SECONDS if self._has_looked else PATIENCE_SECONDS
        self._deadlines.call_off(self, seconds)
