"""Owns the proof that a GitHub job shows a run, and that nothing else does."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from purreal_runner.judge.facts import RunFacts
from purreal_runner.measure import Merged
from purreal_runner.report.build import build_report
from purreal_runner.report.github import summarise
from purreal_runner.report.markdown import markdown_report
from purreal_runner.report.model import Report


def annotations(report: Report) -> list[tuple[str, str, str]]:
    """Kind, title and message of each, as GitHub reads them."""
    out = io.StringIO()
    summarise(report, {"GITHUB_ACTIONS": "true"}, out)
    lines = [re.fullmatch("::(.+?) title=([^:,]*)::(.*)", line) for line in _lines(out)]
    return [(found[1], unquote(found[2]), unquote(found[3])) for found in lines if found]


def _lines(out: io.StringIO) -> list[str]:
    *lines, nothing = out.getvalue().split("\n")
    assert not nothing
    return lines


def test_the_markdown_is_appended_to_the_summary_of_the_job(
    good_report: Report, bad_report: Report, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    environ = {"GITHUB_STEP_SUMMARY": str(summary)}

    summarise(good_report, environ, io.StringIO())
    summarise(bad_report, environ, io.StringIO())

    written = summary.read_text(encoding="utf-8")
    assert written == markdown_report(good_report) + markdown_report(bad_report)


def test_a_summary_that_can_not_be_written_is_one_line(good_report: Report, tmp_path: Path) -> None:
    out = io.StringIO()

    summarise(good_report, {"GITHUB_STEP_SUMMARY": str(tmp_path)}, out)

    assert _lines(out) == [f"the job's summary {tmp_path} can't be written: Is a directory"]


def test_a_run_that_passed_is_a_notice(good_report: Report) -> None:
    assert annotations(good_report) == [("notice", "checkout-500: Passed", "2 thresholds met")]


def test_each_missed_threshold_is_an_error_with_what_was_observed(bad_report: Report) -> None:
    title = "checkout-500: threshold missed"

    assert annotations(bad_report) == [
        ("error", title, "success_ratio >= 99.9%: observed 99.30 %"),
    ]


@pytest.mark.parametrize(
    ("changes", "verdict"), [({"error": "no such host"}, "Error"), ({}, "Inconclusive")]
)
def test_a_run_without_results_is_an_error(
    facts: Callable[..., RunFacts], changes: dict[str, str], verdict: str
) -> None:
    report = build_report(facts(thresholds=(), **changes), None)

    assert annotations(report) == [("error", f"checkout-500: {verdict}", report.reason)]


def test_thresholds_that_an_interrupted_run_missed_are_not_told(
    facts: Callable[..., RunFacts], merged: Callable[..., Merged]
) -> None:
    report = build_report(facts(interrupted=True), merged(failures=7))

    assert annotations(report) == [("error", "checkout-500: Cancelled", report.reason)]


def test_no_word_can_give_github_another_command(facts: Callable[..., RunFacts]) -> None:
    name, reason = "a:b,c 100%0A", "50%\r\n::stop-commands::x"
    report = build_report(facts(name=name, error=reason, thresholds=()), None)

    out = io.StringIO()
    summarise(report, {"GITHUB_ACTIONS": "true"}, out)

    assert _lines(out) == [
        "::error title=a%3Ab%2Cc 100%250A%3A Error::50%25%0D%0A::stop-commands::x"
    ]
    assert annotations(report) == [("error", f"{name}: Error", reason)]


@pytest.mark.parametrize(
    "environ", [{}, {"GITHUB_ACTIONS": "false"}, {"GITHUB_STEP_SUMMARY": ""}, {"CI": "true"}]
)
def test_outside_of_a_github_job_nothing_is_printed(
    bad_report: Report, environ: dict[str, str]
) -> None:
    out = io.StringIO()

    summarise(bad_report, environ, out)

    assert not out.getvalue()
