"""`purreal compare A B`: shows what differs between two reports; judges no run."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from purreal_runner.exit_codes import ExitCode
from purreal_runner.report.compare import compare
from purreal_runner.report.compare_text import ComparisonFormat, show_comparison
from purreal_runner.report.reading import NoReport, read_report

_DESCRIPTION = """\
Show what differs between two reports, which were written with `purreal run --output FILE` or
`--report-dir DIR`: BEFORE and AFTER a change.
"""
_EPILOG = """\
exit codes: 0 compared, whatever the differences are; 2 usage; 104 a file is no report that can be
read
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `compare` to the `purreal` command."""
    parser = subparsers.add_parser(
        "compare", help="compare two reports", description=_DESCRIPTION, epilog=_EPILOG
    )
    parser.add_argument("before", type=Path, metavar="BEFORE", help="a report as JSON")
    parser.add_argument("after", type=Path, metavar="AFTER", help="a later report as JSON")
    parser.add_argument(
        "-o",
        "--output",
        choices=[each.value for each in ComparisonFormat],
        default=ComparisonFormat.TEXT.value,
        help="format (default: text)",
    )
    parser.set_defaults(func=execute)


def execute(args: argparse.Namespace) -> int:
    """Compare the reports in `args.before` and `args.after`; return the exit code."""
    try:
        comparison = compare(read_report(args.before), read_report(args.after))
    except NoReport as error:
        print(f"purreal compare: {error}", file=sys.stderr)
        return ExitCode.INVALID_DOCUMENT
    show_comparison(comparison, ComparisonFormat(args.output), Console())
    return ExitCode.OK
