"""The `kubectl purreal` command: finds the command, turns what goes wrong into readable lines."""

import argparse
import importlib
import logging
import os
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from types import FrameType

from purreal_kubectl.failure import Failure, Terminated
from purreal_runner.cli.parser import Parser
from purreal_runner.exit_codes import ExitCode

COMMANDS = (
    "run",
    "rerun",
    "status",
    "watch",
    "report",
    "compare",
    "cancel",
    "logs",
    "list",
    "completion",
)
_PROGRAM = "kubectl purreal"
_IN_EXTRA = frozenset({"aiohttp", "kubernetes", "pydantic", "pydantic_core", "rich", "yaml"})

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code (`purreal_runner.exit_codes`)."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return _main(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:  # also while modules are still being imported
        _complain("interrupted")
        return ExitCode.CANCELLED


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    from purreal_kubectl.options import add_cluster_options

    whole = Parser(
        prog=_PROGRAM,
        description="Starts, follows and compares load tests of connection pools on a cluster.",
    )
    whole.add_argument("--version", action="version", version=f"{_PROGRAM} {_version()}")
    add_cluster_options(whole)
    subparsers = whole.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for name in COMMANDS:
        command = importlib.import_module(f"purreal_kubectl.commands.{name}").add_parser(subparsers)
        add_cluster_options(command)
        command.set_defaults(log_level="WARNING")
    return whole


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _main(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        print(f"{_PROGRAM} {_version()}")
        return ExitCode.OK
    try:
        if arguments[:1] == ["__complete"]:
            from purreal_kubectl.completing.main import complete

            return complete(arguments[1:])
        args = parser().parse_args(arguments)
        logging.basicConfig(level=args.log_level, stream=sys.stderr)
        return _run(args)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _IN_EXTRA:
            raise
        _complain(f"needs {error.name}, which is not installed: pip install 'purreal[kubectl]'")
        return ExitCode.ERROR


def _run(args: argparse.Namespace) -> int:
    from purreal_kubectl.cluster.refusals import explained
    from purreal_operator.cluster.errors import ClusterError

    try:
        return int(args.func(args))
    except Failure as failure:
        if failure.bare:
            print(failure, file=sys.stderr)
        else:
            _complain(str(failure))
        return failure.exit_code
    except ClusterError as error:
        _complain(explained(error))
        return ExitCode.ERROR
    except BrokenPipeError:
        # Whoever read our output is gone; Python would complain once more while it shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.ERROR
    except ModuleNotFoundError:
        raise
    except Exception as error:
        logger.debug("unexpected error", exc_info=True)
        hint = "" if logger.isEnabledFor(logging.DEBUG) else " (more with --log-level DEBUG)"
        _complain(f"unexpected {type(error).__name__}: {error}{hint}")
        return ExitCode.ERROR


def _complain(words: str) -> None:
    print(f"{_PROGRAM}: {words}", file=sys.stderr)


def _version() -> str:
    try:
        return version("purreal")
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
