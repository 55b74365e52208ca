"""Owns the proof that the terminal report is complete, fits, and is plain where it should be."""

import io
from collections.abc import Callable
from typing import Literal

import pytest
from rich.console import Console

from purreal_runner.judge.facts import RunFacts
from purreal_runner.measure import Merged
from purreal_runner.measure.errors import ErrorCount, ErrorKind
from purreal_runner.measure.series import Point, Series
from purreal_runner.report.build import build_report
from purreal_runner.report.model import Report
from purreal_runner.report.text import Printer, render, verdict_line


def rendered(report: Report, width: int = 80, *, terminal: bool = False) -> str:
    stream = io.StringIO()
    colours: Literal["standard", "auto"] = "standard" if terminal else "auto"
    console = Console(file=stream, width=width, force_terminal=terminal, color_system=colours)
    render(report, console)
    return stream.getvalue()


GOOD_AT_80 = """\
 PASSED  checkout-500: 2 thresholds met

threshold        limit  observed    margin
SuccessRatio  >= 99.9%     100 %   +0.10 %  ✓ met
AcquireP95      < 20ms   9.97 ms  +10.0 ms  ✓ met
"""


def stripped(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())


def test_verdict_and_thresholds_come_first(good_report: Report) -> None:
    assert stripped(rendered(good_report)).startswith(GOOD_AT_80)


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_no_line_is_wider_than_the_console_or_120_columns(
    good_report: Report, bad_report: Report, width: int
) -> None:
    lines = (rendered(good_report, width) + rendered(bad_report, width)).splitlines()

    assert max(len(line) for line in lines) <= min(width, 120)
    assert not [line for line in lines if "…" in line]


@pytest.mark.parametrize(("terminal", "coloured"), [(False, False), (True, True)])
def test_there_are_colours_on_a_terminal_only(
    good_report: Report, terminal: bool, coloured: bool
) -> None:
    assert ("\x1b[" in rendered(good_report, terminal=terminal)) is coloured


@pytest.mark.parametrize(
    "words",
    [
        "Sustained · 500 workers · 5,000 operations · warm-up 5 s · seed 42",
        "embedded surrealdb-3.2.4 ws://127.0.0.1:8000",
        "each 50 to 600 leases, lend Connection, on asyncio",
        "1 pool in 1 process · 500 workers each · 600 leases at most, peak 500",
        "success rate      100 %",
        "throughput        204/s",
        "peak concurrent       1",
        "wait for a lease  1.00 ms  10.0 ms  1.90 ms",
        "77 % of the p95 is spent waiting for a lease although there were some left",
        "leases over time  █ used  ░ open",
        "Pool Utilization   83.33 %",
        "the load generator used 40 % of a core",
    ],
)
def test_everything_that_was_measured_is_shown(good_report: Report, words: str) -> None:
    assert words in rendered(good_report, 120)


def test_the_picture_shows_leases_below_their_limit(good_report: Report) -> None:
    lines = rendered(good_report).splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("leases over time"))

    top, *middle, bottom = lines[start + 1 : start + 7]
    assert top.split() == ["600"]
    assert {"█", "░"} <= set("".join(middle))
    assert bottom.split() == ["0", "▄" * 4 + "█" * 63 + "▄" * 3]


def test_signs_errors_and_advice_are_shown_word_by_word(bad_report: Report) -> None:
    text = rendered(bad_report, 120)

    assert "no lease [within] 5.0 s" in text  # brackets are not markup
    assert "! 7 of 1,000 operations failed or timed out (errors: 7 pool)" in text
    assert "→ raise acquire_timeout from 30 to 60" in text
    assert "✗ missed" in text


def test_sockets_are_named_where_they_were_counted(good_report: Report) -> None:
    effective = good_report.effective.model_copy(update={"peak_sockets": 1_204})
    counted = good_report.model_copy(update={"effective": effective})

    assert "sockets    1,204 at most" in rendered(counted)
    assert "sockets" not in rendered(good_report)


def test_faults_stress_and_notes_are_named(
    facts: Callable[..., RunFacts], merged: Callable[..., Merged]
) -> None:
    report = build_report(
        facts(
            faults=("close the connection in every 100th operation",),
            deliberate_stress="4 busy processes",
            notes=("5 pools share 2 processes",),
        ),
        merged(),
    )

    text = rendered(report)

    assert "close the connection in every 100th operation" in text
    assert "4 busy processes (on purpose)" in text
    assert "5 pools share 2 processes" in text


def test_a_run_that_could_not_be_done_is_told_in_a_few_lines(
    facts: Callable[..., RunFacts],
) -> None:
    text = rendered(build_report(facts(error="nothing answers", thresholds=()), None))

    assert text.startswith(" ERROR  checkout-500: nothing answers\n")
    assert "latency" not in text


def test_workers_that_cannot_be_divided_evenly_are_shown_as_a_range(
    facts: Callable[..., RunFacts], merged: Callable[..., Merged]
) -> None:
    report = build_report(facts(pools=3, processes=3, workers=100), merged())

    assert "3 pools in 3 processes · 33 to 34 workers each" in rendered(report, 120)


@pytest.mark.parametrize(
    ("types", "rest"), [(20, None), (21, "1 more type "), (25, "5 more types")]
)
def test_the_rarest_of_very_many_types_of_errors_are_only_counted(
    good_report: Report, types: int, rest: str | None
) -> None:
    errors = tuple(
        ErrorCount(kind=ErrorKind.APPLICATION, type=f"Error{number}", count=2, example="…")
        for number in range(types)
    )

    text = rendered(good_report.model_copy(update={"errors": errors}), 120)

    assert text.count("application") == 20
    assert rest in text if rest else "more type" not in text


def test_a_run_shorter_than_an_interval_is_pictured_with_its_real_rate(good_report: Report) -> None:
    pool = good_report.pool.model_copy(update={"series": Series(points=(Point(completed=100),))})
    report = good_report.model_copy(update={"pool": pool, "duration_seconds": 0.05})

    text = rendered(report)

    assert "max 2,000" in text
    assert " 0.05 s\n" in text


def test_words_of_others_are_shown_and_never_obeyed(good_report: Report) -> None:
    hostile = "\x1b[2J::stop-commands::x"
    found = good_report.model_copy(update={"name": hostile, "reason": "\x07a bell"})
    stream = io.StringIO()
    show = Printer(Console(file=stream, width=80, color_system=None))

    show.line(verdict_line(found))
    show.line("::error::by a database")
    show.line("  ##[group]by a log")

    said = stream.getvalue()
    assert "\x1b" not in said
    assert "\x07" not in said
    assert "[2J::stop-commands::x" in said
    assert "·::error::by a database\n" in said
    assert "·  ##[group]by a log\n" in said
