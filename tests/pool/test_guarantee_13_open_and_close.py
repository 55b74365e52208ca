"""Guarantee 13, and its counterpart: opening fails loudly, closing is bounded and complete."""

import asyncio

import pytest

from purreal import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectionLost,
    OpenFailed,
    PoolClosed,
    PoolNotOpen,
    Unreachable,
)
from purreal.testing import FakeConnector, Step

pytestmark = pytest.mark.looptime


def now():
    return asyncio.get_running_loop().time()


async def test_open_fills_the_pool_to_min_size(make_pool, connector):
    pool = make_pool(min_size=3, max_size=5)

    await pool.open()

    assert pool.stats().idle == connector.open == 3


async def test_open_with_min_size_zero_still_tries_the_server(make_pool, connector):
    pool = make_pool(min_size=0, max_size=5)

    await pool.open()

    assert connector.connects == 1


async def test_open_without_wait_returns_at_once_and_fills_in_the_background(make_pool, connector):
    connector.script("connect", then=Step(5.0))
    pool = make_pool(min_size=3, max_size=5)

    await pool.open(wait=False)

    assert pool.stats().open == 0
    await asyncio.sleep(6)
    assert pool.stats().open == 3


async def test_opening_twice_at_once_opens_once(make_pool, connector):
    pool = make_pool(min_size=2)

    await asyncio.gather(pool.open(), pool.open())
    await pool.open()

    assert connector.connects == 2


async def test_open_raises_refused_credentials_at_once(make_pool, connector, assert_whole):
    connector.script("connect", then=Step(0.1, lambda: AuthenticationFailed("wrong password")))
    pool = make_pool(min_size=2)
    started = now()

    with pytest.raises(AuthenticationFailed, match="wrong password"):
        await pool.open()

    assert now() - started < 1
    assert pool.stats().size == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_open_tries_an_unreachable_server_until_the_timeout_and_can_be_repeated(
    make_pool, connector, assert_whole
):
    connector.script("connect", then=Step(0.1, lambda: Unreachable("nobody listens")))
    pool = make_pool(min_size=2)
    started = now()
    with pytest.raises(OpenFailed, match=r"0 of 2 .*after 3 s: nobody listens") as caught:
        await pool.open(timeout=3)
    assert now() - started == pytest.approx(3)
    assert isinstance(caught.value.__cause__, Unreachable)
    connector.script("connect")

    await pool.open()

    await assert_whole(pool, connector)


async def test_a_server_that_never_finishes_the_handshake_fails_by_connect_timeout(
    make_pool, connector
):
    connector.script("connect", then=Step(None))
    pool = make_pool(connect_timeout=2.0)

    with pytest.raises(OpenFailed, match=r"connect_timeout=2\.0"):
        await pool.open(timeout=7)

    assert connector.connecting == 0


async def test_a_pool_that_is_not_open_says_so(make_pool):
    pool = make_pool()

    with pytest.raises(PoolNotOpen, match="async with pool"):
        await pool.query("RETURN 1")


async def test_guarantee_13_waiters_fail_at_once(make_pool, settle):
    pool = make_pool(max_size=1)
    await pool.open()
    lease = await pool.checkout()
    waiters = [asyncio.create_task(pool.checkout()) for _ in range(5)]
    await settle()
    started = now()

    closing = asyncio.create_task(pool.close(grace=30))
    await settle()

    assert [type(waiter.exception()) for waiter in waiters] == [PoolClosed] * 5
    assert now() == started
    pool.checkin(lease)
    await closing


async def test_guarantee_13_leases_get_their_grace(make_pool, connector):
    pool = make_pool(max_size=1)
    await pool.open()
    lease = await pool.checkout()
    asyncio.get_running_loop().call_later(3, pool.checkin, lease)
    started = now()

    await pool.close(grace=5)

    assert now() - started == pytest.approx(3)
    assert connector.connections[0].ended == "closed"


async def test_guarantee_13_leases_are_aborted_after_the_grace(make_pool, connector, settle):
    pool = make_pool(max_size=1)
    await pool.open()
    connector.hold("request")

    async def work():
        async with pool.acquire() as conn:
            await conn.query("SLEEP")

    task = asyncio.create_task(work())
    await settle()
    started = now()

    await pool.close(grace=5)

    assert now() - started == pytest.approx(5)
    await settle()
    assert isinstance(task.exception(), ConnectionLost)
    assert connector.open == 0


async def test_guarantee_13_returning_a_lease_after_the_close_is_harmless(make_pool):
    pool = make_pool()
    await pool.open()
    async with pool.acquire() as conn:
        await pool.close(grace=0)
        with pytest.raises(PoolClosed):
            await conn.query("RETURN 1")

    assert pool.stats().size == 0


@pytest.mark.parametrize("operation", ["connect", "check", "reset", "close"])
async def test_guarantee_13_closing_is_bounded_whatever_hangs(
    operation, make_pool, connector, assert_whole
):
    pool = make_pool(max_size=2, check_after_idle=0, connect_timeout=1000)
    await pool.open()
    connector.script(operation, then=Step(None))
    async with pool.acquire() as conn:
        await conn.use("other", "place")
    waiting = asyncio.create_task(pool.checkout())
    await asyncio.sleep(0.1)
    started = now()

    await pool.close(grace=1)

    assert now() - started <= 4
    await asyncio.gather(waiting, return_exceptions=True)
    await assert_whole(pool, connector)


async def test_guarantee_13_closing_again_is_harmless_and_may_hurry(make_pool):
    pool = make_pool(max_size=1)
    await pool.open()
    await pool.checkout()
    started = now()

    slow = asyncio.create_task(pool.close(grace=1000))
    await asyncio.sleep(1)
    await pool.close(grace=0)
    await slow
    await pool.close()

    assert now() - started == pytest.approx(1)


async def test_guarantee_13_a_closed_pool_refuses_everything(make_pool):
    pool = make_pool()
    await pool.open()
    await pool.close()

    with pytest.raises(PoolClosed):
        await pool.query("RETURN 1")
    with pytest.raises(PoolClosed):
        await pool.open()
    assert "closed" in repr(pool)


async def test_closing_a_pool_that_was_never_opened_is_harmless(make_pool):
    pool = make_pool()

    await pool.close()

    with pytest.raises(PoolClosed):
        await pool.query("RETURN 1")


async def test_guarantee_13_cancelling_the_close_does_not_stop_it(make_pool, connector, settle):
    pool = make_pool(max_size=1)
    await pool.open()
    await pool.checkout()
    closing = asyncio.create_task(pool.close(grace=2))
    await settle()

    closing.cancel()
    await asyncio.sleep(3)

    assert closing.cancelled()
    assert connector.open == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}


# Not on sessions: the loss of the socket that they share would take the lease along.
@pytest.mark.parametrize("new_connector", [FakeConnector], indirect=True)
async def test_opening_an_open_pool_again_never_harms_it(
    make_pool, connector, settle, assert_whole
):
    pool = make_pool(min_size=2, max_size=2)
    await pool.open()
    async with pool.acquire() as conn:
        connector.script("connect", then=Step(0.1, lambda: Unreachable("nobody listens")))
        connector.connections[0].lose()
        with pytest.raises(OpenFailed):
            await pool.open(timeout=1)
        cancelled = asyncio.create_task(pool.open())
        await settle()
        cancelled.cancel()
        await settle()
        connector.script("connect")
        await conn.query("RETURN 1")

    await pool.query("RETURN 1")
    await assert_whole(pool, connector)


async def test_an_impatient_opener_does_not_stop_a_patient_one(make_pool, connector):
    connector.script("connect", then=Step(3.0))
    pool = make_pool(min_size=1)

    results = await asyncio.gather(
        pool.open(timeout=1), pool.open(timeout=20), return_exceptions=True
    )

    assert [type(result) for result in results] == [OpenFailed, type(None)]
    await pool.query("RETURN 1")


async def test_open_after_open_without_wait_has_a_connection_when_it_returns(make_pool, connector):
    connector.script("connect", then=Step(1.0))
    pool = make_pool(min_size=0)
    await pool.open(wait=False)

    await pool.open()

    assert pool.stats().connects == 1


async def test_a_failed_open_after_an_open_without_wait_lets_it_fill_on(make_pool, connector):
    connector.script("connect", then=Step(3.0))
    pool = make_pool(min_size=1)
    await pool.open(wait=False)
    with pytest.raises(OpenFailed):
        await pool.open(timeout=1)

    await pool.query("RETURN 1")


@pytest.mark.parametrize("how", ["retired", "lost"])
async def test_open_succeeds_even_if_the_connection_is_gone_before_the_opener_runs_again(
    how, make_pool, connector
):
    pool = make_pool(min_size=0, max_idle_time=0 if how == "retired" else None)
    if how == "lost":
        connect = connector.connect

        async def connect_and_lose():
            connection = await connect()
            asyncio.get_running_loop().call_soon(connection.lose)
            return connection

        connector.connect = connect_and_lose

    await pool.open()

    assert pool.stats().connects == 1


async def test_after_the_start_a_pool_with_min_size_zero_may_shrink_to_nothing(make_pool):
    pool = make_pool(min_size=0, max_idle_time=10)
    await pool.open()

    await asyncio.sleep(12)

    assert pool.stats().open == 0


async def test_guarantee_13_connects_under_way_are_called_off(make_pool, connector, settle):
    pool = make_pool(min_size=0, max_size=1)
    await pool.open(wait=False)
    connector.script("connect", then=Step(None))
    waiting = asyncio.create_task(pool.checkout())
    await settle()
    started = now()

    await pool.close()

    assert now() == started
    assert isinstance(waiting.exception(), PoolClosed)
    assert connector.connecting == 0


async def test_guarantee_13_a_connection_prepared_while_the_pool_closes_is_closed(
    make_pool, connector, settle
):
    pool = make_pool(max_size=2)
    await pool.open()
    gate = connector.hold("reset")
    async with pool.acquire() as conn:
        await conn.use("other", "place")
    lease = await pool.checkout()
    closing = asyncio.create_task(pool.close(grace=60))
    await settle()

    gate.open()
    await settle()

    assert pool.stats().open == 1
    pool.checkin(lease)
    await closing


async def test_custom_connectors_refuse_settings_of_the_built_in_one(make_pool):
    with pytest.raises(ConfigurationError, match="your own connector"):
        make_pool(namespace="shop")
