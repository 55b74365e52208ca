"""Owns the report as one HTML file without scripts; decides no words, no order."""

from collections.abc import Iterable, Iterator, Sequence
from xml.etree.ElementTree import Element

from purreal_runner.judge.verdict import Verdict
from purreal_runner.report import html_pictures, sections, tables
from purreal_runner.report.cluster_facts import log_title
from purreal_runner.report.elements import Child, element, html_document
from purreal_runner.report.history import pool_history
from purreal_runner.report.html_style import STYLE
from purreal_runner.report.model import Report
from purreal_runner.report.on_cluster import LogTail
from purreal_runner.report.sections import Finding, Part
from purreal_runner.report.table import Cell, Column, Table, Tone

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What the page may load: nothing, should a browser ever see more in it than there is."""
_VERDICT_TONES = {
    Verdict.PASSED: Tone.GOOD,
    Verdict.COMPLETED: Tone.FAIR,
    Verdict.FAILED: Tone.BAD,
    Verdict.INCONCLUSIVE: Tone.NOTE,
    Verdict.CANCELLED: Tone.NOTE,
    Verdict.ERROR: Tone.BAD,
}


def html_report(report: Report) -> str:
    """The report as a whole page, for the artifacts of a pipeline or a mail."""
    parts = (_section(part, report) for part in sections.parts(report))
    page = element("main", _header(report), *parts)
    return html_document(element("html", _head(report), element("body", page), lang="en"))


def _head(report: Report) -> Element:
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{report.verdict}: {report.name}"),
        element("style", STYLE),
    )


def _header(report: Report) -> Element:
    tone = f"--tone: var(--{_VERDICT_TONES[report.verdict]})"
    badge = element("span", report.verdict, class_="verdict", style=tone)
    started = f"started {report.run.started_at}" if report.run.started_at else ""
    return element(
        "header",
        element("h1", badge, report.name),
        element("p", report.reason, class_="reason"),
        element("p", started, class_="quiet"),
    )


def _section(part: Part, report: Report) -> Element:
    return element("section", element("h2", part), *_blocks(part, report))


def _blocks(part: Part, report: Report) -> Iterable[Element]:
    match part:
        case Part.THRESHOLDS:
            return [_table(part, tables.thresholds_table(report))]
        case Part.FACTS:
            return [element("dl", *_pairs(sections.facts(report)))]
        case Part.OPERATIONS:
            return [_tiles(sections.rates(report)), _tiles(sections.accounting(report))]
        case Part.LATENCIES:
            return [_table(part, tables.latencies_table(report))]
        case Part.TIME_SPLIT:
            return _time_split(part, report)
        case Part.POOL:
            history = pool_history(report)
            return [] if history is None else html_pictures.pool_figures(history)
        case Part.GRADE:
            return [_table(part, tables.grade_table(report))]
        case Part.ERRORS:
            return [_table(part, tables.errors_table(report))]
        case Part.FINDINGS:
            return [element("ul", *map(_item, sections.findings(report)))]
        case Part.LOGS:
            return [] if report.on_cluster is None else map(_log, report.on_cluster.logs)


def _table(title: str, table: Table, beside: Sequence[Element] = ()) -> Element:
    """A table in a box of its own, which a narrow window scrolls, with the keyboard, too."""
    titles = [element("th", each.title, scope="col", **_kind(each)) for each in table.columns]
    rows = [_cells(row, table.columns) for row in table.rows]
    if beside:
        titles.append(element("th", scope="col"))
        for row, picture in zip(rows, beside, strict=True):
            row.append(element("td", picture))
    body = element("tbody", *(_row(row) for row in rows))
    whole = element("table", element("thead", _row(titles)), body)
    return element("div", whole, class_="scroll", role="region", aria_label=title, tabindex="0")


def _row(elements: Iterable[Element]) -> Element:
    return element("tr", *elements)


def _kind(column: Column) -> dict[str, str]:
    return {"class_": "number"} if column.numbers else {}


def _cells(row: Sequence[Cell], columns: Sequence[Column]) -> list[Element]:
    name, *others = row
    heading = element("th", name.words, scope="row")
    return [heading, *map(_cell, others, columns[1:])]


def _cell(cell: Cell, column: Column) -> Element:
    words: Child = cell.words
    if column.verbatim:
        return element("td", element("code", words), class_="verbatim")
    if cell.tone is not Tone.PLAIN:
        words = element("span", words, class_=cell.tone)
    return element("td", words, **_kind(column))


def _pairs(pairs: Iterable[tuple[str, str]]) -> Iterator[Element]:
    for label, words in pairs:
        yield element("dt", label)
        yield element("dd", words)


def _tiles(pairs: Iterable[tuple[str, str]]) -> Element:
    return element("dl", *(element("div", *_pairs([pair])) for pair in pairs), class_="tiles")


def _time_split(title: str, report: Report) -> list[Element]:
    bars = [html_pictures.split_bar(row) for row in report.where_time_went.rows]
    table = _table(title, tables.time_split_table(report), bars)
    sentence = element("p", report.where_time_went.sentence)
    return [table, html_pictures.time_split_legend(), sentence]


def _item(found: Finding) -> Element:
    mark = element("span", found.mark, class_=found.tone, aria_hidden="true")
    words: list[Child] = [found.words]
    if found.action:
        words = [element("strong", found.action), ": ", found.words]
    quiet = {"class_": "quiet"} if found.tone is Tone.QUIET else {}
    return element("li", mark, element("span", *words, **quiet))


def _log(tail: LogTail) -> Element:
    title = element("summary", log_title(tail))
    return element("details", title, element("pre", "\n".join(tail.lines)))
