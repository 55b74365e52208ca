"""Owns the proof that the HTML report is complete, safe, and readable by people and machines."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from purreal_runner.judge.facts import RunFacts
from purreal_runner.measure import Merged
from purreal_runner.measure.errors import ErrorCount, ErrorKind
from purreal_runner.measure.series import Point, Series
from purreal_runner.report.build import build_report
from purreal_runner.report.html_page import html_report
from purreal_runner.report.html_style import STYLE
from purreal_runner.report.model import Report
from purreal_runner.report.on_cluster import LogTail, OnCluster, RunnersUse
from purreal_runner.report.sections import parts

VOID = {"meta"}
HOSTILE = '<script>alert("1")</script>&lt;\x1b[31m\x00</style>'


class Page(HTMLParser):
    """Reads a page as a browser does, and remembers what is in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def paths(report: Report) -> list[str]:
    return [path["d"] or "" for path in Page(html_report(report)).all("path")]


def test_the_page_says_the_verdict_first_and_has_every_part_as_a_heading(
    bad_report: Report,
) -> None:
    page = Page(html_report(bad_report))

    assert page.texts[0] == "Failed: checkout-500"
    assert [part for part in parts(bad_report) if part not in page.texts] == []
    assert [tag for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)] == [
        "h1",
        *["h2"] * len(list(parts(bad_report))),
    ]


@pytest.mark.parametrize(
    "words",
    [
        "AcquireP95",
        "9.97 ms",
        "✓ met",
        "Sustained · 500 workers · 5,000 operations · warm-up 5 s · seed 42",
        "peak concurrent",
        "whole operation",
        "P99 Acquire Time",
        "77 % of the p95 is spent waiting for a lease",
        "at most 543 open and 500 used of 600",
        "the load generator used 40 % of a core",
    ],
)
def test_everything_that_was_measured_is_on_the_page(good_report: Report, words: str) -> None:
    assert words in Page(html_report(good_report)).text


def test_the_page_loads_nothing_and_runs_nothing(good_report: Report) -> None:
    text = html_report(good_report)
    page = Page(text)

    assert {"script", "link", "img", "iframe", "a"}.isdisjoint(tag for tag, _ in page.elements)
    assert re.findall(r"\bsrc=|\bhref=|url\(|@import|\bon[a-z]+=", text) == []
    [policy] = [each["content"] for each in page.all("meta") if "http-equiv" in each]
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_words_of_others_are_shown_and_never_markup(good_report: Report) -> None:
    error = ErrorCount(kind=ErrorKind.APPLICATION, type=HOSTILE, count=1, example=HOSTILE)
    found = OnCluster(
        namespace="shop",
        run=1,
        trace_id="",
        runners=RunnersUse(expected=1, reported=1),
        logs=(LogTail(source=HOSTILE, lines=(HOSTILE,)),),
        mismatches=(HOSTILE,),
    )
    report = good_report.model_copy(
        update={"name": HOSTILE, "reason": HOSTILE, "errors": (error,), "on_cluster": found}
    )

    page = Page(html_report(report))

    assert page.all("script") == []
    assert len(page.all("style")) == 1
    shown = HOSTILE.replace("\x1b", "\ufffd").replace("\x00", "\ufffd")
    assert page.text.count(shown) >= 7


def test_every_table_can_be_read_aloud_and_scrolled_with_the_keyboard(bad_report: Report) -> None:
    page = Page(html_report(bad_report))

    regions = [each for each in page.all("div") if each.get("role") == "region"]
    assert len(regions) == len(page.all("table")) >= 5
    assert all(each["aria-label"] and each["tabindex"] == "0" for each in regions)
    assert {each["scope"] for each in page.all("th")} == {"col", "row"}
    assert all(each["aria-hidden"] == "true" for each in page.all("svg"))
    assert page.all("html") == [{"lang": "en"}]


def test_areas_end_where_the_load_ended_and_keep_to_their_scale(good_report: Report) -> None:
    points = (Point(open=6, used=3, completed=10), Point(open=6, used=6), Point(open=6))
    pool = good_report.pool.model_copy(update={"series": Series(seconds=1.0, points=points)})
    effective = good_report.effective.model_copy(update={"max_leases": 12})
    report = good_report.model_copy(
        update={"pool": pool, "effective": effective, "duration_seconds": 2.5}
    )

    opened, used, waiting, rate = paths(report)

    assert opened == "M0 100V50H400V50H800V50H1000V100Z"
    assert used == "M0 100V75H400V50H800V100H1000V100Z"
    assert waiting == "M0 100V100H400V100H800V100H1000V100Z"
    assert rate == "M0 100V0H400V100H800V100H1000V100Z"


def test_failures_have_a_picture_only_when_there_were_some(
    good_report: Report, bad_report: Report
) -> None:
    assert len(paths(bad_report)) == len(paths(good_report)) + 1


def test_a_run_that_could_not_be_done_is_a_short_page(facts: Callable[..., RunFacts]) -> None:
    report = build_report(facts(error="nothing answers", thresholds=()), None)

    page = Page(html_report(report))

    assert "nothing answers" in page.text
    assert page.all("svg") == []
    assert page.all("table") == []


def test_shares_of_the_time_fill_the_bar(
    facts: Callable[..., RunFacts], merged: Callable[..., Merged]
) -> None:
    page = Page(html_report(build_report(facts(), merged())))

    widths = [float(each["width"] or 0) for each in page.all("rect")]
    bars = [widths[first : first + 3] for first in range(0, len(widths), 3)]
    assert len(bars) == 3
    assert [round(sum(bar)) for bar in bars] == [100, 100, 100]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("tone", ["ink", "soft", "good", "fair", "note", "bad"])
def test_words_stand_out_from_the_paper_in_light_and_dark(theme: int, tone: str) -> None:
    colours = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", STYLE.split("@media")[theme]))

    assert contrast(colours[tone], colours["paper"]) >= 4.5
    assert contrast(colours[tone], colours["band"]) >= 4.5 or tone not in ("ink", "soft")
