"""Shows a run that is followed: in place on a terminal, a line now and then elsewhere.

Writes to standard error, so that standard output holds the report alone.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console, RenderableType
from rich.live import Live

from purreal_kubectl.deciding.progress import numbers, progress
from purreal_kubectl.deciding.run_of import Look
from purreal_kubectl.showing.picture import picture

_LINE_SECONDS = 10.0
_FRAMES_PER_SECOND = 4


class Display(Protocol):
    """What is told about a run that is followed."""

    def show(self, look: Look) -> None:
        """The run was seen like this."""

    def note(self, words: str) -> None:
        """Something besides the run's state is worth knowing."""


@contextmanager
def display(console: Console) -> Iterator[Display]:
    """Shows a run while the block lasts."""
    if not console.is_terminal:
        yield Lines(console, time.monotonic)
        return
    shown = _InPlace(console)
    with Live(
        get_renderable=shown.picture,
        console=console,
        refresh_per_second=_FRAMES_PER_SECOND,
        transient=True,
    ):
        yield shown


class _InPlace:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._look: Look | None = None

    def show(self, look: Look) -> None:
        self._look = look

    def note(self, words: str) -> None:
        self._console.print(words, highlight=False, markup=False)

    def picture(self) -> RenderableType:
        return "" if self._look is None else picture(self._look, time.time())


class Lines:
    """A line when something changes, and every ten seconds while numbers do.

    Args:
        console: where to print.
        clock: monotonic seconds.
    """

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        self._console = console
        self._clock = clock
        self._said = ""
        self._said_at = 0.0

    def show(self, look: Look) -> None:
        """Print the state if it is another one, or its numbers if it is time."""
        words, now = state_words(look), self._clock()
        if words == self._said and now - self._said_at < _LINE_SECONDS:
            return
        figures = "" if look.over is not None else _figures(look)
        if words == self._said and not figures:
            return
        self._said, self._said_at = words, now
        self.note(f"{words} · {figures}" if figures else words)

    def note(self, words: str) -> None:
        """Print a line."""
        self._console.print(words, highlight=False, markup=False, soft_wrap=True)


def state_words(look: Look) -> str:
    """The run and what it is busy with, in one line."""
    wanted = look.wanted
    if not look.begun:
        return f"{wanted.name}: waiting for the run to begin"
    if look.over is not None:
        over = look.over
        return f"{wanted.name} run {over.run}: {over.verdict}: {over.message}"
    status = look.status
    trouble = "; ".join(status.runners.trouble[:1])
    words = f"{wanted.name} run {wanted.number}: {status.phase}: {status.message}"
    return f"{words} ({trouble})" if trouble else words


def _figures(look: Look) -> str:
    if not look.begun:
        return ""
    return numbers(look.status) or progress(look, time.time()).words
