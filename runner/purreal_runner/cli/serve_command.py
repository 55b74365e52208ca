"""`purreal serve`: reads the command line and the password file; the server itself is elsewhere."""

import argparse
import contextlib
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from purreal_runner.document.password_file import BadPasswordFile, read_password
from purreal_runner.exit_codes import ExitCode

_DESCRIPTION = """\
Serve the embedded SurrealDB on a TCP port, over SurrealDB's WebSocket protocol, until SIGTERM or
Ctrl-C. The root user gets the password in --password-file; without it a random one, in a file that
only you can read, whose name is printed and which is removed at the end.
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `purreal serve` to the command line."""
    parser = subparsers.add_parser(
        "serve",
        help="serve the embedded SurrealDB on a port",
        description=_DESCRIPTION,
        allow_abbrev=False,  # `--password SECRET` must not pass for --password-file
    )
    parser.add_argument(
        "--bind",
        type=_address,
        default=("127.0.0.1", 8000),
        metavar="HOST:PORT",
        help="where to listen; port 0 takes a free one (default: 127.0.0.1:8000)",
    )
    parser.add_argument(
        "--path",
        type=_datastore,
        default="mem://",
        help="the datastore: mem:// or surrealkv://DIR (default: mem://)",
    )
    parser.add_argument(
        "--user",
        type=_user,
        default="root",
        metavar="NAME",
        help="name of the root user (default: root)",
    )
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="file whose first line is the root user's password",
    )
    parser.set_defaults(func=execute)


def execute(args: argparse.Namespace) -> int:
    """Serve; returns only when nothing was started, otherwise the process ends here."""
    try:
        with _password_file(args.password_file) as file:
            code = _serve(args, file)
    except BadPasswordFile as error:
        print(f"purreal serve: the password file {args.password_file} {error}", file=sys.stderr)
        return ExitCode.ERROR
    from purreal_runner.embedded.process import leave

    leave(code)
    return code


def _serve(args: argparse.Namespace, file: Path) -> ExitCode:
    # Imported late: the other commands must not pay for the server.
    from purreal_runner.embedded.process import Ready, ServeOptions, serve

    password = read_password(file)

    def announce(ready: Ready) -> None:
        who = f"user {args.user}, password in {file}"
        print(f"{ready.version} ({args.path}) is ready at {ready.url}, {who}", flush=True)

    host, port = args.bind
    options = ServeOptions(host, port, args.path, args.user, password)
    return serve(options, announce)


@contextmanager
def _password_file(given: Path | None) -> Iterator[Path]:
    """The file with the password: the given one, or one made for as long as the block lasts."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(
        prefix="purreal-serve-"
    ) as directory:  # only its owner may enter
        file = Path(directory, "password")
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24) + "\n")
        yield file


def _user(text: str) -> str:
    if not text or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} is not a name: it needs printable characters")
    return text


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    with contextlib.suppress(ValueError):
        if host and 0 <= int(port) <= 65535:
            return host.removeprefix("[").removesuffix("]"), int(port)
    raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, such as 127.0.0.1:8000")


def _datastore(text: str) -> Any:
    scheme, separator, directory = text.partition("://")
    if text in ("mem://", "memory"):
        return "mem://"
    if separator and scheme == "surrealkv" and directory:
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is neither mem:// nor surrealkv://DIR")
