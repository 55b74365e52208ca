"""The pool on the embedded engine and, where there is one, a real server."""

import asyncio
import contextlib
import socket
import sys

import pytest
from surrealdb import RecordID
from surrealdb.errors import AlreadyExistsError, NotAllowedError, ServerError

from purreal import (
    AuthenticationFailed,
    Credentials,
    OpenFailed,
    Outcome,
    SurrealDBConnectionPool,
    outcome_of,
)


@pytest.fixture
async def pool(target, lend):
    async with SurrealDBConnectionPool(
        target.url,
        credentials=Credentials(target.username, target.password),
        namespace="pool_tests",
        database="pool_tests",
        lend=lend,
        min_size=1,
        max_size=1,
    ) as pool:
        yield pool


async def test_queries_return_what_the_sdk_returns(pool):
    async with pool.acquire() as conn:
        await conn.query("DEFINE TABLE IF NOT EXISTS person; DELETE person")
        made = await conn.create("person:tobie", {"name": "Tobie"})
        found = await conn.query("SELECT * FROM person")

    assert made == {"id": RecordID("person", "tobie"), "name": "Tobie"}
    assert found == [made]


async def test_a_rejected_statement_raises_the_sdks_error_with_its_outcome(pool):
    async with pool.acquire() as conn:
        await conn.query("DEFINE TABLE IF NOT EXISTS double; DELETE double; CREATE double:1")
        with pytest.raises(AlreadyExistsError) as caught:
            await conn.query("RETURN 1; CREATE double:1")

    assert outcome_of(caught.value) is Outcome.REJECTED
    assert pool.stats().discarded == 0


@pytest.mark.parametrize("leave_behind", ["LET $secret = 42", "RETURN 1; LET $secret = 42"])
async def test_guarantee_09_variables_of_a_query_do_not_reach_the_next_borrower(pool, leave_behind):
    await pool.query(leave_behind)

    assert await pool.query("RETURN $secret") is None


async def test_guarantee_09_variables_of_let_do_not_reach_the_next_borrower(pool):
    async with pool.acquire() as conn:
        await conn.let("secret", 42)
        assert await conn.query("RETURN $secret") == 42

    assert await pool.query("RETURN $secret") is None


@pytest.mark.parametrize("how", ["method", "statement"])
async def test_guarantee_09_another_database_does_not_reach_the_next_borrower(pool, how):
    async with pool.acquire() as conn:
        if how == "method":
            await conn.use("elsewhere", "elsewhere")
        else:
            await conn.query("USE NS elsewhere DB elsewhere")

    assert await pool.query("RETURN [session::ns(), session::db()]") == ["pool_tests"] * 2


async def test_guarantee_09_an_open_transaction_does_not_reach_the_next_borrower(pool):
    await pool.query("DEFINE TABLE IF NOT EXISTS ghost; DELETE ghost")
    async with pool.acquire() as conn:
        with contextlib.suppress(ServerError):  # some versions refuse one without an end
            await conn.query("BEGIN; CREATE ghost:1")

    assert await pool.query("SELECT * FROM ghost") == []


async def test_guarantee_10_another_user_does_not_reach_the_next_borrower(pool):
    async with pool.acquire() as conn:
        await conn.invalidate()
        with pytest.raises(NotAllowedError):
            await conn.query("RETURN 1")

    assert await pool.query("RETURN 1") == 1


async def test_a_cancelled_query_leaves_a_pool_that_works(pool):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await pool.query("SLEEP 30s")

    assert await pool.query("RETURN 1") == 1
    assert pool.stats().discarded == 1


async def test_closing_inside_the_lease_leaves_a_pool_that_works(pool):
    async with pool.acquire() as conn:
        await conn.close()

    assert await pool.query("RETURN 1") == 1


async def test_one_sign_in_serves_all_connections(target, lend):
    async with SurrealDBConnectionPool(
        target.url,
        credentials=Credentials(target.username, target.password),
        namespace="pool_tests",
        database="pool_tests",
        lend=lend,
        min_size=20,
        max_size=20,
    ) as pool:
        assert pool.stats().open == 20
        assert pool.stats().sign_ins == 1


async def test_a_wrong_password_fails_loudly_and_is_not_shown(target, lend):
    pool = SurrealDBConnectionPool(
        target.url, credentials=Credentials("root", "swordfish"), lend=lend
    )

    with pytest.raises(AuthenticationFailed, match="root user 'root'") as caught:
        await pool.open()

    assert "swordfish" not in str(caught.value) + repr(pool)
    assert target.url.removeprefix("ws://") in str(caught.value)


async def test_an_unreachable_server_fails_loudly(lend):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        pool = SurrealDBConnectionPool(f"ws://127.0.0.1:{port}", lend=lend)

        with pytest.raises(OpenFailed, match=f"127.0.0.1:{port}"):
            await pool.open(timeout=0.5)


LEAVES_A_POOL_OPEN = """
import asyncio, sys
from purreal import Credentials, SurrealDBConnectionPool

async def main():
    root = Credentials("root", sys.stdin.read())
    pool = SurrealDBConnectionPool(sys.argv[1], credentials=root, min_size=20, lend=sys.argv[2])
    await pool.open()

asyncio.run(main())
"""


async def test_a_pool_left_open_ends_quietly_with_the_loop(target, lend):
    """In a process of its own, in which a warning about anything left over would be printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "default", "-c", LEAVES_A_POOL_OPEN, target.url, lend),
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, stderr = await process.communicate(target.password.encode())

    assert stderr.decode() == ""
    assert process.returncode == 0
