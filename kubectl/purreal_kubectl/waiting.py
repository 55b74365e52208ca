"""Options of the commands that may wait for a run; waits for nothing itself."""

import argparse
from typing import TYPE_CHECKING, TypeAlias

from purreal_kubectl.failure import Failure
from purreal_kubectl.options import Kind, completed_as
from purreal_runner.cli.report_files import writable_folder
from purreal_runner.exit_codes import ExitCode
from purreal_runner.report.formats import Format

if TYPE_CHECKING:
    from purreal_kubectl.attending import Wishes

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

EXIT_CODES = """\
exit codes: 0 passed, or completed without thresholds; 1 could not be done; 2 usage; 98
inconclusive (the load generator was the limit); 99 a threshold was missed; 102 did not end in
time; 104 invalid document; 105 cancelled, or interrupted
"""


def add_wait(parser: argparse.ArgumentParser) -> None:
    """Adds `--wait`."""
    parser.add_argument("--wait", action="store_true", help="follow the run until it has ended")


def add_format(parser: argparse.ArgumentParser) -> None:
    """Adds the format of a report."""
    parser.add_argument(
        "-o",
        "--output",
        type=_format,
        choices=list(Format),
        default=Format.TEXT,
        metavar="FORMAT",
        help=f"format of the report: {', '.join(Format)} (default: text)",
    )


def add_report_options(parser: argparse.ArgumentParser) -> None:
    """Adds the format, and the folder that a report is kept in."""
    add_format(parser)
    completed_as(
        Kind.FILE,
        parser.add_argument(
            "--report-dir",
            type=writable_folder,
            metavar="DIR",
            help="write the report into this folder, too, in all formats",
        ),
    )


def refuse_what_needs_wait(args: argparse.Namespace) -> None:
    """Options about the end of a run mean nothing to who does not wait for it.

    Raises:
        Failure: there is one, without `--wait`.
    """
    if args.wait:
        return
    for option, given in (
        ("--timeout", args.timeout is not None),
        ("--report-dir", args.report_dir is not None),
        ("--output", args.output is not Format.TEXT),
    ):
        if given:
            raise Failure(f"{option} needs --wait", ExitCode.USAGE)


def wishes_of(args: argparse.Namespace, *, may_cancel: bool) -> "Wishes":
    """How the command line says to wait, and what to report."""
    from purreal_kubectl.attending import Wishes

    return Wishes(args.timeout, args.output, args.report_dir, may_cancel)


def _format(text: str) -> Format:
    try:
        return Format(text.lower())
    except ValueError:
        known = ", ".join(Format)
        raise argparse.ArgumentTypeError(f"{text!r} is no format; there are: {known}") from None
