"""Owns the order of the terminal report; the parts are drawn elsewhere."""

from rich.console import Console
from rich.table import Table

from purreal_runner.report import pictures, sections
from purreal_runner.report.cluster_facts import log_lines
from purreal_runner.report.model import Report

_WIDEST = 120


def render(report: Report, console: Console) -> None:
    """Print the report: verdict and thresholds first, then what explains them.

    Looks right from 80 columns on; wider than 120 nothing is gained. Where the console is not
    a terminal, there are no colour codes.
    """
    width = min(console.width, _WIDEST)
    show = _Printer(console, width)
    show.line(sections.verdict_line(report))
    if report.thresholds:
        show.block(sections.thresholds_table(report))
    show.block(sections.facts_table(report))
    if report.operations.issued:
        _render_measurements(report, show)
    if report.errors:
        show.block(sections.errors_table(report))
    _render_findings(report, show)
    if report.on_cluster is not None and report.on_cluster.logs:
        show.block("\n".join(log_lines(report.on_cluster)))


def _render_measurements(report: Report, show: "_Printer") -> None:
    show.block(sections.operations_table(report))
    show.block(sections.latencies_table(report))
    if report.where_time_went.rows:
        show.block(sections.time_split_table(report))
        show.line(pictures.time_split_legend())
        show.line(report.where_time_went.sentence)
    picture = pictures.pool_picture(report, show.width)
    if picture:
        show.block("leases over time  █ used  ░ open")
        for line in picture:
            show.line(line)
    if report.grade:
        show.block(sections.grade_table(report))


def _render_findings(report: Report, show: "_Printer") -> None:
    table = Table.grid(padding=(0, 1))
    for mark, words in sections.findings(report):
        table.add_row(mark, words)
    if table.row_count:
        show.block(table)


class _Printer:
    """Prints to a console without guessing what to highlight or which brackets are markup."""

    def __init__(self, console: Console, width: int) -> None:
        self._console = console
        self.width = width

    def line(self, what: object) -> None:
        """Print without a gap."""
        self._console.print(what, highlight=False, markup=False, emoji=False, width=self.width)

    def block(self, what: object) -> None:
        """Print after an empty line."""
        self._console.print()
        self.line(what)
