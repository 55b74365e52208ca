"""Shows a run that is followed: in place on a terminal, a line now and then elsewhere.

Writes to standard error, so that standard output holds the report alone.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live

from purreal_kubectl.deciding.progress import numbers, progress
from purreal_kubectl.deciding.run_of import Look
from purreal_kubectl.deciding.runners import runner_rows
from purreal_kubectl.showing.picture import picture
from purreal_kubectl.showing.runners import runners_picture
from purreal_operator.cluster.views import PodView

_LINE_SECONDS = 10.0
_FRAMES_PER_SECOND = 4


class Display(Protocol):
    """What is told about a run that is followed."""

    def show(self, look: Look) -> None:
        """The run was seen like this."""

    def note(self, words: str) -> None:
        """Something besides the run's state is worth knowing."""

    @property
    def show_runners(self) -> Callable[[Sequence[PodView]], None] | None:
        """Takes the pods of all runners; None where nobody would see them."""


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
        self._pods: Sequence[PodView] = ()

    def show(self, look: Look) -> None:
        self._look = look

    def show_runners(self, pods: Sequence[PodView]) -> None:
        self._pods = pods

    def note(self, words: str) -> None:
        self._console.print(words, highlight=False, markup=False)

    def picture(self) -> RenderableType:
        look, now = self._look, time.time()
        if look is None:
            return ""
        run = picture(look, now)
        rows = runner_rows(self._pods, look.status, now) if self._pods and look.begun else ()
        # The last line is the cursor's.
        height = self._console.height - len(self._console.render_lines(run)) - 1
        return Group(run, runners_picture(rows, self._console.width, height)) if rows else run


class Lines:
    """A line when something changes, and every ten seconds while numbers do.

    Args:
        console: where to print.
        clock: monotonic seconds.
    """

    show_runners = None

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
