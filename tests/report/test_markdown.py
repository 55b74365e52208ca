"""Owns the proof that the Markdown is complete, and that what others wrote means itself there."""

import html
from collections.abc import Callable
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from purreal_runner.judge.facts import RunFacts
from purreal_runner.measure import Merged
from purreal_runner.measure.errors import ErrorCount, ErrorKind
from purreal_runner.report.build import build_report
from purreal_runner.report.markdown import escaped, markdown_report
from purreal_runner.report.model import Report
from purreal_runner.report.on_cluster import LogTail, OnCluster, RunnersUse

TEXT = ("text", "text_special")
MARKUP = {"link_open", "image", "html_inline", "strong_open", "em_open", "s_open", "code_inline"}
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "a | b",
    "[click](https://example.org)",
    "![x](https://example.org/pixel.png)",
    "**bold** _italic_ ~~gone~~ `code`",
    "back\\slash \\| pipe",
    "<!-- hidden",
    "&lt;",
    "$x^2$ #12",
    "two\n\n# lines",
    "acquire_timeout of _the_ pool",
)


def tokens(markdown: str) -> list[Token]:
    """Blocks and what is inside of them."""
    found = []
    for token in MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(markdown):
        found += [token, *(token.children or ())]
    return found


def shown(cell: Token) -> str:
    return "".join(part.content for part in cell.children or () if part.type in TEXT)


def table_rows(markdown: str) -> list[list[str]]:
    rows: list[list[str]] = []
    found = tokens(markdown)
    for token, inside in pairwise(found):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("td_open", "th_open"):
            rows[-1].append(shown(inside))
    return rows


def test_the_verdict_comes_first(good_report: Report) -> None:
    first, _, reason, *_ = markdown_report(good_report).splitlines()

    assert first == "## ✅ Passed: checkout-500"
    assert reason == "2 thresholds met"


@pytest.mark.parametrize(
    "row",
    [
        ["AcquireP95", "< 20ms", "9.97 ms", "+10.0 ms", "✓ met"],
        ["SuccessRatio", ">= 99.9%", "99.30 %", "-0.60 %", "✗ missed"],
        ["target", "embedded surrealdb-3.2.4 ws://127.0.0.1:8000"],
        ["timed out", "7", "peak concurrent", "1"],
        ["wait for a lease", "1.00 ms", "10.0 ms", "1.90 ms", "1.00 ms", "9.97 ms", "9.97 ms"],
        ["p95", "13.0 ms", "10.0 ms", "2.00 ms", "1.00 ms"],
        ["Pool Utilization", "83.33 %", "70-90%", "80-85%", "Excellent"],
        ["AcquireTimeout", "pool", "7", "no lease [within] 5.0 s"],
    ],
)
def test_everything_that_was_measured_is_shown(bad_report: Report, row: list[str]) -> None:
    assert row in table_rows(markdown_report(bad_report))


def test_warning_signs_are_shown_word_by_word(bad_report: Report) -> None:
    lines = markdown_report(bad_report).splitlines()

    assert "- ! 7 of 1,000 operations failed or timed out (errors: 7 pool)" in lines


def test_advice_stands_out(bad_report: Report) -> None:
    assert "→ **raise acquire_timeout from 30 to 60" in html.unescape(markdown_report(bad_report))


def test_every_table_is_one_and_has_as_many_cells_in_each_row(bad_report: Report) -> None:
    found = tokens(markdown_report(bad_report))

    tables = [token for token in found if token.type == "table_open"]
    headings = [token for token in found if token.type == "heading_open" and token.tag == "h3"]
    assert len(tables) == 7
    assert len(headings) == 9


@pytest.mark.parametrize("words", HOSTILE)
def test_words_of_others_mean_themselves_in_a_table_and_add_no_column(words: str) -> None:
    table = f"| a | b |\n| --- | --- |\n| {escaped(words)} | end |"

    assert table_rows(table)[1:] == [[" ".join(words.split()), "end"]]
    assert not {token.type for token in tokens(table)} & MARKUP


@pytest.mark.parametrize("words", ["http://example.org/a", "ftp://example.org", "www.example.org"])
def test_an_address_is_shown_and_is_no_link(words: str) -> None:
    written = escaped(words)

    assert html.unescape(written) == words
    assert "://" not in written
    assert "www." not in written


def test_a_hostile_message_brings_neither_html_nor_links_nor_pictures(
    bad_report: Report,
) -> None:
    errors = [
        ErrorCount(kind=ErrorKind.APPLICATION, type=f"E{n}", count=1, example=words)
        for n, words in enumerate(HOSTILE)
    ]
    report = bad_report.model_copy(update={"errors": tuple(errors), "reason": HOSTILE[0]})

    found = tokens(markdown_report(report))

    assert not {token.type for token in found} & {"link_open", "image", "html_block"}
    html_inline = {token.content for token in found if token.type == "html_inline"}
    assert html_inline == {"<code>", "</code>"}


def test_a_run_on_a_cluster_says_where_and_keeps_the_ends_of_logs_letter_by_letter(
    good_report: Report,
) -> None:
    log = LogTail(source="runner 3", lines=("```", "<b>not bold</b> | * _", "</details>"))
    where = OnCluster(
        namespace="shop",
        run=7,
        trace_id="4bf92f",
        runners=RunnersUse(expected=4, reported=3, lost=(3,), lost_share=0.25),
        logs=(log,),
    )

    markdown = markdown_report(good_report.model_copy(update={"on_cluster": where}))

    assert ["run", "shop, run 7, trace 4bf92f"] in table_rows(markdown)
    assert ["runners", "3 of 4 reported, lost 3 with 25 % of the load"] in table_rows(markdown)
    [*_, fence] = [token.content for token in tokens(markdown) if token.type == "fence"]
    assert tuple(fence.splitlines()) == log.lines
    assert "<summary>log of runner 3</summary>" in markdown


def test_a_run_that_could_not_be_done_is_told_in_a_few_lines(
    facts: Callable[..., RunFacts],
) -> None:
    report = build_report(facts(error="the user root may not sign in", thresholds=()), None)

    markdown = markdown_report(report)

    assert markdown.startswith("## ❌ Error: checkout-500\n\nthe user root may not sign in\n")
    assert "### Operations" not in markdown


def test_a_run_without_thresholds_has_no_empty_table(
    facts: Callable[..., RunFacts], merged: Callable[..., Merged]
) -> None:
    report = build_report(facts(thresholds=()), merged())

    assert "### Thresholds" not in markdown_report(report)
