"""Owns the proof that the JUnit file says of a run what its verdict says, to a library."""

from collections.abc import Callable

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from purreal_runner.judge.facts import RunFacts
from purreal_runner.judge.verdict import Verdict
from purreal_runner.measure import Merged
from purreal_runner.report.build import build_report
from purreal_runner.report.junit import COMPLETE, GENERATOR, junit_report
from purreal_runner.report.model import Report


def suite_of(report: Report) -> TestSuite:
    [suite] = JUnitXml.fromstring(junit_report(report).encode())
    return suite


def outcomes(report: Report) -> dict[str, list[type]]:
    return {case.name: [type(each) for each in case.result] for case in suite_of(report)}


def outcome(report: Report, name: str) -> Error | Failure | Skipped:
    [case] = [case for case in suite_of(report) if case.name == name]
    assert isinstance(case, TestCase)
    [result] = case.result
    return result


def generator_limited(report: Report) -> Report:
    """The only missed threshold was missed because of the load generator."""
    thresholds = [
        result.model_copy(update={"generator_limited": not result.met})
        for result in report.thresholds
    ]
    changes = {
        "thresholds": tuple(thresholds),
        "verdict": Verdict.INCONCLUSIVE,
        "reason": "the load generator itself was the limit",
    }
    return report.model_copy(update=changes)


def test_a_run_that_passed_is_a_green_suite(good_report: Report) -> None:
    suite = suite_of(good_report)

    assert suite.name == "checkout-500"
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (4, 0, 0, 0)
    assert outcomes(good_report) == {
        COMPLETE: [],
        GENERATOR: [],
        "success_ratio >= 99.9%": [],
        "acquire_p95 < 20ms": [],
    }


def test_a_missed_threshold_is_a_failure_with_what_was_observed(bad_report: Report) -> None:
    suite = suite_of(bad_report)

    assert (suite.failures, suite.errors) == (1, 0)
    failure = outcome(bad_report, "success_ratio >= 99.9%")
    assert isinstance(failure, Failure)
    assert failure.type == "SuccessRatio"
    assert failure.message == "observed 99.30 %, the limit is success_ratio >= 99.9%"


def test_what_a_run_missed_that_could_not_be_done_is_skipped(
    facts: Callable[..., RunFacts],
) -> None:
    report = build_report(facts(error="the host can't be reached"), None)

    suite = suite_of(report)

    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (4, 0, 1, 2)
    assert "observed nothing" in outcome(report, "acquire_p95 < 20ms").message


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({"error": "the host can't be reached"}, "Error", "the host can't be reached"),
        ({}, "Inconclusive", "no operation began in the measured interval"),
    ],
)
def test_a_run_without_results_is_an_error_of_its_own(
    facts: Callable[..., RunFacts], changes: dict[str, str], verdict: str, reason: str
) -> None:
    report = build_report(facts(thresholds=(), **changes), None)

    error = outcome(report, COMPLETE)

    assert isinstance(error, Error)
    assert (error.type, error.message) == (verdict, reason)
    assert outcomes(report)[GENERATOR] == []
    assert suite_of(report).errors == 1


def test_an_interrupted_run_is_not_green(
    facts: Callable[..., RunFacts], merged: Callable[..., Merged]
) -> None:
    report = build_report(facts(interrupted=True), merged())

    assert outcomes(report)[COMPLETE] == [Error]


def test_a_load_generator_that_was_the_limit_is_an_error_of_its_own(bad_report: Report) -> None:
    report = generator_limited(bad_report)

    assert outcomes(report)[GENERATOR] == [Error]
    assert outcomes(report)[COMPLETE] == []
    assert outcomes(report)["success_ratio >= 99.9%"] == [Skipped]
    assert "used 40 % of a core" in outcome(report, GENERATOR).text


def test_the_main_numbers_are_properties(good_report: Report) -> None:
    properties = {each.name: each.value for each in suite_of(good_report).properties()}

    assert properties["verdict"] == "Passed"
    assert properties["reason"] == "2 thresholds met"
    assert properties["succeeded"] == "1,000"
    assert properties["throughput"] == "204/s"
    assert properties["wait for a lease p95"] == "9.97 ms"
    assert properties["target"] == "embedded surrealdb-3.2.4 ws://127.0.0.1:8000"


def test_the_time_of_the_run_is_the_suite_s_and_its_cases_together(
    facts: Callable[..., RunFacts], merged: Callable[..., Merged]
) -> None:
    report = build_report(facts(started_at="2026-01-31T10:20:30+00:00"), merged())

    suite = suite_of(report)

    assert suite.timestamp == "2026-01-31T10:20:30+00:00"
    assert suite.time == pytest.approx(report.duration_seconds, abs=0.001)
    assert sum(case.time for case in suite) == suite.time


def test_characters_that_xml_can_not_have_do_not_make_the_file_unreadable(
    facts: Callable[..., RunFacts],
) -> None:
    report = build_report(facts(error='\x00\x1b[31m]]> <&" \ud800\uffff ü 🐈'), None)

    assert outcome(report, COMPLETE).message == '\ufffd\ufffd[31m]]> <&" \ufffd\ufffd ü 🐈'
