"""The page on performance says what the results beside it say, and leaves no mark out."""

import pytest

from benchmarks.marks import judge
from benchmarks.page import KEPT_RESULTS, files
from benchmarks.results import Results


@pytest.fixture(scope="module")
def results():
    return Results.from_json(KEPT_RESULTS.read_text(encoding="utf-8"))


def test_page_and_pictures_are_made_of_the_results(results):
    for file, text in files(results).items():
        assert file.read_text(encoding="utf-8") == text, f"{file.name}: make bench-page"


def test_every_mark_was_measured_or_has_a_reason(results):
    judged = judge(results)

    assert any(each.observed is not None for each in judged)
    # What nobody measured has this note and no other: a mark that asks for a name never written.
    assert [each.mark.measure for each in judged if each.note == "not measured"] == []
