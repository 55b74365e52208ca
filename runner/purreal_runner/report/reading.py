"""Owns reading a report back from JSON, and saying in one line why one can't be read."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from purreal_runner.report.model import SCHEMA_VERSION, Report

_LONGEST_FIELD = 80
_HOW_TO_GET_ONE = "such as `purreal run --output FILE` writes"


class NoReport(ValueError):
    """There is no report which this version can read; `str()` is one line."""


def read_report(path: Path) -> Report:
    """Read a report that was written as JSON.

    Raises:
        NoReport: the file can't be read, or is no report of this schema version.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NoReport(f"{path} can't be read: {error.strerror}") from error
    return parse_report(content, str(path))


def parse_report(content: bytes, source: str) -> Report:
    """Read a report that was written as JSON.

    Args:
        content: the JSON.
        source: where it is from, for the error.

    Raises:
        NoReport: it is no report of this schema version.
    """
    try:
        return Report.model_validate_json(content)
    except ValidationError as error:
        raise NoReport(f"{source} {_what_it_is(content, error)}") from error


def _what_it_is(content: bytes, error: ValidationError) -> str:
    try:
        found: Any = json.loads(content)
    except (ValueError, RecursionError):
        return f"is not JSON; a report is a JSON file, {_HOW_TO_GET_ONE}"
    if not isinstance(found, dict) or "verdict" not in found:
        return f"is no report; a report is a JSON file, {_HOW_TO_GET_ONE}"
    version = found.get("schemaVersion", SCHEMA_VERSION)
    if version != SCHEMA_VERSION:
        return (
            f"is a report of schema version {version!r:.20}, this purreal reads {SCHEMA_VERSION}: "
            "use the version that wrote it"
        )
    return f"is no report that this version of purreal can read: {_first_problem(error)}"


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = ".".join(map(str, problem["loc"]))[:_LONGEST_FIELD]
    return ascii(f"{field}: {problem['msg']}")[1:-1]
