"""Owns how a comparison reads as text, Markdown and JSON; computes nothing."""

import io
from collections.abc import Callable, Iterator
from enum import StrEnum

from rich.console import Console

from purreal_runner.document import Unit
from purreal_runner.judge import wording
from purreal_runner.judge.thresholds import ThresholdResult
from purreal_runner.report.comparison import (
    Change,
    Comparison,
    Difference,
    Side,
    ThresholdChange,
    Trend,
)
from purreal_runner.report.markdown import escaped
from purreal_runner.report.markdown import table as markdown_table
from purreal_runner.report.table import Cell, Table, Tone, cells, table_of
from purreal_runner.report.text import Printer, badged, drawn

ALWAYS = (
    "one run each: only repeated runs tell a difference from chance",
    "reports don't tell their machine: compare runs of the same one",
)
OTHER_TASK = "the runs had different tasks: no difference is called better or worse"
_COLUMNS = 120
_NOTHING = "-"
_TRENDS = {
    Trend.BETTER: Cell("better", Tone.GOOD),
    Trend.WORSE: Cell("worse", Tone.BAD),
    Trend.EQUAL: Cell("equal", Tone.QUIET),
    Trend.UNCLEAR: Cell(""),
}


class ComparisonFormat(StrEnum):
    """What a comparison can be written as."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def rendered_comparison(comparison: Comparison, format: ComparisonFormat) -> str:
    """The comparison in a format, ending with a line break; as text without colours."""
    return _RENDERERS[format](comparison)


def show_comparison(comparison: Comparison, format: ComparisonFormat, console: Console) -> None:
    """Print the comparison; as text as wide as a terminal, with its colours."""
    if format is ComparisonFormat.TEXT:
        render_comparison(comparison, console)
    else:
        console.file.write(rendered_comparison(comparison, format))


def render_comparison(comparison: Comparison, console: Console) -> None:
    """Print the comparison: both verdicts, what makes it hard, then the numbers."""
    show = Printer(console)
    for name, side in _sides(comparison):
        show.line(badged(side.verdict, f"{name} {side.name}", _said_of(side)))
    show.block("\n".join(f"! {words}" for words in _remarks(comparison)))
    for table in _tables(comparison):
        show.block(drawn(table))


def _text(comparison: Comparison) -> str:
    stream = io.StringIO()
    render_comparison(comparison, Console(file=stream, width=_COLUMNS, color_system=None))
    return stream.getvalue()


def _json(comparison: Comparison) -> str:
    return comparison.to_json() + "\n"


def _markdown(comparison: Comparison) -> str:
    names = f"{comparison.before.name} and {comparison.after.name}"
    sides = "\n".join(
        f"- {name}: **{side.verdict.upper()}** {escaped(f'{side.name}: {_said_of(side)}')}"
        for name, side in _sides(comparison)
    )
    remarks = "\n".join(f"- {escaped(words)}" for words in _remarks(comparison))
    tables = map(markdown_table, _tables(comparison))
    return "\n\n".join([f"## Comparison of {escaped(names)}", sides, remarks, *tables]) + "\n"


def _sides(comparison: Comparison) -> tuple[tuple[str, Side], tuple[str, Side]]:
    return (("before", comparison.before), ("after", comparison.after))


def _said_of(side: Side) -> str:
    run = None if side.run is None else f"run {side.run}"
    return ", ".join(filter(None, (side.reason, run, side.started_at)))


def _remarks(comparison: Comparison) -> Iterator[str]:
    for caveat in comparison.caveats:
        about = caveat.about.lower()
        yield caveat.words if caveat.words.startswith(about) else f"{about}: {caveat.words}"
    if not comparison.same_task:
        yield OTHER_TASK
    yield from ALWAYS


def _tables(comparison: Comparison) -> Iterator[Table]:
    if comparison.thresholds:
        titles = ("threshold", "before", "after", "difference", "relative", "")
        yield table_of(titles, map(_threshold_cells, comparison.thresholds))
    yield _numbers("results", comparison.results)
    yield _numbers("latency", comparison.latencies)
    yield _numbers("pool", comparison.pool)


def _numbers(title: str, changes: tuple[Change, ...]) -> Table:
    titles = (title, "before", "after", "difference", "relative", "")
    return table_of(titles, map(_change_cells, changes))


def _change_cells(change: Change) -> tuple[Cell, ...]:
    values = (_value(change.before, change.unit), _value(change.after, change.unit))
    return (*cells(change.name, *values, *_differences(change, change.unit)), _TRENDS[change.trend])


def _threshold_cells(change: ThresholdChange) -> tuple[Cell, ...]:
    known = change.after or change.before
    if known is None:
        return ()
    name = f"{known.metric} {known.comparison.symbol} {known.limit_text}"
    values = (_judged(change.before), _judged(change.after))
    return (*cells(name, *values, *_differences(change.observed, known.unit)), _turn(change))


def _judged(result: ThresholdResult | None) -> str:
    if result is None:
        return _NOTHING
    return f"{_value(result.observed, result.unit)} {'✓' if result.met else '✗'}"


def _turn(change: ThresholdChange) -> Cell:
    if change.before is None or change.after is None:
        return Cell("one run only", Tone.QUIET)
    if change.before.met == change.after.met:
        return Cell("both met", Tone.GOOD) if change.after.met else Cell("both missed", Tone.BAD)
    return Cell("now met", Tone.GOOD) if change.after.met else Cell("now missed", Tone.BAD)


def _differences(found: Difference, unit: Unit) -> tuple[str, str]:
    """A difference of ratios is in percentage points; a share of a share would confuse."""
    if not found.difference:
        return _NOTHING, _NOTHING
    if unit is Unit.RATIO:
        return f"{found.difference * 100:+.2f} points", _NOTHING
    if found.relative is None:
        return wording.change(found.difference, unit), _NOTHING
    return wording.change(found.difference, unit), f"{found.relative * 100:+,.1f} %"


def _value(value: float | None, unit: Unit) -> str:
    return _NOTHING if value is None else wording.value(value, unit)


_RENDERERS: dict[ComparisonFormat, Callable[[Comparison], str]] = {
    ComparisonFormat.TEXT: _text,
    ComparisonFormat.JSON: _json,
    ComparisonFormat.MARKDOWN: _markdown,
}
