"""Guarantee 9 between borrowers at the same time: two leases on one socket of a real database."""

import asyncio
import contextlib

import pytest
from surrealdb.errors import NotAllowedError, ServerError

from purreal import ConnectionLost, Credentials, Outcome, SurrealDBConnectionPool

PLACE = "RETURN [session::ns(), session::db()]"


@pytest.fixture
async def pool(target):
    async with SurrealDBConnectionPool(
        target.url,
        credentials=Credentials(target.username, target.password),
        namespace="pool_tests",
        database="one_socket",
        lend="session",
        min_size=2,
        max_size=2,
    ) as pool:
        yield pool
        assert pool.stats().peak_sockets == 1


@pytest.fixture
async def leases(pool):
    """Two at once, which share a socket."""
    async with pool.acquire() as first, pool.acquire() as second:
        assert (pool.lends, pool.stats().sockets) == ("session", 1)
        yield first, second


@pytest.fixture
async def table(pool):
    await pool.query("REMOVE TABLE IF EXISTS t; DEFINE TABLE t")
    return "t"


async def test_variables(leases):
    first, second = leases
    await first.let("who", "first")
    assert await second.query("RETURN $who") is None
    await second.let("who", "second")
    await second.unset("who")

    assert await first.query("RETURN $who") == "first"


async def test_namespace_and_database(leases):
    first, second = leases
    await first.use("elsewhere", "elsewhere")

    assert await second.query(PLACE) == ["pool_tests", "one_socket"]
    assert await first.query(PLACE) == ["elsewhere", "elsewhere"]


async def test_users(pool, leases, table):
    first, second = leases
    await second.query("DEFINE USER OVERWRITE guest ON ROOT PASSWORD 'pw' ROLES VIEWER")
    await first.signin({"username": "guest", "password": "pw"})
    await second.query("CREATE t:1")
    with contextlib.suppress(NotAllowedError):
        await first.query("CREATE t:2")
    assert len(await second.query("SELECT * FROM t")) == 1

    await first.invalidate()
    with pytest.raises(NotAllowedError):
        await first.query("RETURN 1")

    assert await second.query("RETURN 1") == 1


async def test_a_transaction_is_not_seen_by_the_other(leases, table):
    first, second = leases
    transaction = await first.begin()
    await first.create("t:1", {"n": 1}, txn_id=transaction)

    assert await second.query("SELECT * FROM t") == []
    await first.commit(transaction)

    assert len(await second.query("SELECT * FROM t")) == 1


@pytest.mark.parametrize("ending", ["commit", "cancel"])
async def test_a_transaction_can_not_be_ended_or_used_by_the_other(leases, table, ending):
    first, second = leases
    transaction = await first.begin()
    await first.create("t:1", txn_id=transaction)

    with pytest.raises(ServerError):
        await getattr(second, ending)(transaction)
    with pytest.raises(ServerError):
        await second.query("SELECT * FROM t", txn_id=transaction)

    await first.commit(transaction)
    assert len(await second.query("SELECT * FROM t")) == 1


async def test_what_a_text_changes_for_itself(leases):
    first, second = leases
    texts = [
        first.query("USE NS elsewhere DB elsewhere; LET $who = 'first'; SLEEP 200ms; RETURN $who"),
        second.query("SLEEP 50ms; RETURN [session::ns(), session::db(), $who]"),
    ]
    await asyncio.gather(*texts)

    assert await second.query("RETURN $who") is None
    assert await second.query(PLACE) == ["pool_tests", "one_socket"]


async def test_replies_go_to_whom_they_belong(leases):
    first, second = leases
    asked = [(conn, n) for n in range(200) for conn in (first, second)]

    answers = await asyncio.gather(
        *(conn.query("RETURN $n", {"n": [conn is first, n]}) for conn, n in asked)
    )

    assert answers == [[conn is first, n] for conn, n in asked]


CHANGES = {
    "let": lambda conn: conn.let("who", "me"),
    "use": lambda conn: conn.use("elsewhere", "elsewhere"),
    "use_in_a_text": lambda conn: conn.query("USE NS elsewhere DB elsewhere"),
    "let_in_a_text": lambda conn: conn.query("LET $who = 'me'"),
    "invalidate": lambda conn: conn.invalidate(),
    "begin": lambda conn: conn.begin(),
    "live": lambda conn: conn.query("LIVE SELECT * FROM t"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_the_next_borrower_sees_nothing_of_the_last_one(pool, table, change):
    async with pool.acquire() as bystander:
        async with pool.acquire() as conn:
            slot = conn.slot
            await change(conn)
        async with pool.acquire() as conn:
            assert conn.slot is slot
            assert await conn.query("RETURN $who") is None
            assert await conn.query(PLACE) == ["pool_tests", "one_socket"]
            await conn.query("CREATE t:1")
            assert (await conn.query("INFO FOR TABLE t"))["lives"] == {}
        assert await bystander.query("RETURN 1") == 1
    assert (pool.stats().discarded, pool.stats().lost) == (0, 0)


async def test_an_open_transaction_of_a_returned_lease_holds_nobody_up(pool, table):
    async with pool.acquire() as conn:
        transaction = await conn.begin()
        await conn.create("t:1", {"by": "the transaction"}, txn_id=transaction)

    await pool.query("CREATE t:1 SET by = 'another'")

    assert await pool.query("RETURN t:1.by") == "another"


async def test_a_session_cut_off_with_a_transaction_holds_nobody_up(pool, table):
    async with pool.acquire() as bystander:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3), pool.acquire() as conn:
                transaction = await conn.begin()
                await conn.create("t:1", {"by": "the transaction"}, txn_id=transaction)
                await conn.query("SLEEP 30s")

        await bystander.query("CREATE t:1 SET by = 'another'")

        assert await bystander.query("RETURN t:1.by") == "another"
    assert pool.stats().discarded == 1


async def test_closing_one_lease_leaves_the_other(leases):
    first, second = leases
    slow = asyncio.create_task(second.query("SLEEP 200ms; RETURN 2"))
    await asyncio.sleep(0)

    await first.close()

    with pytest.raises(ConnectionLost) as caught:
        await first.query("RETURN 1")
    assert caught.value.outcome is Outcome.NOT_SENT
    await slow


async def test_a_cancelled_request_is_answered_to_nobody(pool, leases):
    first, second = leases
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await first.query("SLEEP 300ms; RETURN 'late'")

    assert await second.query("SLEEP 400ms") is None
    assert await second.query("RETURN 'mine'") == "mine"
    assert await first.query("RETURN 'still mine'") == "still mine"


async def test_three_hundred_sessions_are_lent_at_once(target):
    async with SurrealDBConnectionPool(
        target.url,
        credentials=Credentials(target.username, target.password),
        namespace="pool_tests",
        database="one_socket",
        lend="session",
        min_size=0,
        max_size=300,
    ) as pool:
        async with contextlib.AsyncExitStack() as stack:
            conns = [await stack.enter_async_context(pool.acquire()) for _ in range(300)]
            answers = await asyncio.gather(
                *(conn.query("RETURN $n", {"n": n}) for n, conn in enumerate(conns))
            )
        assert answers == list(range(300))
        assert (pool.stats().peak_sockets, pool.stats().sign_ins) == (4, 1)
