"""The page on the status names every word that the operator writes, and every field."""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from purreal_operator.receiver.refusals import Reason as Refusal
from purreal_operator.status.words import ConditionType, Phase, Reason
from purreal_runner.judge.verdict import Verdict

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "status.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The part of the page below a heading."""
    [part] = [part for part in re.split(r"^## ", PAGE, flags=re.M) if part.startswith(f"{title}\n")]
    return part


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Phases", Phase),
        ("Verdicts", Verdict),
        ("Conditions", ConditionType),
        ("Reasons", Reason),
        ("Refused telemetry", Refusal),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_word_of_the_status_has_one_row_and_no_other_word_has(
    title: str, words: Iterable[str]
) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", section(title), flags=re.M)

    assert sorted(rows) == sorted(str(word) for word in words)


def test_the_table_of_fields_is_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "tools" / "generate_status.py"), "--check"]

    result = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (result.returncode, result.stderr) == (0, "")
