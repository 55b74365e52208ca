"""Owns how the report looks in a terminal; words, order and pictures are decided elsewhere."""

from collections.abc import Sequence
from itertools import zip_longest

from rich.console import Console, RenderableType
from rich.segment import Segment, Segments
from rich.table import Table as Grid
from rich.text import Text

from purreal_runner.judge.verdict import Verdict
from purreal_runner.report import pictures, sections, tables
from purreal_runner.report.cluster_facts import log_lines
from purreal_runner.report.model import Report
from purreal_runner.report.sections import Part
from purreal_runner.report.table import Cell, Column, Table, Tone

_WIDEST = 120
_VERDICT_STYLES = {
    Verdict.PASSED: "bold white on green",
    Verdict.COMPLETED: "bold white on blue",
    Verdict.FAILED: "bold white on red",
    Verdict.INCONCLUSIVE: "bold black on yellow",
    Verdict.CANCELLED: "bold black on yellow",
    Verdict.ERROR: "bold white on red",
}
_STYLES = {
    Tone.PLAIN: "",
    Tone.STRONG: "bold",
    Tone.QUIET: "dim",
    Tone.GOOD: "green",
    Tone.FAIR: "cyan",
    Tone.NOTE: "yellow",
    Tone.BAD: "red",
}


def render(report: Report, console: Console) -> None:
    """Print the report: verdict and thresholds first, then what explains them.

    Looks right from 80 columns on; wider than 120 nothing is gained. Where the console is not
    a terminal, there are no colour codes.
    """
    show = Printer(console)
    show.line(verdict_line(report))
    for part in sections.parts(report):
        first, *others = _blocks(part, report, show.width)
        show.block(first)
        for other in others:
            show.line(other)


def verdict_line(report: Report) -> Text:
    """The verdict, the name of the run and the reason."""
    return badged(report.verdict, report.name, report.reason)


def badged(verdict: Verdict, name: str, words: str) -> Text:
    """A verdict in its colours, and what it is about."""
    badge = (f" {verdict.upper()} ", _VERDICT_STYLES[verdict])
    return Text.assemble(badge, " ", (name, "bold"), f": {words}")


def _blocks(part: Part, report: Report, width: int) -> list[RenderableType]:
    match part:
        case Part.THRESHOLDS:
            return [drawn(tables.thresholds_table(report))]
        case Part.FACTS:
            return [_facts(report)]
        case Part.OPERATIONS:
            return [_operations(report)]
        case Part.LATENCIES:
            return [drawn(tables.latencies_table(report))]
        case Part.TIME_SPLIT:
            return _time_split(report)
        case Part.POOL:
            return ["leases over time  █ used  ░ open", *pictures.pool_picture(report, width)]
        case Part.GRADE:
            return [drawn(tables.grade_table(report))]
        case Part.ERRORS:
            return [drawn(tables.errors_table(report))]
        case Part.FINDINGS:
            return [_findings(report)]
        case Part.LOGS:
            return [] if report.on_cluster is None else ["\n".join(log_lines(report.on_cluster))]


def drawn(table: Table, pictures_beside: Sequence[Text] = ()) -> Grid:
    """A table for a terminal; beside each row a picture, if there are any."""
    grid = Grid(box=None, pad_edge=False, header_style="dim")
    for column in table.columns:
        _add_column(grid, column)
    if pictures_beside:
        _add_column(grid, Column(""))
    beside = [(picture,) for picture in pictures_beside]
    for row, picture in zip_longest(table.rows, beside, fillvalue=()):
        grid.add_row(*map(_text, row), *picture)
    return grid


def _add_column(grid: Grid, column: Column) -> None:
    grid.add_column(
        column.title,
        justify="right" if column.numbers else "left",
        overflow="fold",
        no_wrap=not column.verbatim,
    )


def _text(cell: Cell) -> Text:
    return Text(cell.words, _STYLES[cell.tone])


def _facts(report: Report) -> Grid:
    grid = Grid.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, words in sections.facts(report):
        grid.add_row(Text(label, "dim"), Text(words))
    return grid


def _operations(report: Report) -> Grid:
    grid = Grid.grid(padding=(0, 2))
    for side in ("left", "right", "left", "right"):
        grid.add_column(justify="right" if side == "right" else "left", no_wrap=True)
    pairs = zip_longest(sections.accounting(report), sections.rates(report), fillvalue=("", ""))
    for (name, number), (other, value) in pairs:
        grid.add_row(Text(name, "dim"), number, Text(f"    {other}", "dim"), value)
    return grid


def _time_split(report: Report) -> list[RenderableType]:
    bars = [pictures.split_bar(row) for row in report.where_time_went.rows]
    table = drawn(tables.time_split_table(report), bars)
    return [table, pictures.time_split_legend(), Text(report.where_time_went.sentence)]


def _findings(report: Report) -> Grid:
    grid = Grid.grid(padding=(0, 1))
    for found in sections.findings(report):
        style = _STYLES[found.tone]
        quiet = style if found.tone is Tone.QUIET else ""
        words = Text.assemble((found.action, "bold"), ": " if found.action else "", found.words)
        words.stylize_before(quiet)
        grid.add_row(Text(found.mark, quiet or f"bold {style}"), words)
    return grid


_OBEYED = dict.fromkeys((*range(32), *range(127, 160)), "�")
"""Control characters: words of a database or of a file must not move a terminal's cursor."""
_COMMANDS_OF_CI = ("::", "##[")


class Printer:
    """Prints to a console without guessing what to highlight or which brackets are markup.

    What others wrote is only shown: no terminal and no CI takes it for something to be done.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self.width = min(console.width, _WIDEST)

    def line(self, what: RenderableType) -> None:
        """Print without a gap."""
        shown = Text(what) if isinstance(what, str) else what
        options = self._console.options.update(width=self.width)
        for line in self._console.render_lines(shown, options, pad=False):
            segments = Segments([*_only_shown(line), Segment.line()])
            self._console.print(segments, soft_wrap=True)

    def block(self, what: RenderableType) -> None:
        """Print after an empty line."""
        self._console.print()
        self.line(what)


def _only_shown(line: Sequence[Segment]) -> list[Segment]:
    shown = [Segment(part.text.translate(_OBEYED), part.style) for part in line]
    if "".join(part.text for part in shown).lstrip().startswith(_COMMANDS_OF_CI):
        return [Segment("·"), *shown]
    return shown
