"""A stage for snippets: an empty database, a connection of the SDK to it, and a lease on it."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from surrealdb import AsyncSurreal

from purreal import Credentials, SurrealDBConnectionPool
from purreal_runner.embedded.launch import RunningTarget
from tests.compatibility.comparing import Stage

LENDING: dict[str, dict[str, Any]] = {
    "connection": {"lend": "connection"},
    "session": {"lend": "session"},
}
"""The ways of lending, each with the arguments of the pool; every test of leases runs on all."""

Open = Callable[[], AbstractAsyncContextManager[tuple[Any, Stage]]]


_tokens: dict[str, str] = {}
"""By address: a token costs a hundredth of a sign-in, and each row would need several."""


@asynccontextmanager
async def _sdk(target: RunningTarget, place: tuple[str, str]) -> AsyncIterator[Any]:
    connection = AsyncSurreal(target.url)
    try:
        if target.url not in _tokens:
            user = {"username": target.username, "password": target.password}
            _tokens[target.url] = (await connection.signin(user)).access
        await connection.authenticate(_tokens[target.url])
        await connection.use(*place)
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def _stage(target: RunningTarget, place: tuple[str, str]) -> AsyncIterator[Stage]:
    namespace, database = place
    async with _sdk(target, place) as other:
        await other.query(
            f"REMOVE NAMESPACE IF EXISTS {namespace}; DEFINE NAMESPACE {namespace};"
            f" USE NS {namespace}; DEFINE DATABASE {database}"
        )
        yield Stage(other, target.username, target.password, place)


@pytest.fixture
def place() -> tuple[str, str]:
    return f"ns_{uuid.uuid4().hex}", "checkout"


@pytest.fixture(params=list(LENDING))
def lending(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The pool's arguments for each way of lending in turn."""
    return LENDING[request.param]


@pytest.fixture
def make_pool(
    target: RunningTarget, place: tuple[str, str], lending: dict[str, Any]
) -> Callable[..., SurrealDBConnectionPool]:
    """Makes pools on the stage, by default of one lease, not opened yet."""

    def make(max_size: int = 1) -> SurrealDBConnectionPool:
        return SurrealDBConnectionPool(
            target.url,
            credentials=Credentials(target.username, target.password),
            namespace=place[0],
            database=place[1],
            min_size=0,
            max_size=max_size,
            **lending,
        )

    return make


@pytest.fixture
def open_stage(target: RunningTarget, place: tuple[str, str]) -> Callable[[], Any]:
    """Opens an empty stage."""
    return lambda: _stage(target, place)


@pytest.fixture
def open_sdk(target: RunningTarget, place: tuple[str, str]) -> Open:
    """Opens a connection of the SDK on an empty stage."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[tuple[Any, Stage]]:
        async with _stage(target, place) as stage, _sdk(target, place) as connection:
            yield connection, stage

    return opened


@pytest.fixture
def open_lease(
    target: RunningTarget,
    place: tuple[str, str],
    make_pool: Callable[..., SurrealDBConnectionPool],
) -> Open:
    """Opens a lease on an empty stage."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[tuple[Any, Stage]]:
        async with _stage(target, place) as stage, make_pool() as pool, pool.acquire() as lease:
            yield lease, stage

    return opened
