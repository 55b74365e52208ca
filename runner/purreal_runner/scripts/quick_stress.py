"""The guide's quick stress test: N connections in use at the same moment, ten operations each."""

import argparse
from collections.abc import Sequence
from dataclasses import replace

from purreal_runner.exit_codes import ExitCode
from purreal_runner.load.progress import Progress, Step
from purreal_runner.load.run import Outcome
from purreal_runner.report.guide import (
    all_succeeded,
    launching,
    pool_initialized,
    progressive_summary,
    quick_stress_banner,
    quick_stress_results,
)
from purreal_runner.report.model import Report
from purreal_runner.scripts.script_run import (
    Amount,
    exit_code_of,
    print_errors,
    run_once,
    script_parser,
    script_settings,
)
from purreal_runner.workload.records import RECORD_TABLES, record_work
from purreal_runner.workload.workload import Shape, Workload

PROGRESSIVE = (100, 250, 500, 750, 1000)
OPERATIONS_EACH = 10

_DESCRIPTION = """\
Test N concurrent connections: N workers, each of which holds a connection at the same moment as
all the others, and does ten operations. Without N: 100, 250, 500, 750 and 1000, one after the
other, and a table. Exit code 0 only if every operation succeeded.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the script; returns its exit code."""
    parser = script_parser(_DESCRIPTION)
    parser.add_argument("connections", nargs="?", type=int, metavar="N", help="how many at once")
    return exit_code_of(_stress, parser.parse_args(argv))


def _stress(args: argparse.Namespace) -> int:
    if args.connections is not None:
        return _exit_code([_one(args, args.connections)])
    outcomes: list[tuple[int, Outcome]] = []
    for connections in PROGRESSIVE:
        outcomes.append((connections, _one(args, connections)))
        print()
        if outcomes[-1][1].report.run.interrupted:
            break
    print(progressive_summary([(number, outcome.report) for number, outcome in outcomes]))
    return _exit_code([outcome for _, outcome in outcomes])


def _one(args: argparse.Namespace, connections: int) -> Outcome:
    amount = Amount(
        f"stress-{connections}", "sustained", connections, connections * OPERATIONS_EACH
    )
    settings = script_settings(args, amount)
    workload = Workload(
        "stress", record_work(settings.tables), tables=RECORD_TABLES, shape=Shape.GATHERED
    )
    print(f"{quick_stress_banner(connections)}\n", flush=True)
    outcome = run_once(
        replace(settings, workload=workload, scenario=None, workload_name="quick stress test"),
        on_progress=lambda progress: _announce(progress, connections),
    )
    print(quick_stress_results(outcome.report, connections), flush=True)
    print_errors(outcome.report)
    return outcome


def _announce(progress: Progress, connections: int) -> None:
    if progress.step is Step.OPEN:
        print(f"{pool_initialized(progress.open)}\n\n{launching(connections)}\n", flush=True)


def _exit_code(outcomes: Sequence[Outcome]) -> int:
    reports: list[Report] = [outcome.report for outcome in outcomes]
    if all(all_succeeded(report) and outcomes[0].ended_in_time for report in reports):
        return ExitCode.OK
    codes = [outcome.exit_code() for outcome in outcomes]
    return next((code for code in codes if code is not ExitCode.OK), ExitCode.ERROR)
