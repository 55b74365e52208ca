"""Owns the pictures of the terminal report as rich texts; computes nothing but their shape."""

from rich.text import Text

from purreal_runner.judge.where_time_went import TimeSplit
from purreal_runner.report.history import Line, end_of_axis, pool_history
from purreal_runner.report.model import Report
from purreal_runner.report.sparkline import filled_chart, sparkline

_AXIS_COLUMNS = 8
_CHART_LINES = 6
_SPLIT_CELLS = 26


def split_bar(row: TimeSplit) -> Text:
    """One line: waiting, database and rest by their share of the whole."""
    whole = row.operation_seconds or 1.0
    waiting = round(row.waiting_seconds / whole * _SPLIT_CELLS)
    database = round(row.database_seconds / whole * _SPLIT_CELLS)
    rest = max(0, _SPLIT_CELLS - waiting - database)
    return Text.assemble(("█" * waiting, "yellow"), ("▓" * database, "cyan"), ("░" * rest, "dim"))


def time_split_legend() -> Text:
    """What the cells of the bar stand for."""
    return Text.assemble(
        ("█", "yellow"), (" waiting  ", "dim"), ("▓", "cyan"), (" database  ░ rest", "dim")
    )


def pool_picture(report: Report, width: int) -> list[Text]:
    """Leases over time as a chart, and below it the queue and the throughput as lines."""
    history = pool_history(report)
    if history is None:
        return []
    columns = max(10, width - _AXIS_COLUMNS - 2)
    top = history.top
    chart = filled_chart(history.used, history.open, top=top, width=columns, height=_CHART_LINES)
    lines = [_chart_line(chart, number, top) for number in range(len(chart))]
    lines.append(_time_axis(history.seconds, columns))
    return [*lines, *(_spark(line, columns) for line in history.lines)]


def _chart_line(chart: list[str], number: int, top: float) -> Text:
    value = {0: f"{top:,.0f}", len(chart) - 1: "0"}.get(number, "")
    return Text.assemble((f"{value:>{_AXIS_COLUMNS}} ", "dim"), (chart[number], "cyan"))


def _time_axis(seconds: float, columns: int) -> Text:
    return Text(f"{'':{_AXIS_COLUMNS}} 0{end_of_axis(seconds):>{columns - 1}}", "dim")


def _spark(line: Line, columns: int) -> Text:
    greatest = f"max {line.greatest:,.0f}"
    picture = sparkline(line.values, columns - len(greatest) - 1)
    label = f"{line.name:>{_AXIS_COLUMNS}} "
    return Text.assemble((label, "dim"), (picture, "cyan"), (f" {greatest}", "dim"))
