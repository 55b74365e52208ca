"""Owns the report as JUnit XML, one suite for the run; words are decided elsewhere."""

from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from purreal_runner.judge.thresholds import ThresholdResult
from purreal_runner.judge.verdict import Verdict
from purreal_runner.report import sections, tables
from purreal_runner.report.elements import legal
from purreal_runner.report.model import Report

COMPLETE = "results are complete"
GENERATOR = "the load generator was not the limit"


def junit_report(report: Report) -> str:
    """The run as a suite of test cases: one for each threshold, and two about the run itself.

    A missed threshold is a failure. A run that says nothing about the pool (Inconclusive,
    Cancelled, Error) has an error, in the case that its reason is about. So the suite is green
    exactly when the verdict is Passed or Completed.
    """
    suites = Element("testsuites")
    suite = SubElement(suites, "testsuite", _attributes(name=report.name, id="0"))
    properties = SubElement(suite, "properties")
    for name, value in _properties(report):
        SubElement(properties, "property", _attributes(name=name, value=value))
    _add_complete(suite, report)
    _add_generator(suite, report)
    for result in report.thresholds:
        _add_threshold(suite, report, result)
    _count(suite, report)
    ElementTree.indent(suites)
    xml = ElementTree.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{xml}\n'


def _properties(report: Report) -> Iterator[tuple[str, str]]:
    yield "verdict", report.verdict
    yield "reason", report.reason
    yield from sections.facts(report)
    yield from sections.accounting(report)
    yield from sections.rates(report)
    latencies = tables.latencies_table(report)
    for what, *values in latencies.rows:
        for column, value in zip(latencies.columns[1:], values, strict=True):
            yield f"{what.words} {column.title}", value.words


def _add_complete(suite: Element, report: Report) -> None:
    case = _add_case(suite, report, COMPLETE, report.duration_seconds)
    incomplete = report.verdict in (Verdict.CANCELLED, Verdict.ERROR)
    unmeasured = report.verdict is Verdict.INCONCLUSIVE and not _generator_was_limit(report)
    if incomplete or unmeasured:
        _add_outcome(case, "error", report.verdict, report.reason)


def _add_generator(suite: Element, report: Report) -> None:
    case = _add_case(suite, report, GENERATOR)
    if _generator_was_limit(report):
        _add_outcome(case, "error", report.verdict, report.reason, report.generator.sentence)


def _generator_was_limit(report: Report) -> bool:
    """A miss that the generator explains is no reason while another one is the pool's own."""
    explained = any(result.generator_limited for result in report.thresholds)
    return report.verdict is Verdict.INCONCLUSIVE and explained


def _add_threshold(suite: Element, report: Report, result: ThresholdResult) -> None:
    case = _add_case(suite, report, result.expression)
    if result.met:
        return
    words = f"observed {tables.observed_words(result)}, the limit is {result.expression}"
    if report.verdict is Verdict.FAILED:
        _add_outcome(case, "failure", result.metric, words)
    else:
        _add_outcome(case, "skipped", report.verdict, words)


def _add_case(suite: Element, report: Report, name: str, seconds: float = 0.0) -> Element:
    """The first case carries the time of the whole run, as times of cases are added up."""
    attributes = _attributes(classname=report.name, name=name, time=f"{seconds:.3f}")
    return SubElement(suite, "testcase", attributes)


def _add_outcome(case: Element, tag: str, kind: str, message: str, more: str = "") -> None:
    outcome = SubElement(case, tag, _attributes(type=kind, message=message))
    outcome.text = legal("\n".join(filter(None, (message, more))))


def _count(suite: Element, report: Report) -> None:
    suite.attrib |= _attributes(
        tests=str(len(suite.findall("testcase"))),
        failures=str(len(suite.findall("testcase/failure"))),
        errors=str(len(suite.findall("testcase/error"))),
        skipped=str(len(suite.findall("testcase/skipped"))),
        time=f"{report.duration_seconds:.3f}",
    )
    if report.run.started_at:
        suite.attrib |= _attributes(timestamp=report.run.started_at)


def _attributes(**attributes: str) -> dict[str, str]:
    return {name: legal(value) for name, value in attributes.items()}
