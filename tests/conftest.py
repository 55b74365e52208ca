"""Owns what every test relies on: no event loop by accident, and real databases to test against."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import settings

from purreal_runner.embedded.launch import (
    RunningTarget,
    find_server_binary,
    start_embedded,
    start_server,
)
from tests.compatibility.surrealdb_2_server import find_packages

# Tests of gRPC leave threads behind, and its handlers would abort processes that others fork.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

# How long an example takes is no matter of right and wrong, and other processes may be busy.
settings.register_profile("purreal", deadline=None)
settings.load_profile("purreal")

HAS_SERVER = find_server_binary() is not None
HAS_SURREALDB_2 = find_packages() is not None
DATABASES = {"server_target": HAS_SERVER, "surrealdb_2": HAS_SURREALDB_2}
"""What may be missing, by the fixture that stands for it."""


def pytest_report_header() -> list[str]:
    """Say once which databases the tests run against."""
    there = ["the embedded engine", find_server_binary(), find_packages()]
    found = ["databases: " + ", ".join(str(each) for each in there if each is not None)]
    if not HAS_SERVER:
        found.append(
            "no server: to run the same tests on one, install SurrealDB (surreal on PATH) or name"
            " its program in PURREAL_SURREAL_BIN"
        )
    if not HAS_SURREALDB_2:
        found.append("no SurrealDB 2: `make surrealdb-2` installs its engine (needs Node and npm)")
    return found


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a server there are no tests of it: they would only say that it is missing."""
    missing = {name for name, is_there in DATABASES.items() if not is_there}
    needing = [item for item in items if missing & set(getattr(item, "fixturenames", ()))]
    if not needing:
        return
    config.hook.pytest_deselected(items=needing)
    items[:] = [item for item in items if item not in needing]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def embedded_target() -> AsyncIterator[RunningTarget]:
    """The embedded engine, shared by all tests: each must be content with a used database."""
    async with start_embedded() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server_target() -> AsyncIterator[RunningTarget]:
    """A real server, shared as well."""
    async with start_server() as running:
        yield running


@pytest.fixture(params=["embedded", "server"] if HAS_SERVER else ["embedded"])
def target(request: pytest.FixtureRequest) -> RunningTarget:
    """Each engine in turn."""
    running: RunningTarget = request.getfixturevalue(f"{request.param}_target")
    return running


@pytest.fixture(params=["connection", "session"])
def lend(request: pytest.FixtureRequest) -> str:
    """What is lent, in turn: connections, and sessions that share sockets."""
    lent: str = request.param
    return lent


@pytest.fixture(scope="session", autouse=True)
def no_event_loop_by_accident() -> None:
    """Keep plug-ins from making an event loop that nobody closes.

    looptime asks the policy for a loop before synchronous tests too, and before Python 3.14 that
    makes one; its ResourceWarning would then fail whichever test runs when it is collected. Once
    a loop has been set, even None, the policy makes no more.
    """
    asyncio.set_event_loop(None)


@pytest.fixture
def at(tmp_path: Path) -> Callable[[RunningTarget], list[str]]:
    """The options that point a command at a database; its password is in a file."""

    def options(running: RunningTarget) -> list[str]:
        file = tmp_path / "password"
        file.write_text(running.password + "\n")
        return ["--url", running.url, "--user", running.username, "--password-file", str(file)]

    return options
