"""Starts a SurrealDB for one run as a child process that dies with this one; runs no load."""

import asyncio
import os
import secrets
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

import purreal_runner
from purreal import Credentials
from purreal_runner.embedded.child import Child, ChildFailed
from purreal_runner.embedded.http_probe import http_get

BINARY_VARIABLE: Final = "PURREAL_SURREAL_BIN"
_LOOPBACK: Final = "127.0.0.1"
_READY_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.05
_START_ATTEMPTS: Final = 3


class TargetUnavailable(Exception):
    """No database could be started; the text says why and what to try."""


@dataclass(frozen=True, slots=True)
class RunningTarget:
    """A database that is ready. `pid` is the database's own process; `version` such as
    `surrealdb-3.2.4`.
    """

    kind: Literal["embedded", "server"]
    url: str
    username: str
    password: str = field(repr=False)
    pid: int
    version: str


def find_server_binary() -> Path | None:
    """The `surreal` program: the file named by PURREAL_SURREAL_BIN, else the one on PATH, else
    None.

    Raises `TargetUnavailable` when the variable names something that can't be run.
    """
    named = os.environ.get(BINARY_VARIABLE)
    if named:
        if not os.access(named, os.X_OK) or Path(named).is_dir():
            raise TargetUnavailable(f"{BINARY_VARIABLE} names {named}, which is no program")
        return Path(named)
    found = shutil.which("surreal")
    return Path(found) if found else None


@asynccontextmanager
async def start_embedded(
    path: str = "mem://", credentials: Credentials | None = None, *, port: int = 0
) -> AsyncIterator[RunningTarget]:
    """Run the embedded engine, in a process of its own, as long as the block lasts.

    Args:
        path: the datastore, `mem://` or `surrealkv://DIR`.
        credentials: the root user to define; user `root` with a new random password when absent.
        port: the TCP port on 127.0.0.1; 0 lets the system choose.

    Raises:
        TargetUnavailable: the engine is not installed, or did not start.
    """
    if find_spec("surrealdb_embedded") is None:
        raise TargetUnavailable(
            "the embedded SurrealDB is not installed; try: pip install 'purreal[embedded]', "
            "or give the address of a running one, or use a surreal binary (--engine server)"
        )
    username, password = _login(credentials)
    command = [sys.executable, "-m", "purreal_runner.embedded"]
    hello = {
        "host": _LOOPBACK, "port": port, "path": path, "username": username, "password": password,
    }  # fmt: skip
    async with _child("the embedded SurrealDB", command, hello, _import_path()) as child:
        said = await child.first_line(_READY_SECONDS)
        url = f"ws://{_LOOPBACK}:{said['port']}"
        yield RunningTarget("embedded", url, username, password, said["pid"], said["version"])


@asynccontextmanager
async def start_server(
    binary: Path | None = None, credentials: Credentials | None = None, *, port: int = 0
) -> AsyncIterator[RunningTarget]:
    """Run a real `surreal` server, in memory, as long as the block lasts.

    Args:
        binary: the program; absent: `find_server_binary()`.
        credentials: the root user to define; user `root` with a new random password when absent.
        port: the TCP port on 127.0.0.1; 0 takes a free one.

    Raises:
        TargetUnavailable: there is no such program, or it did not start.
    """
    program = binary or find_server_binary()
    if program is None:
        raise TargetUnavailable(
            f"no surreal program found; install SurrealDB so that it is on PATH, or name it in "
            f"{BINARY_VARIABLE}, or leave out --engine server to use the embedded one"
        )
    username, password = _login(credentials)
    # The environment of a process is readable by its owner only, its command line by everyone.
    hello = {"environment": {"SURREAL_USER": username, "SURREAL_PASS": password}}
    for attempt in range(_START_ATTEMPTS):
        chosen = _usable_port(port)
        async with _child(f"{program}", _server_command(program, chosen), hello, {}) as child:
            said = await child.first_line(_READY_SECONDS)
            version = await _server_ready(child, chosen)
            if version is None:
                failure = ChildFailed(child.described("ended before it was ready"))
                if port or "in use" not in str(failure) or attempt + 1 == _START_ATTEMPTS:
                    raise failure
                continue  # somebody else took the port between our look and the server's
            url = f"ws://{_LOOPBACK}:{chosen}"
            yield RunningTarget("server", url, username, password, said["pid"], version)
            return


def _login(credentials: Credentials | None) -> tuple[str, str]:
    if credentials is None:
        return "root", secrets.token_urlsafe(24)
    if credentials.username is None or credentials.password is None or credentials.level != "root":
        raise TargetUnavailable("a database made for the run needs a root user and its password")
    return credentials.username, credentials.password


def _import_path() -> dict[str, str]:
    """What lets the child import this package from where we did, whatever its own search path
    says.
    """
    source = str(Path(purreal_runner.__file__).parent.parent)
    return {"PYTHONPATH": os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))}


def _server_command(program: Path, port: int) -> list[str]:
    guard = str(Path(__file__).with_name("guard.py"))
    address = f"{_LOOPBACK}:{port}"
    start = ["start", "--no-banner", "--log", "error", "--bind", address, "memory"]
    return [sys.executable, "-I", "-S", guard, str(program), *start]


def _usable_port(port: int) -> int:
    """A port on which nobody listens: `port`, or any for 0.

    Looked at before the start: afterwards a stranger on that port would pass for our server.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError as error:
            where = f"{_LOOPBACK}:{port}"
            raise TargetUnavailable(f"cannot use {where}: {error.strerror}") from error
        return int(probe.getsockname()[1])


async def _server_ready(child: Child, port: int) -> str | None:
    """The server's version once it answers; None when it ended instead."""
    try:
        async with asyncio.timeout(_READY_SECONDS):
            while not child.ended:
                if await http_get(_LOOPBACK, port, "/health") is not None:
                    return (await http_get(_LOOPBACK, port, "/version") or "").strip()
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise ChildFailed(child.described(f"was not ready within {_READY_SECONDS:g} s")) from None
    return None


@asynccontextmanager
async def _child(
    name: str, command: list[str], hello: Mapping[str, object], environment: dict[str, str]
) -> AsyncIterator[Child]:
    try:
        child = await Child.start(command, hello, environment)
    except OSError as error:
        raise TargetUnavailable(f"{name} could not be started: {error.strerror}") from error
    try:
        yield child
    except ChildFailed as error:
        raise TargetUnavailable(f"{name} {error}") from error
    finally:
        await child.stop()
