"""Owns the pictures of the terminal report as rich texts; computes nothing but their shape."""

from rich.text import Text

from purreal_runner.judge.where_time_went import TimeSplit
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
    points = report.pool.series.points
    if not points:
        return []
    columns = max(10, width - _AXIS_COLUMNS - 2)
    used = [point.used for point in points]
    opened = [point.open for point in points]
    top = max(report.effective.max_leases, *opened, *used)
    chart = filled_chart(used, opened, top=top, width=columns, height=_CHART_LINES)
    lines = [_chart_line(chart, number, top) for number in range(len(chart))]
    shown_seconds = min(len(points) * report.pool.series.seconds, report.duration_seconds)
    lines.append(_time_axis(shown_seconds, columns))
    lines.append(_spark("waiting", [point.waiting for point in points], columns, 1.0))
    # A run shorter than one interval is measured by what it took.
    interval = shown_seconds if len(points) == 1 else report.pool.series.seconds
    per_second = 1 / interval if interval else 0.0
    lines.append(_spark("ops/s", [point.completed for point in points], columns, per_second))
    if any(point.failed for point in points):
        lines.append(_spark("failed", [point.failed for point in points], columns, 1.0))
    return lines


def _chart_line(chart: list[str], number: int, top: float) -> Text:
    value = {0: f"{top:,.0f}", len(chart) - 1: "0"}.get(number, "")
    return Text.assemble((f"{value:>{_AXIS_COLUMNS}} ", "dim"), (chart[number], "cyan"))


def _time_axis(seconds: float, columns: int) -> Text:
    end = f"{seconds:.3g} s" if seconds < 100 else f"{seconds:,.0f} s"
    return Text(f"{'':{_AXIS_COLUMNS}} 0{end:>{columns - 1}}", "dim")


def _spark(name: str, values: list[int], columns: int, factor: float) -> Text:
    greatest = f"max {max(values) * factor:,.0f}"
    picture = sparkline(values, columns - len(greatest) - 1)
    label = f"{name:>{_AXIS_COLUMNS}} "
    return Text.assemble((label, "dim"), (picture, "cyan"), (f" {greatest}", "dim"))
