"""The guide's comprehensive load test: four scenarios one after the other, a report for each."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace

from purreal_runner.load.run import Outcome
from purreal_runner.load.settings import RunSettings
from purreal_runner.report.guide import load_test_report
from purreal_runner.scripts.script_process import print_remarks, run_script
from purreal_runner.scripts.script_run import (
    Amount,
    exit_code_after,
    from_one_to,
    run_once,
    script_parser,
    script_settings,
)
from purreal_runner.workload.workload import Workload

AMOUNTS = (
    Amount("sustained", "sustained", 500, 5_000, warm_up_seconds=5),
    Amount("burst", "burst", 1_000, 1_000),
    Amount("churn", "churn", 200, 4_000),
    Amount("complex", "complex", 100, 1_000),
)

MOST_PERCENT = 10_000
"""More workers than that would make, a load test can't have."""

_DESCRIPTION = """\
Run the whole load test: sustained load with the simulate_work of the script, a burst, churn, and
complex queries; a report for each. Exit code 0 only if every operation succeeded.
"""


@dataclass(frozen=True, slots=True)
class Scaled:
    """The guide's amounts, made smaller for a quick look."""

    percent: int

    def amount(self, amount: Amount) -> Amount:
        """The amount of one scenario."""
        operations = max(1, (amount.operations or 0) * self.percent // 100)
        workers = max(1, amount.workers * self.percent // 100)
        warm_up = amount.warm_up_seconds if self.percent >= 100 else 0
        return replace(amount, workers=workers, operations=operations, warm_up_seconds=warm_up)


def main(simulated: Workload, argv: Sequence[str] | None = None) -> int:
    """Runs the script; returns its exit code.

    Args:
        simulated: what the sustained scenario does: the script's own `simulate_work`.
        argv: the command line; None: the process's own.
    """
    parser = script_parser(_DESCRIPTION)
    parser.add_argument(
        "--only",
        action="append",
        choices=[amount.name for amount in AMOUNTS],
        help="only this scenario; may be repeated",
    )
    parser.add_argument(
        "--percent",
        type=from_one_to(MOST_PERCENT),
        default=100,
        metavar="N",
        help="that share of the guide's workers and operations (default: 100)",
    )
    return run_script(lambda args: _test(args, simulated), parser, argv)


def _test(args: argparse.Namespace, simulated: Workload) -> int:
    scaled = Scaled(args.percent)
    outcomes: list[Outcome] = []
    for amount in AMOUNTS:
        if args.only is None or amount.name in args.only:
            outcomes.append(_one(args, scaled.amount(amount), simulated))
            if outcomes[-1].report.run.interrupted:
                break
    return exit_code_after(outcomes)


def _one(args: argparse.Namespace, amount: Amount, simulated: Workload) -> Outcome:
    settings = _settings(args, amount, simulated)
    print(f"\n{amount.name}: {amount.workers:,} workers, {amount.operations:,} operations\n")
    outcome = run_once(settings)
    print(load_test_report(outcome.report), flush=True)
    print_remarks(outcome.report)
    return outcome


def _settings(args: argparse.Namespace, amount: Amount, simulated: Workload) -> RunSettings:
    settings = script_settings(args, amount)
    if amount.name != "sustained":
        return settings
    return replace(settings, workload=simulated, workload_name=simulated.name)
