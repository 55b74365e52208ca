"""Writes the tables of docs/sdk-compatibility.md from its tests; `--check` compares instead."""

import sys
from collections.abc import Iterator

from generated import ROOT, write_or_check

sys.path.insert(0, str(ROOT))

from tests.compatibility.comparing import Row
from tests.compatibility.sections import SECTIONS

PAGE = ROOT / "docs" / "sdk-compatibility.md"
MARK = (
    "<!-- From here on written by tools/generate_compatibility.py from the tests; edit those. -->\n"
)
HEAD = """
| Method | Case | A lease | Embedded engine |
|---|---|---|---|
"""


def page() -> str:
    """Return the whole page: what is written by hand, then a table for each section.

    Raises:
        ValueError: the page has no line that says where the tables begin.
    """
    written, mark, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    if not mark:
        raise ValueError(f"{PAGE.name} has no line {MARK!r}")
    return written + MARK + "".join(_section(title) for title in SECTIONS)


def _section(title: str) -> str:
    return f"\n## {title}\n{HEAD}" + "".join(f"{line}\n" for line in _lines(title))


def _lines(title: str) -> Iterator[str]:
    for row in SECTIONS[title]:
        members = ", ".join(f"`{member}`" for member in row.members)
        case = f"[{row.name}](../tests/compatibility/{row.file})"
        yield f"| {members} | {case} | {_lease(row)} | {_engine(row)} |"


def _lease(row: Row) -> str:
    return "the same" if row.difference is None else f"**differs**: {row.difference}"


def _engine(row: Row) -> str:
    return "refused by the engine" if row.on_server_only else "yes"


def main() -> int:
    """Write the page, or with `--check` compare it; return the exit code."""
    return write_or_check(lambda: {PAGE: page()}, __doc__)


if __name__ == "__main__":
    sys.exit(main())
