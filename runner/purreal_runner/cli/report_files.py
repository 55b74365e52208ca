"""Where `purreal run` leaves its report besides the terminal; decides nothing about its content."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from purreal_runner.report.model import Report


def add_report_options(parser: argparse.ArgumentParser) -> None:
    """Adds where to write the report; what can't be written is found out before the run."""
    parser.add_argument(
        "--output", type=writable_file, metavar="FILE", help="write the report as JSON, too"
    )
    parser.add_argument(
        "--report-dir",
        type=writable_folder,
        metavar="DIR",
        help="write the report into this folder, too, in all formats (Markdown, JUnit XML …)",
    )


def writable_file(text: str) -> Path:
    """A file that can be written, left as it was."""
    path = Path(text)
    with _refusing(path, "written"):
        if path.is_fifo():
            return path  # opening it would wait for a reader, closing it would send one away
        is_new = not path.exists()
        path.open("ab").close()
        if is_new:
            path.unlink()
    return path


def writable_folder(text: str) -> Path:
    """A folder that a report can be written into in all formats; made when it is missing."""
    # Imported late: `purreal validate` and `--help` need not load what reports are made of.
    from purreal_runner.report.formats import FILE_NAMES

    path = Path(text)
    with _refusing(path, "made"):
        path.mkdir(parents=True, exist_ok=True)
    for name in FILE_NAMES.values():
        writable_file(str(path / name))
    return path


@contextmanager
def _refusing(path: Path, done: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path} can't be {done}: {error.strerror}") from error


def leave_report(report: "Report", file: Path | None, folder: Path | None) -> bool:
    """Writes the report where it is wanted, and tells a GitHub job about it.

    Returns:
        Whether it is where it is wanted; if not, one line on standard error says why.
    """
    from purreal_runner.report.formats import write_folder
    from purreal_runner.report.github import summarise

    summarise(report, os.environ, sys.stdout)
    try:
        if file is not None:
            file.write_text(report.to_json() + "\n", encoding="utf-8")
        if folder is not None:
            write_folder(report, folder)
    except OSError as error:
        where = error.filename or file or folder
        print(f"purreal run: {where} can't be written: {error.strerror}", file=sys.stderr)
        return False
    return True
