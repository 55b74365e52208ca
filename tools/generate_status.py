"""Writes the table of docs/status.md from the status's model; `--check` compares instead."""

import sys
from collections.abc import Iterator

from generated import ROOT, write_or_check

from purreal_operator.crd.schema import Schema, structural_schema
from purreal_operator.status.model import PoolLoadTestStatus

PAGE = ROOT / "docs" / "status.md"
MARK = "<!-- From here on written by tools/generate_status.py from the model; edit that. -->\n"
HEAD = """
## Every field

Only the operator writes them. Numbers are whole; what is not known is absent, empty or 0.

| Field | Type | Meaning |
|---|---|---|
"""
LISTED = frozenset({"phase", "verdict", "reason", "ending"})
"""Fields whose words have tables of their own on the page."""


def page() -> str:
    """Return the whole page: what is written by hand, then the table.

    Raises:
        ValueError: the page has no line that says where the table begins.
    """
    written, mark, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    if not mark:
        raise ValueError(f"{PAGE.name} has no line {MARK!r}")
    schema = structural_schema(PoolLoadTestStatus, defaults=False)
    return written + MARK + HEAD + "\n".join(_rows("", schema)) + "\n"


def _rows(prefix: str, schema: Schema) -> Iterator[str]:
    for name, field in schema["properties"].items():
        path = f"{prefix}{name}"
        yield f"| `{path}` | {_type(name, field)} | {field.get('description', '')} |"
        inside = field.get("items", field)
        if "properties" in inside:
            yield from _rows(f"{path}[]." if "items" in field else f"{path}.", inside)


def _type(name: str, field: Schema) -> str:
    if field["type"] == "array":
        return f"list, at most {field['maxItems']:,}"
    if "additionalProperties" in field:
        return "numbers by word"
    if "enum" in field and name not in LISTED:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "pattern" in field:
        return "time, UTC"
    words = {"object": "part", "integer": "whole number", "boolean": "true/false"}
    if field["type"] in words:
        return words[field["type"]]
    return "word" if field.get("maxLength", 0) <= 64 else "text"


def main() -> int:
    """Write the page, or with `--check` compare it; return the exit code."""
    return write_or_check(lambda: {PAGE: page()}, __doc__)


if __name__ == "__main__":
    sys.exit(main())
