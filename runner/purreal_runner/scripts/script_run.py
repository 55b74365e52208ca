"""What the guide's scripts have in common: options, settings, one run after the other."""

import argparse
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import NoReturn

from purreal_runner.cli.options import (
    add_pool_options,
    add_run_options,
    add_target_options,
    local_options,
)
from purreal_runner.document.local import resolve_local
from purreal_runner.document.options import document_from_options
from purreal_runner.exit_codes import ExitCode
from purreal_runner.load.from_document import Circumstances, run_settings
from purreal_runner.load.loops import choose_loop, run_in_loop
from purreal_runner.load.process_run import Alongside
from purreal_runner.load.progress import OnProgress
from purreal_runner.load.run import Outcome, run_locally
from purreal_runner.load.settings import RunSettings
from purreal_runner.report.guide import all_succeeded


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, as `purreal run` does."""

    def error(self, message: str) -> NoReturn:
        self.exit(ExitCode.USAGE, f"{self.prog}: {message} (all options: {self.prog} --help)\n")


class _Refused(argparse.Action):
    """An option that exists only so that its value is not repeated in a complaint about it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        parser.error(
            f"{self.option_strings[0]}: a password on a command line could be read by everybody "
            "on the machine; put it in a file and use --password-file"
        )


def script_parser(description: str) -> argparse.ArgumentParser:
    """A parser with the options that all three scripts take."""
    # Abbreviations would let `--password SECRET` pass for --password-file.
    parser = _Parser(description=description, allow_abbrev=False)
    add_target_options(parser)
    add_pool_options(parser, of="")
    add_run_options(parser)
    parser.add_argument("--password", action=_Refused, nargs="?", help=argparse.SUPPRESS)
    return parser


def from_one_to(most: int) -> Callable[[str], int]:
    """Reads a number of things, for `argparse`: of some, and of no more than `most`."""

    def read(text: str) -> int:
        number = int(text) if text.isdecimal() else 0
        if not 1 <= number <= most:
            raise argparse.ArgumentTypeError(
                f"must be a whole number from 1 to {most:,}, not {text!r}"
            )
        return number

    return read


@dataclass(frozen=True, slots=True)
class Amount:
    """How much load one run of a script applies; one of `operations` and `seconds` is given."""

    name: str
    scenario: str
    workers: int
    operations: int | None = None
    seconds: int | None = None
    warm_up_seconds: int = 0


def script_settings(args: argparse.Namespace, amount: Amount) -> RunSettings:
    """The settings of one run of a script; the pool is sized as the guide says unless told.

    Raises:
        InvalidDocument: an option makes no sense.
        RunRefused: the event loop that was asked for is not installed.
    """
    options = replace(
        local_options(args),
        name=amount.name,
        scenario=amount.scenario,
        workers=amount.workers,
        operations=amount.operations,
        duration=amount.seconds,
        warm_up=amount.warm_up_seconds,
    )
    circumstances = Circumstances(
        loop=choose_loop(args.loop),
        log_level=args.log_level,
        keep_data=args.keep_data,
        cpu_stress=args.cpu_stress,
        in_process=True,
    )
    return run_settings(resolve_local(document_from_options(options), options), circumstances)


def run_once(
    settings: RunSettings,
    on_progress: OnProgress = lambda _: None,
    alongside: Alongside = nullcontext,
) -> Outcome:
    """Runs one test to its end, in this thread."""
    return run_in_loop(run_locally(settings, on_progress, alongside), settings.loop)


def exit_code_after(outcomes: Sequence[Outcome]) -> ExitCode:
    """What a script ends with: OK only if nobody stopped it and all that was planned succeeded.

    Args:
        outcomes: of all runs that were begun; a series is only ever cut short by an interruption.
    """
    if any(outcome.report.run.interrupted for outcome in outcomes):
        return ExitCode.CANCELLED
    codes = [outcome.exit_code() for outcome in outcomes]
    worst = next((code for code in codes if code is not ExitCode.OK), ExitCode.OK)
    if worst is ExitCode.OK and not all(all_succeeded(outcome.report) for outcome in outcomes):
        return ExitCode.ERROR
    return worst
