"""Reads a `PoolLoadTest` from a file and lists everything that is wrong with it, with lines."""

import copy
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any, BinaryIO

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from purreal_runner.document.fields import BROKEN_RULE, Path
from purreal_runner.document.model import KIND, PoolLoadTest
from purreal_runner.document.problems import InvalidDocument, Problem, field_name
from purreal_runner.document.wording import findings
from purreal_runner.document.yaml_nodes import Unreadable
from purreal_runner.document.yaml_tree import Tree, read_tree

LARGEST_FILE_BYTES = 1024 * 1024


def load_document(path: FilePath | str) -> PoolLoadTest:
    """Read and validate the `PoolLoadTest` in a YAML or JSON file, as kubectl reads it.

    Raises:
        InvalidDocument: with every problem that was found; nothing else is raised.
    """
    return parse_document(read_text(path), str(path))


def read_text(path: FilePath | str) -> str:
    """Read the text of a document.

    Raises:
        InvalidDocument: it can't be read, is too large or no text; nothing else is raised.
    """
    source = str(path)
    try:
        with FilePath(path).open("rb") as file:
            return read_stream(file, source)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InvalidDocument(source, [Problem(0, 0, "", f"can't be read: {reason}")]) from error


def read_stream(stream: BinaryIO, source: str) -> str:
    """Read the text of a document from a file that is open, such as standard input.

    Raises:
        InvalidDocument: it is too large or no text.
        OSError: it can't be read.
    """
    content = stream.read(LARGEST_FILE_BYTES + 1)
    if len(content) > LARGEST_FILE_BYTES:
        words = f"is larger than {LARGEST_FILE_BYTES // 1024} KiB"
        raise InvalidDocument(source, [Problem(0, 0, "", words)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidDocument(source, [Problem(line, 0, "", "is not UTF-8 text")]) from error


def parse_document(text: str, source: str) -> PoolLoadTest:
    """Validate the `PoolLoadTest` in `text`.

    Args:
        text: YAML or JSON.
        source: what the problems call it, such as a file name.

    Raises:
        InvalidDocument: with every problem that was found.
    """
    try:
        tree = read_tree(text)
    except Unreadable as error:
        raise InvalidDocument(source, [error.problem]) from error
    problems = [*tree.problems, *_kind_problems(tree)]
    if isinstance(tree.data, dict) and tree.data.get("kind", KIND) != KIND:
        raise InvalidDocument(source, problems)  # the rest would only be noise
    document, found = validated(tree.data)
    problems += [Problem(*tree.place(path), field_name(path), words) for path, words in found]
    if problems or document is None:
        raise InvalidDocument(source, dict.fromkeys(problems))
    return document


def _kind_problems(tree: Tree) -> list[Problem]:
    kind = tree.data.get("kind", KIND) if isinstance(tree.data, dict) else KIND
    if kind == KIND:
        return []
    return [Problem(*tree.place(("kind",)), "kind", f"must be {KIND}, not {str(kind)[:60]!r}")]


def validated(data: Any) -> tuple[PoolLoadTest | None, list[tuple[Path, str]]]:
    """Validate plain data; return the document or, with None, all findings."""
    try:
        return PoolLoadTest.model_validate(data, by_alias=True, by_name=False), []
    except ValidationError as error:
        errors = error.errors(include_url=False)
    errors += _rules_hidden_by(errors, data)
    return None, findings(errors, PoolLoadTest)


def _rules_hidden_by(errors: list[ErrorDetails], data: Any) -> list[ErrorDetails]:
    """Return the broken rules of the spec that were not reached because of wrong fields in it.

    Rules between parts run only on parts that are valid; so they are tried once more without
    the wrong fields, as far as that leaves a spec.
    """
    if any(error["loc"] == ("spec",) for error in errors):
        return []
    repaired = copy.deepcopy(data)
    for error in errors:
        _remove(repaired, tuple(error["loc"]))
    try:
        PoolLoadTest.model_validate(repaired, by_alias=True, by_name=False)
    except ValidationError as error:
        again = error.errors(include_url=False)
        return [one for one in again if one["loc"] == ("spec",) and one["type"] == BROKEN_RULE]
    return []


def _remove(data: Any, path: Path) -> None:
    for step in path[:-1]:
        if isinstance(data, Mapping):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
    if path and isinstance(data, dict):
        data.pop(path[-1], None)
