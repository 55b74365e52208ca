"""One picture of a run on its way: phase, progress, runners, numbers; reads no clock."""

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from purreal_kubectl.deciding.progress import numbers, progress
from purreal_kubectl.deciding.run_of import Look
from purreal_operator.status.model import PoolLoadTestStatus, RunnersStatus
from purreal_operator.status.moments import epoch
from purreal_runner.judge import wording

_BAR_CELLS = 40
_NONE = "–"


def picture(look: Look, now: float) -> RenderableType:
    """Draw a run.

    Args:
        look: what was seen last.
        now: seconds since 1970.
    """
    if not look.begun:
        return Group(_headline(look, now), *_waiting(look))
    status = look.status
    parts: list[RenderableType] = [_headline(look, now), Text(status.message), _bar(look, now)]
    if status.runners.expected:
        parts.append(_runners(status.runners))
        parts += [Text(f"  ! {words}", style="yellow") for words in status.runners.trouble]
    figures = numbers(status)
    if figures:
        parts.append(Text(figures))
    return Group(*parts)


def _headline(look: Look, now: float) -> Text:
    words = Text(look.wanted.name, style="bold")
    if not look.begun:
        return words.append(" · waiting for the run to begin", style="not bold")
    status = look.status
    words.append(f" · run {look.wanted.number} · ", style="not bold")
    words.append(str(status.phase), style="cyan")
    if status.started_at is not None:
        words.append(f" · {_clock(now - epoch(status.started_at))}", style="not bold")
    return words


def _waiting(look: Look) -> list[RenderableType]:
    status: PoolLoadTestStatus = look.status
    if not status.run or look.over is not None:
        return []
    return [Text(f"run {status.run}: {status.phase}: {status.message}", style="dim")]


def _bar(look: Look, now: float) -> RenderableType:
    state = progress(look, now)
    line = Table.grid(padding=(0, 1))
    bar = ProgressBar(
        total=None if state.share is None else 1.0,
        completed=state.share or 0.0,
        width=_BAR_CELLS,
        pulse=state.share is None,
    )
    line.add_row(bar, state.words)
    return line


def _runners(runners: RunnersStatus) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("runners", "ready", "reported", "lost", "start skew"):
        table.add_column(column, justify="right")
    skew = runners.start_skew_microseconds
    table.add_row(
        str(runners.expected),
        str(runners.ready),
        str(runners.reported),
        ", ".join(map(str, runners.lost[:10])) or _NONE,
        _NONE if skew is None else wording.seconds(skew / 1e6),
    )
    return table


def _clock(seconds: float) -> str:
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02}"
