"""A script as a process: its streams, what a user reads when it goes wrong; runs no load itself."""

import argparse
import io
import logging
import os
import sys
from collections.abc import Callable, Sequence

from purreal_runner.document import InvalidDocument
from purreal_runner.exit_codes import ExitCode
from purreal_runner.judge.verdict import Verdict
from purreal_runner.load.refused import RunRefused
from purreal_runner.report.model import Report

logger = logging.getLogger(__name__)

Work = Callable[[argparse.Namespace], int]


def run_script(work: Work, parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> int:
    """Reads the command line and calls the script's work; what goes wrong becomes one line.

    Args:
        work: what the script does; its result is the exit code.
        parser: from `script_parser`.
        argv: the command line; None: the process's own.

    Returns:
        The exit code.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that has no ✓ shall show a question mark, not end the test.
        sys.stdout.reconfigure(errors="replace")
    args = parser.parse_args(argv)
    logging.basicConfig(level=args.log_level, stream=sys.stderr)
    try:
        code = work(args)
        # Now and not at the very end, where a closed pipe could no longer be caught.
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return ExitCode.CANCELLED
    except BrokenPipeError:
        # Whoever read our output is gone; Python would complain once more while it shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.ERROR
    except Exception as error:
        return _in_one_line(error)
    return code


def _in_one_line(error: Exception) -> ExitCode:
    if isinstance(error, InvalidDocument):
        print(error, file=sys.stderr)
        return ExitCode.INVALID_DOCUMENT
    if isinstance(error, RunRefused):
        print(error, file=sys.stderr)
        return error.exit_code
    logger.debug("unexpected error", exc_info=error)
    hint = "" if logger.isEnabledFor(logging.DEBUG) else " (more with --log-level DEBUG)"
    print(f"unexpected {type(error).__name__}: {error}{hint}", file=sys.stderr)
    return ExitCode.ERROR


def print_remarks(report: Report) -> None:
    """Says on standard error what the guide's layouts have no line for; nothing if all was well.

    That is: what the failed operations ended with, why a run is not a result, and the run's notes,
    such as tables that could not be dropped.
    """
    for error in report.errors:
        print(f"{error.count:,} × {error.type} ({error.kind}): {error.example}", file=sys.stderr)
    if report.verdict in (Verdict.ERROR, Verdict.CANCELLED):
        print(report.reason, file=sys.stderr)
    for note in report.run.notes:
        print(note, file=sys.stderr)
