"""The guide's monitored load test: a pool under load of its own, and the live bar over it."""

import argparse
from collections.abc import Sequence

from purreal_runner.monitor import monitor
from purreal_runner.scripts.script_process import print_remarks, run_script
from purreal_runner.scripts.script_run import (
    Amount,
    exit_code_after,
    run_once,
    script_parser,
    script_settings,
)

_DESCRIPTION = """\
Watch a pool under load: one line in place on a terminal, a line now and then elsewhere. Ends by
itself after --duration seconds.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the script; returns its exit code."""
    parser = script_parser(_DESCRIPTION)
    parser.add_argument(
        "--workers", type=int, default=500, metavar="N", help="concurrent workers (default: 500)"
    )
    parser.add_argument(
        "--duration", type=int, default=15, metavar="N", help="seconds of load (default: 15)"
    )
    return run_script(_watch, parser, argv)


def _watch(args: argparse.Namespace) -> int:
    amount = Amount("monitored", "sustained", args.workers, seconds=args.duration)
    outcome = run_once(script_settings(args, amount), alongside=monitor)
    report = outcome.report
    print(f"{report.operations.succeeded:,} of {report.operations.issued:,} operations succeeded")
    print_remarks(report)
    return exit_code_after([outcome])
