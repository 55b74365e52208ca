"""Owns the proof that a report can be had in every format, as text and in a folder."""

from pathlib import Path

import pytest

from purreal_runner.report.formats import FILE_NAMES, Format, rendered, write_folder
from purreal_runner.report.model import Report


def test_json_is_the_model_and_can_be_read_back(good_report: Report) -> None:
    assert Report.model_validate_json(rendered(good_report, Format.JSON)) == good_report


def test_text_has_no_codes_of_a_terminal_even_where_colours_are_forced(
    good_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")

    text = rendered(good_report, Format.TEXT)

    assert "PASSED" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("format", Format)
def test_every_format_ends_with_one_line_break(good_report: Report, format: Format) -> None:
    text = rendered(good_report, format)

    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_a_folder_gets_the_report_in_every_format(good_report: Report, tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there"

    files = write_folder(good_report, folder)

    assert {file.name for file in files} == set(FILE_NAMES.values())
    assert {file: file.read_text(encoding="utf-8") for file in folder.iterdir()} == {
        folder / FILE_NAMES[each]: rendered(good_report, each) for each in Format
    }
