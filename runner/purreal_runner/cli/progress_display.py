"""Shows how far a run is: a bar in place on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from purreal_runner.load.progress import OnProgress, Progress, Step

_LINE_SECONDS = 2.0
_SHORTEST_SECONDS = 0.25
_BAR_CELLS = 12
"""Narrow, because the words beside it say more than the bar does."""


@contextmanager
def progress_display(operations: int | None, seconds: float | None) -> Iterator[OnProgress]:
    """Shows progress on standard error while the block lasts.

    Args:
        operations: how many there will be; None: the time is the measure.
        seconds: how long the load will last.

    Yields:
        What is to be called with every progress.
    """
    console = Console(stderr=True)
    if console.is_terminal:
        with _Bar(console, operations, seconds) as bar:
            yield bar.show
    else:
        yield _Lines(operations).show


class Rate:
    """Operations per second since the load began, from counts seen now and then.

    The load is under way when it is first seen: what was done by then counts no more than the
    time it took.
    """

    def __init__(self) -> None:
        self.began: float | None = None
        self._done_at_began = 0

    def seconds(self, progress: Progress) -> float:
        """Seconds since the measured load began."""
        now = time.monotonic()
        if self.began is None:
            if progress.step in (Step.OPENING, Step.OPEN, Step.WARMING_UP):
                return 0.0
            self.began = now
            self._done_at_began = progress.done
        return now - self.began

    def per_second(self, progress: Progress) -> float:
        """The mean rate so far; 0 while the time is too short to divide by."""
        seconds = self.seconds(progress)
        if seconds < _SHORTEST_SECONDS:
            return 0.0
        return max(0, progress.done - self._done_at_began) / seconds


class _Bar:
    def __init__(self, console: Console, operations: int | None, seconds: float | None) -> None:
        self._operations = operations
        self._rate = Rate()
        self._bar = Bar(
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=_BAR_CELLS),
            TextColumn("{task.fields[words]}"),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task("starting", total=operations or seconds, words="")

    def __enter__(self) -> "_Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, progress: Progress) -> None:
        done = progress.done if self._operations else self._rate.seconds(progress)
        self._bar.update(
            self._task,
            completed=done,
            description=progress.step.value,
            words=in_words(progress, self._operations, self._rate.per_second(progress)),
        )


class _Lines:
    def __init__(self, operations: int | None) -> None:
        self._operations = operations
        self._rate = Rate()
        self._shown = time.monotonic()

    def show(self, progress: Progress) -> None:
        words = in_words(progress, self._operations, self._rate.per_second(progress))
        now = time.monotonic()
        if now - self._shown < _LINE_SECONDS:
            return
        self._shown = now
        print(f"{progress.step.value}: {words}", file=sys.stderr, flush=True)


def in_words(progress: Progress, operations: int | None, per_second: float) -> str:
    """The numbers of one moment in one line."""
    of = f" of {operations:,}" if operations else ""
    return (
        f"{progress.done:,}{of} · {per_second:,.0f}/s · {progress.failed:,} failed · "
        f"used {progress.used}/{progress.open} · {progress.waiting} waiting"
    )
