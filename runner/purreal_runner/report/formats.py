"""Owns the formats that a report is written in, by name, and the folder that holds all of them."""

import io
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from rich.console import Console

from purreal_runner.report.html_page import html_report
from purreal_runner.report.junit import junit_report
from purreal_runner.report.markdown import markdown_report
from purreal_runner.report.model import Report
from purreal_runner.report.openmetrics import openmetrics_report
from purreal_runner.report.text import render

_TEXT_COLUMNS = 120


class Format(StrEnum):
    """What a report can be written as."""

    TEXT = "text"
    """What a terminal shows."""
    JSON = "json"
    """Everything, to compute with: the model of `report.model`."""
    MARKDOWN = "markdown"
    """For a pull request, an issue or the summary of a job."""
    JUNIT = "junit"
    """JUnit XML, for the test results of a pipeline: a test case for each threshold."""
    HTML = "html"
    """One page with pictures, to keep or to mail; it loads nothing and runs nothing."""
    OPENMETRICS = "openmetrics"
    """The numbers for Prometheus and its relatives, to follow them from run to run."""


def rendered(report: Report, format: Format) -> str:
    """The report in a format, ending with a line break; as text 120 columns wide, no colours."""
    return _RENDERERS[format](report)


def show(report: Report, format: Format, console: Console) -> None:
    """Print the report; as text as wide as a terminal, with its colours."""
    if format is Format.TEXT:
        render(report, console)
    else:
        console.file.write(rendered(report, format))


def write_folder(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write the report in all formats into a folder, which is made when it is missing.

    Returns:
        The files, in the order of `Format`.

    Raises:
        OSError: the folder or a file can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_written(report, each, folder) for each in Format)


def _written(report: Report, format: Format, folder: Path) -> Path:
    path = folder / FILE_NAMES[format]
    path.write_text(rendered(report, format), encoding="utf-8")
    return path


def _text(report: Report) -> str:
    stream = io.StringIO()
    render(report, Console(file=stream, width=_TEXT_COLUMNS, color_system=None))
    return stream.getvalue()


def _json(report: Report) -> str:
    return report.to_json() + "\n"


FILE_NAMES = {
    Format.TEXT: "report.txt",
    Format.JSON: "report.json",
    Format.MARKDOWN: "report.md",
    Format.JUNIT: "report.junit.xml",
    Format.HTML: "report.html",
    Format.OPENMETRICS: "report.openmetrics.txt",
}
"""What each format's file is called in a folder."""

_RENDERERS: dict[Format, Callable[[Report], str]] = {
    Format.TEXT: _text,
    Format.JSON: _json,
    Format.MARKDOWN: markdown_report,
    Format.JUNIT: junit_report,
    Format.HTML: html_report,
    Format.OPENMETRICS: openmetrics_report,
}
