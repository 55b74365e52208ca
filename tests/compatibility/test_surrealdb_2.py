"""A lease on SurrealDB 2: what the SDK does there it does as well, by the same snippets."""

import asyncio
import itertools
import logging
from typing import Any

import pytest
import pytest_asyncio
from surrealdb import AsyncSurreal, RecordID, errors

from purreal import (
    AuthenticationFailed,
    Credentials,
    Lease,
    OpenFailed,
    SessionsUnavailable,
    SurrealDBConnectionPool,
)
from tests.compatibility.comparing import Raised, Returned, Row, Stage, typed
from tests.compatibility.query_snippets import QUERIES, RECORDS
from tests.compatibility.surrealdb_2_server import (
    PASSWORD,
    USERNAME,
    VERSION,
    Surrealdb2,
    find_packages,
    start_surrealdb_2,
)
from tests.compatibility.value_snippets import READ, WRITTEN

pytestmark = pytest.mark.asyncio(loop_scope="module")

NO_TIMEOUTS = "a statement that takes too long"  # WebAssembly without a browser has no timers
ROWS = [row for row in QUERIES + RECORDS if row.name != NO_TIMEOUTS]
ROUND_TRIPS = {name: value for name, value in WRITTEN.items() if name not in ("str", "Datetime")}
ROUND_TRIPS["text"] = ["", "größe"]  # SurrealDB 2 takes none with a NUL in it

_places = itertools.count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def surrealdb_2():
    packages = find_packages()
    assert packages is not None
    async with start_surrealdb_2(packages) as running:
        yield running


@pytest.fixture
def database(surrealdb_2: Surrealdb2) -> dict[str, Any]:
    """Arguments of a pool on a server of its own: what has a session shares it otherwise."""
    return {
        "uri": f"{surrealdb_2.url}/{next(_places)}/rpc",
        "credentials": Credentials(USERNAME, PASSWORD),
        "namespace": "shop",
        "database": "checkout",
        "min_size": 0,
        "max_size": 2,
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sdk(surrealdb_2: Surrealdb2):
    async with AsyncSurreal(f"{surrealdb_2.url}/rows/rpc") as connection:
        await connection.signin({"username": USERNAME, "password": PASSWORD})
        yield connection


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(surrealdb_2: Surrealdb2):
    user = Credentials(USERNAME, PASSWORD)
    uri = f"{surrealdb_2.url}/rows/rpc"
    async with SurrealDBConnectionPool(uri, credentials=user, min_size=0, max_size=1) as pool:
        yield pool


async def outcome_of(row: Row, subject: Any) -> Returned | Raised:
    place = f"rows_{next(_places)}", "checkout"
    await subject.use(*place)
    try:
        return Returned(await row.snippet(subject, Stage(None, USERNAME, PASSWORD, place)))
    except Exception as error:
        return Raised.by(error)


def is_as_the_page_says(ours: Returned | Raised, row: Row) -> bool:
    """Whether it ends as on SurrealDB 3, whose errors have classes of their own for each kind."""
    if isinstance(row.lease, Raised) and isinstance(ours, Raised):
        return ours.error in (row.lease.error, "InternalError")
    return ours == row.lease


def laid_open(outcome: Returned | Raised) -> Any:
    return ("returned", typed(outcome.value)) if isinstance(outcome, Returned) else outcome


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.members[0]}: {row.name}")
async def test_a_lease_does_on_surrealdb_2_what_the_sdk_does_there(row: Row, sdk, pool) -> None:
    theirs = await outcome_of(row, sdk)
    async with pool.acquire() as lease:
        ours = await outcome_of(row, lease)

    if row.difference is None:
        assert laid_open(ours) == laid_open(theirs)
    else:
        assert is_as_the_page_says(ours, row), ours


@pytest.mark.parametrize("name", ROUND_TRIPS)
async def test_a_value_comes_back_as_it_was_written(pool, name: str) -> None:
    async with pool.acquire() as lease:
        back = await lease.query("RETURN $value", {"value": ROUND_TRIPS[name]})

    assert typed(back) == typed(ROUND_TRIPS[name])


@pytest.mark.parametrize("name", READ)
async def test_a_value_is_read_as_by_the_sdk(sdk, pool, name: str) -> None:
    async with pool.acquire() as lease:
        ours = await lease.query(f"RETURN {READ[name]}")

    assert typed(ours) == typed(await sdk.query(f"RETURN {READ[name]}"))


async def test_it_is_surrealdb_2(pool) -> None:
    async with pool.acquire() as lease:
        assert await lease.version() == f"surrealdb-{VERSION}"


async def test_connections_are_lent_and_that_is_said_once(database, caplog) -> None:
    caplog.set_level(logging.WARNING, "purreal")

    async with SurrealDBConnectionPool(**database | {"min_size": 2}) as pool:
        async with pool.acquire() as one, pool.acquire() as other:
            await asyncio.gather(one.create("t:1"), other.create("t:2"))
        sockets = pool.stats().sockets

    assert sockets == 2
    (record,) = caplog.records
    assert "has no sessions to attach" in record.getMessage()


async def test_who_wants_sessions_is_told_that_there_are_none(database) -> None:
    pool = SurrealDBConnectionPool(**database | {"lend": "session", "min_size": 1})

    with pytest.raises((SessionsUnavailable, OpenFailed)):
        await pool.open(timeout=10)


async def test_a_wrong_password_is_an_authentication_failure(database) -> None:
    wrong = database | {"credentials": Credentials(USERNAME, "wrong"), "min_size": 1}
    pool = SurrealDBConnectionPool(**wrong)

    with pytest.raises(AuthenticationFailed, match="root user 'root'"):
        await pool.open(timeout=10)


async def test_a_connection_that_can_not_be_reset_is_replaced(database) -> None:
    async with SurrealDBConnectionPool(**database | {"max_size": 1}) as pool:
        async with pool.acquire() as lease:
            await lease.let("x", 1)
            changed = lease.connection.id
        async with pool.acquire() as lease:
            await lease.create("t:1")
            fresh = lease.connection.id

    assert changed != fresh  # by a lack of the engine, as of the first servers of version 2


async def _query_for_ever(lease: Lease) -> None:
    while True:
        await lease.query("RETURN 1")


async def test_a_session_that_has_expired_is_not_lent_again(database) -> None:
    async with SurrealDBConnectionPool(**database) as pool, pool.acquire() as lease:
        await lease.query(
            "DEFINE USER brief ON DATABASE PASSWORD 'pw' ROLES OWNER DURATION FOR SESSION 1s"
        )
    brief = Credentials("brief", "pw", level="database")
    async with SurrealDBConnectionPool(**database | {"credentials": brief, "max_size": 1}) as pool:
        async with asyncio.timeout(20), pool.acquire() as lease:
            with pytest.raises(errors.ServerError, match="session has expired"):
                await _query_for_ever(lease)
        async with pool.acquire() as lease:
            assert await lease.query("RETURN 1") == 1


async def test_an_error_of_the_server_is_the_sdk_s(database) -> None:
    async with SurrealDBConnectionPool(**database) as pool, pool.acquire() as lease:
        await lease.create("t:1")

        with pytest.raises(errors.ServerError, match="already exists"):
            await lease.create("t:1")
        with pytest.raises(errors.NotFoundError, match="Method not found"):
            await lease.begin()


async def test_a_live_query_notifies_until_it_is_killed(database) -> None:
    async with SurrealDBConnectionPool(**database) as pool, pool.acquire() as lease:
        live_id = await lease.live("t")
        reader = await lease.subscribe_live(live_id)
        await lease.create("t:1", {"n": 1})

        assert await anext(reader) == {"id": RecordID("t", 1), "n": 1}
        await lease.kill(live_id)
        assert [record async for record in reader] == []
