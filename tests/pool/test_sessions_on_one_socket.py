"""Guarantee 9 between borrowers at the same time: two leases on one socket of a real database."""

import asyncio
import contextlib
from contextlib import asynccontextmanager

import pytest
from surrealdb import RecordID
from surrealdb.errors import NotAllowedError, ServerError, ValidationError

from purreal import ConnectionLost, Credentials, Outcome, SurrealDBConnectionPool

PLACE = "RETURN [session::ns(), session::db()]"


@asynccontextmanager
async def open_pool(target, **settings):
    defaults = {"min_size": 2, "max_size": 2, "acquire_timeout": 5.0, "lend": "session"}
    async with SurrealDBConnectionPool(
        target.url,
        credentials=Credentials(target.username, target.password),
        namespace="pool_tests",
        database="one_socket",
        **(defaults | settings),
    ) as pool:
        await pool.query("REMOVE TABLE IF EXISTS t; DEFINE TABLE t")
        yield pool


@pytest.fixture
async def pool(target):
    async with open_pool(target) as pool:
        yield pool
        assert pool.stats().peak_sockets == 1


@pytest.fixture
async def server_pool(server_target):
    """For what the embedded engine does not have: transactions by method, live queries."""
    async with open_pool(server_target) as pool:
        yield pool
        assert pool.stats().peak_sockets == 1


@pytest.fixture
async def leases(pool):
    """Two at once, which share a socket."""
    async with pool.acquire() as first, pool.acquire() as second:
        assert (pool.lends, pool.stats().sockets) == ("session", 1)
        yield first, second


@pytest.fixture
async def server_leases(server_pool):
    async with server_pool.acquire() as first, server_pool.acquire() as second:
        yield first, second


async def test_variables(leases):
    first, second = leases
    await first.let("who", "first")
    assert await second.query("RETURN $who") is None
    await second.let("who", "second")
    await second.unset("who")

    assert await first.query("RETURN $who") == "first"


@pytest.mark.parametrize("words", ["gracefully shutting down", "because the WebSocket is closing"])
async def test_words_that_a_server_says_when_it_goes_away_are_a_borrower_s_own(pool, leases, words):
    first, second = leases
    await first.query("DEFINE FUNCTION OVERWRITE fn::takes_a_number($n: int) { RETURN $n }")
    slow = asyncio.create_task(second.query("SLEEP 300ms; RETURN 7"))
    await asyncio.sleep(0)

    with pytest.raises(ServerError, match=words):
        await first.run("fn::takes_a_number", [f"the caller is {words}"])

    assert await slow is None  # the result of its first statement
    assert pool.stats().lost == 0


async def test_a_transaction_obeys_its_own_lease_alone(server_leases):
    first, second = server_leases
    transaction = await first.begin()
    await first.create("t:1", txn_id=transaction)

    for strange in (second.commit, second.cancel):
        with pytest.raises(ValidationError, match="Transaction not found"):
            await strange(transaction)
    with pytest.raises(ValidationError, match="Transaction not found"):
        await second.query("SELECT * FROM t", txn_id=transaction)

    assert await second.select("t") == []
    await first.commit(transaction)
    assert [record["id"] for record in await second.select("t")] == [RecordID("t", 1)]


async def test_what_is_no_id_of_a_transaction_harms_no_neighbour(server_leases):
    first, second = server_leases

    for nonsense in ("nonsense", 7, b"x"):
        with pytest.raises(ValidationError, match="Transaction not found"):
            await first.query("RETURN 1", txn_id=nonsense)

    assert await second.query("RETURN 1") == 1


async def give_up_a_creation(pool) -> bool:
    """Cancel a query that would create a record later on; return whether the server created it."""
    async with pool.acquire() as other:
        async with pool.acquire() as lease:
            query = asyncio.create_task(lease.query("SLEEP 400ms; CREATE t:late"))
            await other.query("RETURN 1")  # the server has both by now
            query.cancel()
            await asyncio.wait({query})
        await other.query("SLEEP 800ms")
        return await other.select("t:late") != []


async def test_a_query_that_is_given_up_runs_to_its_end_where_others_use_the_socket(server_pool):
    assert await give_up_a_creation(server_pool)


async def test_a_query_that_is_given_up_is_stopped_with_a_socket_of_its_own(server_target):
    async with open_pool(server_target, lend="connection") as pool:
        assert not await give_up_a_creation(pool)


async def test_namespace_and_database(leases):
    first, second = leases
    await first.use("elsewhere", "elsewhere")

    assert await second.query(PLACE) == ["pool_tests", "one_socket"]
    assert await first.query(PLACE) == ["elsewhere", "elsewhere"]


async def test_users(leases):
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


async def test_a_transaction_is_not_seen_by_the_other(server_leases):
    first, second = server_leases
    transaction = await first.begin()
    await first.create("t:1", {"n": 1}, txn_id=transaction)

    assert await second.query("SELECT * FROM t") == []
    await first.commit(transaction)

    assert len(await second.query("SELECT * FROM t")) == 1


async def test_a_transaction_outlives_the_return_of_the_other_lease(server_pool):
    keeper = await server_pool.checkout()
    transaction = await keeper.begin()
    await keeper.create("t:1", txn_id=transaction)
    async with server_pool.acquire() as conn:
        undone = await conn.begin()
        await conn.create("t:2", txn_id=undone)
        await conn.let("left", 1)
    async with server_pool.acquire() as conn:
        await conn.close()
    await server_pool.query("RETURN 1")

    await keeper.commit(transaction)

    assert len(await keeper.query("SELECT * FROM t")) == 1
    server_pool.checkin(keeper)


async def test_variables_and_database_outlive_the_return_of_the_other_lease(pool):
    keeper = await pool.checkout()
    await keeper.let("mine", 1)
    await keeper.use("elsewhere", "elsewhere")
    async with pool.acquire() as conn:
        await conn.let("mine", 2)
        await conn.invalidate()
    await pool.query("RETURN 1")

    assert await keeper.query("RETURN $mine") == 1
    assert await keeper.query(PLACE) == ["elsewhere", "elsewhere"]
    pool.checkin(keeper)


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
}
CHANGES_OF_SERVERS = {
    "begin": lambda conn: conn.begin(),
    "live": lambda conn: conn.query("LIVE SELECT * FROM t"),
}


async def change_and_look(pool, change):
    bystander = await pool.checkout()
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
    pool.checkin(bystander)
    assert (pool.stats().discarded, pool.stats().lost) == (0, 0)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_the_next_borrower_sees_nothing_of_the_last_one(pool, change):
    await change_and_look(pool, change)


@pytest.mark.parametrize("change", CHANGES_OF_SERVERS.values(), ids=CHANGES_OF_SERVERS)
async def test_the_next_borrower_sees_nothing_of_the_last_one_on_a_server(server_pool, change):
    await change_and_look(server_pool, change)


async def test_an_open_transaction_of_a_returned_lease_holds_nobody_up(server_pool):
    async with server_pool.acquire() as conn:
        transaction = await conn.begin()
        await conn.create("t:1", {"by": "the transaction"}, txn_id=transaction)

    await server_pool.query("CREATE t:1 SET by = 'another'")

    assert await server_pool.query("RETURN t:1.by") == "another"


async def test_a_session_cut_off_with_a_transaction_holds_nobody_up(server_pool):
    bystander = await server_pool.checkout()

    async def begin_and_dawdle():
        async with server_pool.acquire() as conn:
            transaction = await conn.begin()
            await conn.create("t:1", {"by": "the transaction"}, txn_id=transaction)
            await conn.query("SLEEP 30s")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await begin_and_dawdle()

    await bystander.query("CREATE t:1 SET by = 'another'")
    assert await bystander.query("RETURN t:1.by") == "another"
    server_pool.checkin(bystander)
    assert server_pool.stats().discarded == 1


async def test_closing_one_lease_leaves_the_other(leases):
    first, second = leases
    slow = asyncio.create_task(second.query("SLEEP 200ms; RETURN 2"))
    await asyncio.sleep(0)

    await first.close()

    with pytest.raises(ConnectionLost) as caught:
        await first.query("RETURN 1")
    assert caught.value.outcome is Outcome.NOT_SENT
    await slow


async def test_a_cancelled_request_is_answered_to_nobody(leases):
    first, second = leases
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await first.query("SLEEP 300ms; RETURN 'late'")

    assert await second.query("SLEEP 400ms") is None
    assert await second.query("RETURN 'mine'") == "mine"
    assert await first.query("RETURN 'still mine'") == "still mine"


async def test_three_hundred_sessions_are_lent_at_once(target):
    async with open_pool(target, min_size=0, max_size=300) as pool:
        leases = [await pool.checkout() for _ in range(300)]
        answers = await asyncio.gather(
            *(lease.query("RETURN $n", {"n": n}) for n, lease in enumerate(leases))
        )
        for lease in leases:
            pool.checkin(lease)

        assert answers == list(range(300))
        assert (pool.stats().peak_sockets, pool.stats().sign_ins) == (4, 1)


async def test_a_live_query_that_notifies_harms_no_other_lease(server_leases):
    first, second = server_leases
    await first.query("LIVE SELECT * FROM t")
    slow = asyncio.create_task(second.query("SLEEP 300ms"))
    await asyncio.sleep(0)

    await second.query("CREATE t:1")
    await slow

    assert await second.query("RETURN 1") == 1
