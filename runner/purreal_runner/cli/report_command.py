"""`purreal report FILE`: shows a report that was written as JSON in any format; judges nothing."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from purreal_runner.exit_codes import ExitCode
from purreal_runner.report.formats import Format, show
from purreal_runner.report.reading import NoReport, read_report

_DESCRIPTION = """\
Show a report that was written with `purreal run --output FILE` or `--report-dir DIR`, in another
format.
"""
_EPILOG = """\
exit codes: 0 shown, whatever the verdict is; 2 usage; 104 the file is no report that can be read
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `report` to the `purreal` command."""
    parser = subparsers.add_parser(
        "report", help="show a report in any format", description=_DESCRIPTION, epilog=_EPILOG
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a report as JSON")
    parser.add_argument(
        "-o",
        "--output",
        choices=[each.value for each in Format],
        default=Format.TEXT.value,
        help="format (default: text)",
    )
    parser.set_defaults(func=execute)


def execute(args: argparse.Namespace) -> int:
    """Show the report in `args.file`; return the exit code."""
    try:
        show(read_report(args.file), Format(args.output), Console())
    except NoReport as error:
        print(f"purreal report: {error}", file=sys.stderr)
        return ExitCode.INVALID_DOCUMENT
    return ExitCode.OK
