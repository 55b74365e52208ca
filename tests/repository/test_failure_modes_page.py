"""Each row of the page on failures names tests that exist, where it says they are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "failure-modes.md"
PROOF = re.compile(r"\[(test_\w+)\]\(([^)]+)\)")
ROWS = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
FAILURES = [row for row in ROWS if not row.startswith("| What fails |")]


def test_the_page_has_failures() -> None:
    assert len(FAILURES) > 50


@pytest.mark.parametrize("row", FAILURES, ids=lambda row: row.split("|")[1].strip()[:60])
def test_a_failure_is_proved_by_tests_that_exist(row: str) -> None:
    proofs = PROOF.findall(row.rsplit("|", 2)[1])

    missing = [(name, file) for name, file in proofs if not has_test(PAGE.parent / file, name)]

    assert proofs
    assert missing == []


def has_test(file: Path, name: str) -> bool:
    """Whether there is such a file, and in it such a test."""
    return file.is_file() and bool(re.search(rf"^(async )?def {name}\(", file.read_text(), re.M))
