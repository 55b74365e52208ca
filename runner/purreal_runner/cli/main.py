"""The `purreal` command: finds the subcommand, turns what goes wrong into one line."""

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from purreal_runner.cli.parser import Parser
from purreal_runner.exit_codes import ExitCode

_COMMANDS = ("run", "validate", "report", "compare", "serve")
_IN_EXTRA_RUNNER = frozenset({"pydantic", "pydantic_core", "yaml", "rich"})

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code (`purreal_runner.exit_codes`)."""
    try:
        return _main(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:  # also while modules are still being imported
        print("purreal: interrupted", file=sys.stderr)
        return ExitCode.CANCELLED


def _main(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        print(f"purreal {_version()}")
        return ExitCode.OK
    try:
        parser = _parser()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _IN_EXTRA_RUNNER:
            raise
        print(
            f"purreal: the load-test runner needs {error.name}, which is not installed; "
            "install its extra: pip install 'purreal[runner,embedded]'",
            file=sys.stderr,
        )
        return ExitCode.ERROR
    return _run(parser.parse_args(arguments))


def _run(args: argparse.Namespace) -> int:
    try:
        return int(args.func(args))
    except BrokenPipeError:
        # Whoever read our output is gone; Python would complain once more while it shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.ERROR
    except Exception as error:
        logger.debug("unexpected error", exc_info=True)
        hint = "" if logger.isEnabledFor(logging.DEBUG) else " (more with --log-level DEBUG)"
        print(f"purreal: unexpected {type(error).__name__}: {error}{hint}", file=sys.stderr)
        return ExitCode.ERROR


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="purreal",
        description="Load-tests a SurrealDB connection pool, with one command and no server.",
    )
    parser.add_argument("--version", action="version", version=f"purreal {_version()}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in _COMMANDS:
        importlib.import_module(f"purreal_runner.cli.{name}_command").add_parser(subparsers)
    return parser


def _version() -> str:
    try:
        return version("purreal")
    except PackageNotFoundError:
        return "(not installed)"
