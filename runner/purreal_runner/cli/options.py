"""Options that `purreal run` and the guide's scripts have in common; runs nothing."""

import argparse
from dataclasses import fields
from pathlib import Path

from purreal_runner.document.enums import Lend
from purreal_runner.document.options import LocalOptions

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def add_target_options(parser: argparse.ArgumentParser) -> None:
    """Adds which SurrealDB to test, and who signs in there."""
    group = parser.add_argument_group(
        "the database", "without --url one is started for the run and ends with it"
    )
    group.add_argument("--url", metavar="URL", help="ws://HOST:PORT or wss://HOST:PORT")
    group.add_argument("--user", metavar="NAME", help="user name (default: root)")
    group.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="file whose first line is the password; a password on a command line could be read "
        "by everybody on the machine",
    )
    group.add_argument("--namespace", metavar="NAME", help="SurrealDB namespace")
    group.add_argument("--database", metavar="NAME", help="SurrealDB database")
    group.add_argument(
        "--ca-file", type=Path, metavar="FILE", help="certificate authority (PEM) for wss://"
    )
    group.add_argument(
        "--engine",
        choices=("embedded", "server"),
        help="what to start without --url: the embedded engine (default) or a surreal binary "
        "(PURREAL_SURREAL_BIN, else on PATH)",
    )


def add_pool_options(parser: argparse.ArgumentParser, *, of: str) -> None:
    """Adds the parameters of the pool."""
    group = parser.add_argument_group(f"the pool{of}")
    for name, words in (
        ("min-size", "leases kept ready (default: 10%% of the workers)"),
        ("max-size", "most leases (default: 120%% of the workers)"),
        ("max-lifetime", "seconds until a lease is made anew; 0: never"),
        ("max-idle-time", "seconds until an idle lease is given up; 0: never"),
        ("acquire-timeout", "most seconds to wait for a lease"),
    ):
        group.add_argument(f"--{name}", type=int, metavar="N", help=words)
    group.add_argument(
        "--lend",
        type=str.capitalize,
        choices=[each.value for each in Lend],
        help="what a lease is: a session on a shared socket, or a connection (default: Auto)",
    )


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Adds what is about this machine rather than about the test."""
    group = parser.add_argument_group("this run")
    group.add_argument(
        "--keep-data", action="store_true", help="do not drop the tables that the run made"
    )
    group.add_argument(
        "--cpu-stress",
        type=_count,
        default=0,
        metavar="N",
        help="keep N processors busy meanwhile; the report names it",
    )
    group.add_argument(
        "--loop", choices=("asyncio", "uvloop"), help="event loop (default: uvloop if installed)"
    )
    group.add_argument(
        "--log-level",
        type=str.upper,
        choices=LOG_LEVELS,
        default="WARNING",
        help="what to log to standard error (default: WARNING)",
    )


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes")
    return int(text)


def local_options(args: argparse.Namespace) -> LocalOptions:
    """The options that stand for fields of a document, as far as the command has them."""
    known = {field.name for field in fields(LocalOptions)}
    given = {name: value for name, value in vars(args).items() if name in known}
    return LocalOptions(**given)
