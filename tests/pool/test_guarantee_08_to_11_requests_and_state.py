"""Guarantees 8 to 11 as the borrower meets them; `tests/wire` has them for real frames."""

import asyncio

import pytest

from purreal import ConnectionLost, Outcome, RequestTimeout, Unreachable, outcome_of
from purreal.testing import Step

pytestmark = pytest.mark.looptime


async def test_guarantee_08_a_lost_connection_ends_its_requests_and_is_not_lent_again(
    make_pool, connector, settle
):
    pool = make_pool(max_size=1)
    await pool.open()
    connector.hold("request")
    async with pool.acquire() as conn:
        requests = [asyncio.create_task(conn.query(f"RETURN {n}")) for n in range(3)]
        await settle()
        connector.connections[0].lose()
        await settle()
        assert [type(task.exception()) for task in requests] == [ConnectionLost] * 3
    connector.script("request")

    await pool.query("RETURN 1")

    assert len(connector.connections) == 2
    assert pool.stats().lost == 1


async def test_guarantee_08_a_silent_server_ends_in_the_requests_own_timeout(make_pool, connector):
    connector.request_timeout = 4.0
    connector.script("request", Step(None))
    pool = make_pool(max_size=1)
    await pool.open()
    started = asyncio.get_running_loop().time()

    async with pool.acquire() as conn:
        with pytest.raises(RequestTimeout) as caught:
            await conn.query("RETURN 1")

    assert asyncio.get_running_loop().time() - started == pytest.approx(4)
    assert outcome_of(caught.value) is Outcome.UNKNOWN
    await pool.query("RETURN 1")
    assert len(connector.connections) == 2, "the silent connection must not be lent again"


async def test_guarantee_08_a_connection_lost_while_idle_is_replaced_before_it_is_lent(
    make_pool, connector, settle
):
    pool = make_pool(min_size=1, max_size=1)
    await pool.open()

    connector.connections[0].lose()
    await settle()

    assert await pool.query("RETURN 1") is None
    assert len(connector.connections) == 2


async def test_guarantee_09_a_lease_that_changed_the_session_is_reset_before_the_next(
    make_pool, connector
):
    pool = make_pool(max_size=1)
    await pool.open()
    async with pool.acquire() as conn:
        await conn.use("other", "place")

    async with pool.acquire():
        assert connector.calls("reset") == 1
        assert not connector.connections[0].dirty

    assert pool.stats().resets == 1
    assert len(connector.connections) == 1


async def test_guarantee_09_a_lease_that_changed_nothing_costs_no_reset(make_pool, connector):
    pool = make_pool(max_size=1)
    await pool.open()
    for _ in range(3):
        await pool.query("SELECT * FROM person")

    assert connector.calls("reset") == 0


async def test_guarantee_09_a_connection_whose_reset_fails_is_replaced(make_pool, connector):
    pool = make_pool(max_size=1)
    await pool.open()
    connector.script("reset", Step(0, ConnectionResetError))
    async with pool.acquire() as conn:
        await conn.use("other", "place")

    async with pool.acquire():
        assert len(connector.connections) == 2

    assert connector.connections[0].ended == "aborted"


async def test_guarantee_09_an_unanswered_request_of_the_last_borrower_is_cut_off(
    make_pool, connector, settle
):
    pool = make_pool(max_size=1)
    await pool.open()
    connector.hold("request")

    async def query():
        async with pool.acquire() as conn:
            await conn.query("CREATE person")

    task = asyncio.create_task(query())
    await settle()
    task.cancel()
    await settle()
    connector.script("request")
    await pool.query("RETURN 1")

    assert connector.connections[0].ended is not None
    assert len(connector.connections) == 2


async def test_guarantee_10_a_lease_keeps_its_connection_for_better_or_worse(
    make_pool, connector, settle
):
    pool = make_pool(max_size=2)
    await pool.open()
    async with pool.acquire() as conn:
        connector.connections[0].lose()
        await settle()

        with pytest.raises(ConnectionLost) as caught:
            await conn.query("RETURN 1")

        assert outcome_of(caught.value) is Outcome.NOT_SENT
        assert len(connector.connections) == 1, "nothing may be opened in its place"


async def test_guarantee_10_a_borrower_who_signed_in_as_somebody_else_leaves_no_trace(
    make_pool, connector
):
    pool = make_pool(max_size=1)
    await pool.open()
    async with pool.acquire() as conn:
        await conn.authenticate("token of somebody else")

    async with pool.acquire():
        assert connector.calls("reset") == 1


async def test_guarantee_11_nothing_is_sent_twice(make_pool, connector):
    pool = make_pool(max_size=1)
    await pool.open()
    connector.script("request", Step(0, ConnectionLost("lost after it was written")))

    with pytest.raises(ConnectionLost) as caught:
        await pool.query("CREATE person")

    assert outcome_of(caught.value) is Outcome.UNKNOWN
    sent = [request for made in connector.connections for request in made.requests]
    assert len(sent) == 1


async def test_closing_inside_the_lease_gives_the_next_borrower_a_good_connection(
    make_pool, connector, assert_whole
):
    pool = make_pool(max_size=1)
    await pool.open()
    async with pool.acquire() as conn:
        await conn.close()
        with pytest.raises(ConnectionLost):
            await conn.query("RETURN 1")

    await pool.query("RETURN 1")

    assert pool.stats().discarded == 1
    await assert_whole(pool, connector)


async def test_exchanges_are_reported_in_the_task_that_made_the_request(make_pool):
    exchanges = []
    pool = make_pool(
        max_size=1,
        on_exchange=lambda exchange: exchanges.append((asyncio.current_task(), exchange)),
    )
    await pool.open()

    await pool.query("RETURN 1")

    [(task, exchange)] = exchanges
    assert task is asyncio.current_task()
    assert exchange.method == "query"
    assert exchange.error is None


async def test_guarantee_08_a_connection_dead_on_arrival_is_not_lent(make_pool, connector):
    pool = make_pool(min_size=0, max_size=1)
    await pool.open(wait=False)
    stillborn = connector.connect

    async def connect():
        connection = await stillborn()
        connection.lose()
        return connection

    connector.connect = connect

    with pytest.raises(Unreachable, match="closed a new connection at once"):
        await pool.query("RETURN 1")

    assert pool.stats().connects == 0
    assert pool.stats().connect_failures == 1


@pytest.mark.parametrize("operation", ["check", "reset"])
async def test_guarantee_08_a_connection_lost_in_its_preparation_is_not_lent(
    operation, make_pool, connector, settle
):
    pool = make_pool(max_size=1, check_after_idle=0 if operation == "check" else None)
    await pool.open()
    first = connector.connections[0]
    gate = connector.hold(operation)
    if operation == "reset":
        async with pool.acquire() as conn:
            await conn.use("other", "place")
    query = asyncio.create_task(pool.query("RETURN 1"))
    await settle()

    gate.open()
    first.on_lost()  # in the very step in which the preparation ends well
    await query

    assert len(connector.connections) == 2
