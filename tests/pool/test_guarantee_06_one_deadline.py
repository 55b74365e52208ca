"""Guarantee 6: `acquire(timeout=t)` ends within t, whatever the time is spent on."""

import asyncio

import pytest

from purreal import AcquireTimeout, ConfigurationError
from purreal.testing import Step

pytestmark = pytest.mark.looptime


def now():
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("slow", ["connect", "check", "reset"])
async def test_guarantee_06_the_deadline_covers(slow, make_pool, connector):
    pool = make_pool(max_size=1, check_after_idle=0 if slow == "check" else None)
    await pool.open()
    async with pool.acquire() as conn:
        if slow == "connect":
            await conn.close()
        if slow == "reset":
            await conn.use("other", "place")
            connector.script("reset", then=Step(None))
    connector.script(slow, then=Step(None))
    started = now()

    with pytest.raises(AcquireTimeout, match=r"no connection within 2\.0 s"):
        await pool.checkout(timeout=2)

    assert now() - started == pytest.approx(2)


async def test_guarantee_06_the_deadline_covers_waiting_then_connecting(make_pool, connector):
    pool = make_pool(max_size=1)
    await pool.open()
    lease = await pool.checkout()
    connector.script("connect", then=Step(None))

    async def return_it_broken():
        await asyncio.sleep(1)
        await lease.close()
        pool.checkin(lease)

    task = asyncio.create_task(return_it_broken())
    started = now()
    with pytest.raises(AcquireTimeout):
        await pool.checkout(timeout=3)

    assert now() - started == pytest.approx(3)
    await task


async def test_guarantee_06_zero_means_now_or_never(make_pool):
    pool = make_pool(max_size=1)
    await pool.open()
    started = now()

    async with pool.acquire(timeout=0):
        with pytest.raises(AcquireTimeout, match="now or never"):
            await pool.checkout(timeout=0)

    assert now() == started


async def test_guarantee_06_none_waits_as_long_as_it_takes(make_pool):
    pool = make_pool(max_size=1, acquire_timeout=1)
    await pool.open()
    lease = await pool.checkout()
    asyncio.get_running_loop().call_later(10_000, pool.checkin, lease)

    async with pool.acquire(timeout=None):
        pass


async def test_guarantee_06_the_pools_own_timeout_is_the_default(make_pool):
    pool = make_pool(max_size=1, acquire_timeout=7)
    await pool.open()
    lease = await pool.checkout()
    started = now()

    with pytest.raises(AcquireTimeout, match=r"1 of 1 leased.*raise max_size"):
        await pool.query("RETURN 1")

    assert now() - started == pytest.approx(7)
    pool.checkin(lease)


@pytest.mark.parametrize("timeout", [float("nan"), "5", True])
async def test_a_timeout_that_is_no_number_is_refused_at_the_door(make_pool, timeout):
    pool = make_pool(max_size=1)
    await pool.open()

    with pytest.raises(ConfigurationError, match="is not a number of seconds"):
        await pool.checkout(timeout=timeout)
    with pytest.raises(ConfigurationError, match="is not a number of seconds"):
        await pool.close(grace=timeout)

    await pool.query("RETURN 1")


async def test_the_message_of_a_timeout_advises_by_what_was_missing(make_pool, connector):
    pool = make_pool(max_size=2)
    await pool.open()
    lease = await pool.checkout()
    connector.script("connect", then=Step(None))

    with pytest.raises(AcquireTimeout, match="raise min_size"):
        await pool.checkout(timeout=1)

    pool.checkin(lease)
