"""What the guide's scripts have in common: options, settings, one run after the other."""

import argparse
import logging
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace

from purreal_runner.cli.options import (
    add_pool_options,
    add_run_options,
    add_target_options,
    local_options,
)
from purreal_runner.document import InvalidDocument
from purreal_runner.document.local import resolve_local
from purreal_runner.document.options import document_from_options
from purreal_runner.exit_codes import ExitCode
from purreal_runner.load.from_document import Circumstances, run_settings
from purreal_runner.load.loops import choose_loop, run_in_loop
from purreal_runner.load.process_run import Alongside
from purreal_runner.load.progress import OnProgress
from purreal_runner.load.run import Outcome, run_locally
from purreal_runner.load.settings import RunRefused, RunSettings
from purreal_runner.report.model import Report


def script_parser(description: str) -> argparse.ArgumentParser:
    """A parser with the options that all three scripts take."""
    parser = argparse.ArgumentParser(description=description)
    add_target_options(parser)
    add_pool_options(parser, of="")
    add_run_options(parser)
    return parser


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


def exit_code_of(work: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Calls the script's work; what a user did wrong becomes one line and an exit code."""
    logging.basicConfig(level=args.log_level, stream=sys.stderr)
    try:
        return work(args)
    except InvalidDocument as error:
        print(error, file=sys.stderr)
        return ExitCode.INVALID_DOCUMENT
    except RunRefused as refused:
        print(refused, file=sys.stderr)
        return refused.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return ExitCode.CANCELLED


def print_errors(report: Report) -> None:
    """Says on standard error what the failed operations ended with; nothing if none failed."""
    for error in report.errors:
        print(f"{error.count:,} × {error.type} ({error.kind}): {error.example}", file=sys.stderr)
    if report.verdict == "Error":
        print(report.reason, file=sys.stderr)
