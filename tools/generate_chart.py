"""Writes values.schema.json and the table of docs/chart.md from the chart's values.yaml.

`--check` compares instead. A value's comment is its description, and its default tells its type.
A comment line `schema: {…}` adds JSON schema; with it, a mapping is one value and not a section.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from generated import ROOT, write_or_check

CHART = ROOT / "charts" / "purreal-operator"
VALUES = CHART / "values.yaml"
SCHEMA = CHART / "values.schema.json"
PAGE = ROOT / "docs" / "chart.md"
VERSION_FILE = ROOT / "purreal" / "__init__.py"

MARK = "<!-- From here on written by tools/generate_chart.py from values.yaml; edit that. -->\n"
SCHEMA_LINE = "schema:"
TYPES = {bool: "boolean", int: "integer", str: "string", list: "array", dict: "object"}


@dataclass(frozen=True, slots=True)
class Value:
    """One value, or a section of values.

    Attributes:
        path: dotted.
        default: what values.yaml says; None for a section.
        description: its comment.
        rules: JSON schema beyond the type.
        parts: of a section, by key.
    """

    path: str
    default: Any
    description: str
    rules: dict[str, Any]
    parts: dict[str, "Value"] = field(default_factory=dict)


class BadValues(Exception):
    """values.yaml does not say what it should; the message has the value's path."""


def read() -> dict[str, Value]:
    """Read the values with their comments.

    Raises:
        BadValues: a value has no comment, or nobody can tell what goes into it.
    """
    text = VALUES.read_text(encoding="utf-8")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return dict(_parts(root, text.splitlines(), prefix=""))


def _parts(node: yaml.MappingNode, lines: list[str], prefix: str) -> Iterator[tuple[str, Value]]:
    for key_node, value_node in node.value:
        path = f"{prefix}{key_node.value}"
        words, rules = _comment(lines, key_node.start_mark.line)
        is_section = isinstance(value_node, yaml.MappingNode) and rules is None
        if is_section:
            parts = dict(_parts(value_node, lines, f"{path}."))
            yield key_node.value, Value(path, None, words, {}, parts)
            continue
        default = yaml.safe_load(yaml.serialize(value_node))
        _refuse_silence(path, words, default, rules)
        yield key_node.value, Value(path, default, words, rules or {})


def _refuse_silence(path: str, words: str, default: Any, rules: dict[str, Any] | None) -> None:
    if not words:
        raise BadValues(f"{path} has no comment")
    if default in ([], {}) and rules is None:
        raise BadValues(f"{path} is empty and has no line `schema:` that says what goes in")


def _comment(lines: list[str], line: int) -> tuple[str, dict[str, Any] | None]:
    """The comment that ends just above `line`, without and with its schema."""
    words: list[str] = []
    rules: dict[str, Any] | None = None
    while line > 0 and lines[line - 1].lstrip().startswith("#"):
        line -= 1
        text = lines[line].lstrip().removeprefix("#").strip()
        if text.startswith(SCHEMA_LINE):
            rules = yaml.safe_load(text.removeprefix(SCHEMA_LINE))
        else:
            words.insert(0, text)
    return " ".join(words), rules


def schema(values: dict[str, Value]) -> str:
    """The JSON schema of the values."""
    whole = {"$schema": "http://json-schema.org/draft-07/schema#"} | _section(values)
    whole["properties"]["global"] = {}  # a chart above this one adds it
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _schema_of(value: Value) -> dict[str, Any]:
    if value.parts:
        return _section(value.parts)
    described = {"description": value.description, "type": TYPES[type(value.default)]}
    return described | value.rules | {"default": value.default}


def _section(parts: dict[str, Value]) -> dict[str, Any]:
    properties = {name: _schema_of(part) for name, part in parts.items()}
    # Helm takes away what is set to null; templates rely on all but what may be null
    required = [name for name, part in properties.items() if "null" not in part["type"]]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
    }


def table(values: dict[str, Value]) -> str:
    """The table of all values, in Markdown."""
    rows = [_row(value) for value in _leaves(values)]
    head = ["## Values", "", "| Value | Default | Meaning |", "|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


def _leaves(values: dict[str, Value]) -> Iterator[Value]:
    for value in values.values():
        if value.parts:
            yield from _leaves(value.parts)
        else:
            yield value


def _row(value: Value) -> str:
    choices = value.rules.get("enum")
    meaning = value.description
    if choices:
        meaning += " One of " + ", ".join(f"`{choice}`" for choice in choices) + "."
    cells = [f"`{value.path}`", f"`{json.dumps(value.default)}`", meaning]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def page(values: dict[str, Value]) -> str:
    """docs/chart.md with its hand-written part as it stands.

    Raises:
        BadValues: the page has no mark where the table begins.
    """
    written, mark, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    if not mark:
        raise BadValues(f"{PAGE.name} has no line {MARK!r}")
    return written + MARK + "\n" + table(values)


def refuse_another_version() -> None:
    """Compare the version of the application with that of the package.

    Raises:
        BadValues: they differ, so the chart would ask for an image that was not built from here.
    """
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    found = re.search(r'^__version__ = "(.+)"$', VERSION_FILE.read_text("utf-8"), re.MULTILINE)
    if found is None or chart["appVersion"] != found[1]:
        version = found[1] if found else "no version"
        raise BadValues(f"Chart.yaml has appVersion {chart['appVersion']}, the package {version}")


def texts() -> dict[Path, str]:
    """Return both files.

    Raises:
        BadValues: something in the chart can't be told of.
    """
    refuse_another_version()
    values = read()
    return {SCHEMA: schema(values), PAGE: page(values)}


def main() -> int:
    """Write the files, or with `--check` compare them; return the exit code."""
    try:
        return write_or_check(texts, __doc__)
    except BadValues as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
