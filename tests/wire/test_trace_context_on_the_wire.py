"""The trace context of a request in its envelope, on the fake server and on real databases."""

from itertools import count

from purreal import Credentials, SurrealDBConnectionPool
from purreal.testing import FakeServer

TRACE = "0af7651916cd43dd8448eb211c80319c"


def numbered():
    numbers = count(1)
    return lambda: f"00-{TRACE}-{next(numbers):016x}-01"


async def test_requests_of_a_lease_carry_it_and_those_of_the_pool_do_not(lend):
    async with FakeServer(password="secret") as server:
        pool = SurrealDBConnectionPool(
            server.url,
            credentials=Credentials("root", "secret"),
            namespace="shop",
            database="checkout",
            min_size=1,
            max_size=1,
            check_after_idle=0,
            lend=lend,
            trace_context=numbered(),
        )
        async with pool:
            async with pool.acquire() as conn:
                await conn.query("RETURN 1")
                await conn.use("other", "place")  # the pool has to reset the session afterwards
            await pool.query("RETURN 2")

        assert server.trace_contexts == [f"00-{TRACE}-{number:016x}-01" for number in (1, 2, 3)]
        assert {"signin", "reset", "ping"} <= set(server.requests)


async def test_a_request_without_one_has_no_such_field(lend):
    async with FakeServer() as server:
        pool = SurrealDBConnectionPool(
            server.url, min_size=1, lend=lend, trace_context=lambda: None
        )
        async with pool:
            await pool.query("RETURN 1")

        assert server.trace_contexts == []


async def test_a_database_answers_as_ever(target, lend):
    pool = SurrealDBConnectionPool(
        target.url,
        credentials=Credentials(target.username, target.password),
        namespace="tests",
        database="trace_context",
        lend=lend,
        min_size=1,
        trace_context=numbered(),
    )
    async with pool, pool.acquire() as conn:
        assert await conn.query("RETURN 7") == 7
        assert isinstance(await conn.version(), str)


async def test_a_context_that_is_none_is_ignored_by_the_database(target, lend):
    pool = SurrealDBConnectionPool(
        target.url,
        credentials=Credentials(target.username, target.password),
        min_size=1,
        lend=lend,
        trace_context=lambda: "rubbish",
    )
    async with pool:
        assert await pool.query("RETURN 7") == 7
