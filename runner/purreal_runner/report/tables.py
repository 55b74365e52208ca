"""Owns what the tables of a report say, for every format; computes nothing."""

from purreal_runner.judge import wording
from purreal_runner.judge.grade import Grade, GradeRow
from purreal_runner.judge.thresholds import ThresholdResult
from purreal_runner.judge.where_time_went import TimeSplit
from purreal_runner.report.model import Latency, Report
from purreal_runner.report.table import Cell, Column, Table, Tone, cells, table_of

NOTHING = "nothing"
_MOST_ERROR_TYPES = 20
_ERROR_COLUMNS = (
    Column("errors"),
    Column("kind"),
    Column("count", numbers=True),
    Column("for example", verbatim=True),
)
_GRADE_TONES = {Grade.EXCELLENT: Tone.GOOD, Grade.TARGET: Tone.FAIR, Grade.BELOW: Tone.BAD}


def thresholds_table(report: Report) -> Table:
    """Each threshold with limit, observed value and margin."""
    titles = ("threshold", "limit", "observed", "margin", "")
    return table_of(titles, map(_threshold_cells, report.thresholds))


def _threshold_cells(result: ThresholdResult) -> tuple[Cell, ...]:
    limit = f"{result.comparison.symbol} {result.limit_text}"
    margin = "-" if result.margin is None else wording.change(result.margin, result.unit)
    return (*cells(result.metric, limit, observed_words(result), margin), _mark(result))


def observed_words(result: ThresholdResult) -> str:
    """What was observed for a threshold."""
    if result.observed is None:
        return NOTHING
    return wording.value(result.observed, result.unit)


def _mark(result: ThresholdResult) -> Cell:
    if result.met:
        return Cell("✓ met", Tone.GOOD)
    return Cell("✗ missed (load generator)" if result.generator_limited else "✗ missed", Tone.BAD)


def latencies_table(report: Report) -> Table:
    """Waits for a lease, requests and whole operations."""
    latencies = report.latencies
    rows = (
        ("wait for a lease", latencies.acquire),
        ("query", latencies.query),
        ("whole operation", latencies.operation),
    )
    titles = ("latency", "min", "max", "avg", "p50", "p95", "p99")
    return table_of(titles, (cells(name, *_latency_words(each)) for name, each in rows))


def _latency_words(latency: Latency) -> list[str]:
    values = (latency.min, latency.max, latency.mean, latency.p50, latency.p95, latency.p99)
    return ["-" if value is None else wording.seconds(value) for value in values]


def time_split_table(report: Report) -> Table:
    """Where the time went at each percentile."""
    titles = ("an operation at", "takes", "waiting", "database", "rest")
    return table_of(titles, map(_time_split_cells, report.where_time_went.rows))


def _time_split_cells(row: TimeSplit) -> tuple[Cell, ...]:
    values = (row.operation_seconds, row.waiting_seconds, row.database_seconds, row.rest_seconds)
    return cells(f"p{row.percent:g}", *map(wording.seconds, values))


def grade_table(report: Report) -> Table:
    """The guide's table of targets with what was observed."""
    titles = ("guide's table", "observed", "target", "excellent", "grade")
    return table_of(titles, map(_grade_cells, report.grade))


def _grade_cells(row: GradeRow) -> tuple[Cell, ...]:
    seen = NOTHING if row.observed is None else wording.value(row.observed, row.unit)
    grade = Cell(row.grade, _GRADE_TONES[row.grade])
    return (*cells(row.name, seen, row.target, row.excellent), grade)


def errors_table(report: Report) -> Table:
    """Errors by kind and type, each with one message; the rarest of very many are only counted."""
    rows = [
        cells(error.type, error.kind, f"{error.count:,}", error.example)
        for error in report.errors[:_MOST_ERROR_TYPES]
    ]
    others = report.errors[_MOST_ERROR_TYPES:]
    if others:
        number = sum(error.count for error in others)
        rows.append(cells(wording.count(len(others), "more type"), "", f"{number:,}", ""))
    return Table(_ERROR_COLUMNS, tuple(rows))
