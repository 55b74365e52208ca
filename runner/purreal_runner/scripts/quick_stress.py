"""The guide's quick stress test: N connections in use at the same moment, ten operations each."""

import argparse
from collections.abc import Sequence
from dataclasses import replace

from purreal_runner.load.progress import Progress, Step
from purreal_runner.load.run import Outcome
from purreal_runner.report.guide import (
    launching,
    pool_initialized,
    progressive_summary,
    quick_stress_banner,
    quick_stress_results,
)
from purreal_runner.scripts.script_process import print_remarks, run_script
from purreal_runner.scripts.script_run import (
    Amount,
    exit_code_after,
    from_one_to,
    run_once,
    script_parser,
    script_settings,
)
from purreal_runner.workload.records import RECORD_TABLES, record_work
from purreal_runner.workload.workload import Shape, Workload

PROGRESSIVE = (100, 250, 500, 750, 1000)
MOST_CONNECTIONS = 100_000
OPERATIONS_EACH = 10

_DESCRIPTION = """\
Test N concurrent connections: N workers, each of which holds a connection at the same moment as
all the others, and does ten operations. Without N: 100, 250, 500, 750 and 1000, one after the
other, and a table. Exit code 0 only if every operation succeeded.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the script; returns its exit code."""
    parser = script_parser(_DESCRIPTION)
    number = from_one_to(MOST_CONNECTIONS)
    parser.add_argument("connections", nargs="?", type=number, metavar="N", help="how many at once")
    return run_script(_stress, parser, argv)


def _stress(args: argparse.Namespace) -> int:
    if args.connections is not None:
        return exit_code_after([_one(args, args.connections)])
    outcomes: list[tuple[int, Outcome]] = []
    for connections in PROGRESSIVE:
        outcomes.append((connections, _one(args, connections)))
        print()
        if outcomes[-1][1].report.run.interrupted:
            break
    done = [(number, outcome.report) for number, outcome in outcomes]
    print(progressive_summary(done, not_run=PROGRESSIVE[len(done) :]))
    return exit_code_after([outcome for _, outcome in outcomes])


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
    print_remarks(outcome.report)
    return outcome


def _announce(progress: Progress, connections: int) -> None:
    if progress.step is Step.OPEN:
        print(f"{pool_initialized(progress.open)}\n\n{launching(connections)}\n", flush=True)
