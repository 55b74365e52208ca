"""Owns the parts of the terminal report as rich renderables; computes nothing."""

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from purreal_runner.judge import wording
from purreal_runner.judge.grade import Grade, GradeRow
from purreal_runner.judge.thresholds import ThresholdResult
from purreal_runner.judge.verdict import Verdict
from purreal_runner.report.cluster_facts import cluster_facts
from purreal_runner.report.model import Effective, Latency, Report
from purreal_runner.report.pictures import split_bar

VERDICT_STYLES = {
    Verdict.PASSED: "bold white on green",
    Verdict.COMPLETED: "bold white on blue",
    Verdict.FAILED: "bold white on red",
    Verdict.INCONCLUSIVE: "bold black on yellow",
    Verdict.CANCELLED: "bold black on yellow",
    Verdict.ERROR: "bold white on red",
}
_MOST_ERROR_TYPES = 20
_GRADE_STYLES = {Grade.EXCELLENT: "green", Grade.TARGET: "cyan", Grade.BELOW: "red"}


def verdict_line(report: Report) -> Text:
    """The verdict, the name of the run and the reason."""
    badge = (f" {report.verdict.upper()} ", VERDICT_STYLES[report.verdict])
    return Text.assemble(badge, " ", (report.name, "bold"), f": {report.reason}")


def facts_table(report: Report) -> Table:
    """What was done, to what, and what the settings came to."""
    table = _grid()
    for label, words in _facts(report):
        table.add_row(Text(label, "dim"), Text(words))
    return table


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    run, target, limits, effective = report.run, report.target, report.limits, report.effective
    yield "load", " · ".join(_load_words(report))
    yield (
        "target",
        " ".join(word for word in (target.kind, target.version, target.endpoint) if word),
    )
    leases = f"{limits.min_size:,} to {limits.max_size:,} leases"
    yield "pool", f"each {leases}, lend {effective.lend}, on {run.loop}"
    pools = wording.count(effective.pools, "pool")
    processes = wording.count(effective.processes, "process", "processes")
    share = _workers_each(effective)
    leases = f"{effective.max_leases:,} leases at most, peak {effective.peak_leases:,}"
    yield "effective", f"{pools} in {processes}{share} · {leases}"
    for fault in run.faults:
        yield "fault", fault
    if run.deliberate_stress:
        yield "stress", f"{run.deliberate_stress} (on purpose)"
    for note in run.notes:
        yield "note", note
    if report.on_cluster is not None:
        yield from cluster_facts(report.on_cluster)


def _workers_each(effective: Effective) -> str:
    most, fewest = effective.workers_per_pool, effective.fewest_workers_per_pool
    if not most:
        return ""
    least = "" if fewest in (None, most) else f"{fewest:,} to "
    return f" · {least}{wording.count(most, 'worker')} each"


def _load_words(report: Report) -> Iterator[str]:
    run = report.run
    yield run.scenario or run.workload or "workload"
    if run.workers:
        yield wording.count(run.workers, "worker")
    if run.operations:
        yield wording.count(run.operations, "operation")
    if run.duration_seconds:
        yield f"for {run.duration_seconds:g} s"
    if run.warm_up_seconds:
        yield f"warm-up {run.warm_up_seconds:g} s"
    if run.seed is not None:
        yield f"seed {run.seed}"


def thresholds_table(report: Report) -> Table:
    """Each threshold with limit, observed value and margin."""
    table = _table("threshold", "limit", "observed", "margin", "")
    for result in report.thresholds:
        table.add_row(*_threshold_cells(result))
    return table


def _threshold_cells(result: ThresholdResult) -> tuple[Text, ...]:
    limit = f"{result.comparison.symbol} {result.limit_text}"
    if result.observed is None or result.margin is None:
        return (Text(result.metric), Text(limit), Text("nothing"), Text("-"), _mark(result))
    sign = "+" if result.margin >= 0 else "-"
    margin = f"{sign}{wording.value(abs(result.margin), result.unit)}"
    seen = wording.value(result.observed, result.unit)
    return (Text(result.metric), Text(limit), Text(seen), Text(margin), _mark(result))


def _mark(result: ThresholdResult) -> Text:
    if result.met:
        return Text("✓ met", "green")
    return Text("✗ missed (load generator)" if result.generator_limited else "✗ missed", "red")


def operations_table(report: Report) -> Table:
    """The accounting beside rate, duration and concurrency."""
    operations = report.operations
    ratio = operations.success_ratio
    left = [
        ("issued", f"{operations.issued:,}"),
        ("succeeded", f"{operations.succeeded:,}"),
        ("failed", f"{operations.failed:,}"),
        ("timed out", f"{operations.timed_out:,}"),
        ("cancelled", f"{operations.cancelled:,}"),
    ]
    right = [
        ("success rate", "-" if ratio is None else wording.percent(ratio)),
        ("throughput", wording.rate(report.throughput)),
        ("duration", f"{report.duration_seconds:.2f} s"),
        ("peak concurrent", f"{report.peak_concurrent:,}"),
        ("unfinished", f"{operations.unfinished:,}") if operations.unfinished else ("", ""),
    ]
    table = Table.grid(padding=(0, 2))
    for side in ("left", "right", "left", "right"):
        table.add_column(justify="right" if side == "right" else "left", no_wrap=True)
    for (name, number), (other, value) in zip(left, right, strict=True):
        table.add_row(Text(name, "dim"), number, Text(f"    {other}", "dim"), value)
    return table


def latencies_table(report: Report) -> Table:
    """Waits for a lease, requests and whole operations."""
    table = _table("latency", "min", "max", "avg", "p50", "p95", "p99")
    table.add_row("wait for a lease", *_latency_cells(report.latencies.acquire))
    table.add_row("query", *_latency_cells(report.latencies.query))
    table.add_row("whole operation", *_latency_cells(report.latencies.operation))
    return table


def _latency_cells(latency: Latency) -> list[str]:
    values = (latency.min, latency.max, latency.mean, latency.p50, latency.p95, latency.p99)
    return ["-" if value is None else wording.seconds(value) for value in values]


def time_split_table(report: Report) -> Table:
    """Where the time went at each percentile, with a bar of the three shares."""
    table = _table("an operation at", "takes", "waiting", "database", "rest", "")
    for row in report.where_time_went.rows:
        cells = (
            row.operation_seconds,
            row.waiting_seconds,
            row.database_seconds,
            row.rest_seconds,
        )
        words = [wording.seconds(value) for value in cells]
        table.add_row(f"p{row.percent:g}", *words, split_bar(row))
    return table


def grade_table(report: Report) -> Table:
    """The guide's table of targets with what was observed."""
    table = _table("guide's table", "observed", "target", "excellent", "grade")
    for row in report.grade:
        table.add_row(*_grade_cells(row))
    return table


def _grade_cells(row: GradeRow) -> tuple[str | Text, ...]:
    seen = "nothing" if row.observed is None else wording.value(row.observed, row.unit)
    return (row.name, seen, row.target, row.excellent, Text(row.grade, _GRADE_STYLES[row.grade]))


def errors_table(report: Report) -> Table:
    """Errors by kind and type, each with one message; the rarest of very many are only counted."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("errors", "kind", "count"):
        table.add_column(title, no_wrap=True, justify="right" if title == "count" else "left")
    table.add_column("for example", overflow="fold")
    for error in report.errors[:_MOST_ERROR_TYPES]:
        table.add_row(Text(error.type), error.kind, f"{error.count:,}", Text(error.example))
    others = report.errors[_MOST_ERROR_TYPES:]
    if others:
        number = sum(error.count for error in others)
        table.add_row(Text(f"{wording.count(len(others), 'more type')}"), "", f"{number:,}", "")
    return table


def findings(report: Report) -> Iterator[tuple[Text, Text]]:
    """Warning signs, advice and the generator's health, each as a mark and its words."""
    for sign in report.warning_signs:
        yield Text("!", "bold yellow"), Text(sign.message)
    for advice in report.advice:
        words = Text.assemble((advice.action, "bold"), f": {advice.because}")
        yield Text("→", "bold cyan"), words
    if report.generator.sentence:
        yield Text("·", "dim"), Text(report.generator.sentence, "dim")


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for number, title in enumerate(titles):
        last = number == len(titles) - 1 and not title
        table.add_column(title, justify="left" if number == 0 or last else "right", no_wrap=True)
    return table


def _grid() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table
