"""`purreal run`: reads the command line, runs the test, shows the report; measures nothing."""

import argparse
import cProfile
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from purreal_runner.cli.options import (
    add_pool_options,
    add_run_options,
    add_target_options,
    local_options,
)
from purreal_runner.cli.progress_display import progress_display
from purreal_runner.cli.report_files import add_report_options, leave_report, writable_file
from purreal_runner.document import InvalidDocument, load_document
from purreal_runner.document.local import LocalRun, resolve_local
from purreal_runner.document.options import COMMAND_LINE, document_from_options
from purreal_runner.exit_codes import ExitCode

_DESCRIPTION = """\
Load-test a SurrealDB connection pool: the test in FILE (a PoolLoadTest document), or one made from
the options. Options win over the file. Totals (workers, operations) are over all pools; pool
parameters are of EACH pool.
"""

_EPILOG = """\
exit codes: 0 passed, or completed without thresholds; 1 could not be done; 2 usage; 98
inconclusive (the load generator was the limit); 99 a threshold was missed; 102 did not end in
time; 104 invalid document or options; 105 interrupted (a report is made all the same)
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `run` to the `purreal` command."""
    parser = subparsers.add_parser(
        "run", help="run a load test", description=_DESCRIPTION, epilog=_EPILOG
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="YAML or JSON document")
    _add_test_options(parser)
    add_pool_options(parser, of=", EACH of them")
    add_target_options(parser)
    add_run_options(parser)
    add_report_options(parser)
    parser.add_argument(
        "--profile",
        type=writable_file,
        metavar="FILE",
        help="profile this process into a file for `python -m pstats`; all pools run in it then",
    )
    parser.set_defaults(func=execute)


def _add_test_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the test")
    group.add_argument(
        "--scenario", metavar="NAME", help="sustained, burst, churn, complex or progressive"
    )
    group.add_argument(
        "--workload",
        metavar="FILE.py:FUNCTION",
        help="an operation of your own: async def simulate_work(conn, task_id)",
    )
    for name, words in (
        ("workers", "concurrent workers, in all"),
        ("operations", "operations, in all"),
        ("duration", "seconds of load, instead of operations"),
        ("warm-up", "seconds of load that do not count"),
        ("replicas", "pools (times --processes)"),
        ("processes", "processes of each replica, one pool in each"),
        ("seed", "seed of everything random"),
    ):
        group.add_argument(f"--{name}", type=int, metavar="N", help=words)
    group.add_argument(
        "--close-connection-every",
        type=int,
        metavar="N",
        help="fault: close the connection in the lease of every N-th operation",
    )
    group.add_argument(
        "--threshold",
        dest="thresholds",
        action="append",
        default=[],
        metavar="CONDITION",
        help="such as 'acquire_p95 < 20ms' or 'success_ratio >= 99.9%%'; may be repeated",
    )
    group.add_argument("--name", metavar="NAME", help="name of the test")


def execute(args: argparse.Namespace) -> int:
    """Runs the test that `args` describe; returns the exit code."""
    logging.basicConfig(level=args.log_level, stream=sys.stderr)
    try:
        local = _local_run(args)
    except InvalidDocument as error:
        print(error, file=sys.stderr)
        return ExitCode.INVALID_DOCUMENT
    return _profiled(args.profile, lambda: _run(args, local))


def _local_run(args: argparse.Namespace) -> LocalRun:
    args.thresholds = tuple(args.thresholds)
    options = local_options(args)
    if args.file is None:
        return resolve_local(document_from_options(options), options)
    return resolve_local(load_document(args.file), options, source=str(args.file or COMMAND_LINE))


def _run(args: argparse.Namespace, local: LocalRun) -> int:
    # Imported late: `purreal validate` and `--help` need not load the pool and the SDK.
    from purreal_runner.load.from_document import Circumstances, run_settings
    from purreal_runner.load.loops import choose_loop, run_in_loop
    from purreal_runner.load.run import run_locally
    from purreal_runner.load.settings import RunRefused
    from purreal_runner.report.text import render

    try:
        loop = choose_loop(args.loop)
        settings = run_settings(
            local,
            Circumstances(
                loop=loop,
                log_level=args.log_level,
                keep_data=args.keep_data,
                cpu_stress=args.cpu_stress,
                in_process=args.profile is not None,
            ),
        )
        with progress_display(settings.operations, settings.seconds) as on_progress:
            outcome = run_in_loop(run_locally(settings, on_progress), loop)
    except RunRefused as refused:
        print(f"purreal run: {refused}", file=sys.stderr)
        return refused.exit_code
    is_left = leave_report(outcome.report, args.output, args.report_dir)
    render(outcome.report, Console())
    return outcome.exit_code() or (ExitCode.OK if is_left else ExitCode.ERROR)


def _profiled(file: Path | None, work: Callable[[], int]) -> int:
    if file is None:
        return work()
    profile = cProfile.Profile()
    try:
        return profile.runcall(work)
    finally:
        profile.dump_stats(file)
        print(f"profile: python -m pstats {file}", file=sys.stderr)
