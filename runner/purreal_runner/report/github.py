"""Owns what a GitHub job shows of a run: its summary and annotations; knows no other CI."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

from purreal_runner.exit_codes import ExitCode
from purreal_runner.judge.thresholds import ThresholdResult
from purreal_runner.judge.verdict import Verdict
from purreal_runner.report import tables
from purreal_runner.report.markdown import markdown_report
from purreal_runner.report.model import Report

_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_MESSAGE, ":": "%3A", ",": "%2C"}


def summarise(report: Report, environ: Mapping[str, str], out: TextIO) -> None:
    """Tell a GitHub job about a run; elsewhere nothing happens.

    Args:
        report: of the run.
        environ: GITHUB_STEP_SUMMARY names the file that the Markdown is appended to; with
            GITHUB_ACTIONS=true annotations are written.
        out: what the job prints, where GitHub finds annotations at the beginning of lines.
    """
    summary = environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        _append(markdown_report(report), Path(summary), out)
    if environ.get("GITHUB_ACTIONS") == "true":
        out.writelines(f"{line}\n" for line in _annotations(report))


def _append(markdown: str, summary: Path, out: TextIO) -> None:
    """A summary that can't be written is no reason to fail a job: all of it is printed, too."""
    try:
        with summary.open("a", encoding="utf-8") as file:
            file.write(markdown)
    except OSError as error:
        out.write(f"the job's summary {summary} can't be written: {error.strerror}\n")


def _annotations(report: Report) -> Iterator[str]:
    """One for each missed threshold of a run that failed by them; one for any other run."""
    if report.verdict is Verdict.FAILED:
        yield from (_missed(report.name, result) for result in report.thresholds if not result.met)
        return
    kind = "notice" if report.verdict.exit_code is ExitCode.OK else "error"
    yield _command(kind, f"{report.name}: {report.verdict}", report.reason)


def _missed(name: str, result: ThresholdResult) -> str:
    observed = f"{result.expression}: observed {tables.observed_words(result)}"
    return _command("error", f"{name}: threshold missed", observed)


def _command(kind: str, title: str, message: str) -> str:
    """A workflow command: a line that GitHub acts on, whatever the words in it are."""
    return f"::{kind} title={_escaped(title, _PROPERTY)}::{_escaped(message, _MESSAGE)}"


def _escaped(text: str, codes: Mapping[str, str]) -> str:
    return "".join(codes.get(character, character) for character in text)
