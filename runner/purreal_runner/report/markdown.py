"""Owns the report as Markdown for job summaries and pull requests; decides no words, no order."""

from collections.abc import Iterable
from itertools import zip_longest

from purreal_runner.judge.verdict import Verdict
from purreal_runner.report import sections, tables
from purreal_runner.report.cluster_facts import log_title
from purreal_runner.report.model import Report
from purreal_runner.report.on_cluster import LogTail
from purreal_runner.report.pictures import pool_picture
from purreal_runner.report.sections import Finding, Part
from purreal_runner.report.table import Cell, Column, Table, Tone

VERDICT_MARKS = {
    Verdict.PASSED: "✅",
    Verdict.COMPLETED: "☑️",
    Verdict.FAILED: "❌",
    Verdict.INCONCLUSIVE: "⚠️",
    Verdict.CANCELLED: "⏹️",
    Verdict.ERROR: "❌",
}
_PICTURE_COLUMNS = 80
_SPECIAL = "&<>\\`*_[]{}|~#$@"
_LINKS = {"://": ":&#47;/", "www.": "www&#46;"}
"""Addresses that GitHub makes links of without any markup."""


def markdown_report(report: Report) -> str:
    """The report as GitHub-flavoured Markdown; foreign words can't become markup."""
    mark = VERDICT_MARKS[report.verdict]
    head = (
        f"## {mark} {report.verdict}: {escaped(report.name)}",
        escaped(report.reason),
    )
    bodies = (_section(part, report) for part in sections.parts(report))
    return "\n\n".join((*head, *bodies)) + "\n"


def _section(part: Part, report: Report) -> str:
    return "\n\n".join((f"### {part}", *_blocks(part, report)))


def _blocks(part: Part, report: Report) -> Iterable[str]:
    match part:
        case Part.THRESHOLDS:
            return [table(tables.thresholds_table(report))]
        case Part.FACTS:
            return [_pairs(sections.facts(report))]
        case Part.OPERATIONS:
            return [_operations(report)]
        case Part.LATENCIES:
            return [table(tables.latencies_table(report))]
        case Part.TIME_SPLIT:
            return [
                table(tables.time_split_table(report)),
                escaped(report.where_time_went.sentence),
            ]
        case Part.POOL:
            return ["Leases: █ used, ░ open", _fenced(_picture(report))]
        case Part.GRADE:
            return [table(tables.grade_table(report))]
        case Part.ERRORS:
            return [table(tables.errors_table(report))]
        case Part.FINDINGS:
            return ["\n".join(map(_item, sections.findings(report)))]
        case Part.LOGS:
            return [] if report.on_cluster is None else map(_log, report.on_cluster.logs)


def table(content: Table) -> str:
    """A table; foreign words are shown letter by letter."""
    columns = content.columns
    head = (escaped(column.title) for column in columns)
    rules = ("--:" if column.numbers else ":--" for column in columns)
    rows = (map(_cell, row, columns) for row in content.rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rules, *rows))


def _cell(cell: Cell, column: Column) -> str:
    words = escaped(cell.words)
    if column.verbatim and words:
        return f"<code>{words}</code>"
    return f"**{words}**" if words and cell.tone in (Tone.STRONG, Tone.BAD) else words


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    rows = tuple((Cell(label), Cell(words)) for label, words in pairs)
    return table(Table((Column(""), Column("")), rows))


def _operations(report: Report) -> str:
    pairs = zip_longest(sections.accounting(report), sections.rates(report), fillvalue=("", ""))
    rows = tuple(tuple(map(Cell, (*left, *right))) for left, right in pairs)
    sides = (Column(""), Column("", numbers=True))
    return table(Table(sides * 2, rows))


def _picture(report: Report) -> str:
    return "\n".join(line.plain.rstrip() for line in pool_picture(report, _PICTURE_COLUMNS))


def _item(found: Finding) -> str:
    action = f"**{escaped(found.action)}**: " if found.action else ""
    return f"- {found.mark} {action}{escaped(found.words)}"


def _log(tail: LogTail) -> str:
    lines = _fenced("\n".join(tail.lines))
    return f"<details><summary>{escaped(log_title(tail))}</summary>\n\n{lines}\n\n</details>"


def _fenced(text: str) -> str:
    """Text letter by letter, in a fence longer than any that it could hold."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text}\n{fence}"


def escaped(text: str) -> str:
    """Words in one line in which no character means more than itself.

    Entities, not backslashes: they hold in a table, too, where a backslash before a column's
    edge is read in different ways.
    """
    line = " ".join(text.split())
    words = "".join(f"&#{ord(each)};" if each in _SPECIAL else each for each in line)
    for address, plain in _LINKS.items():
        words = words.replace(address, plain)
    return words
