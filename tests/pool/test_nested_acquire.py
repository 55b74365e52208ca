"""Nested `acquire()`: raised when it can only dead-lock, warned of when it waits, else silent."""

import asyncio
import re

import pytest

from purreal import NestedAcquireError, NestedAcquireWarning

pytestmark = pytest.mark.looptime


async def nest(pool, started=None):
    async with pool.acquire():
        if started is not None:
            await started.wait()
        async with pool.acquire():
            pass


async def test_a_nested_acquire_that_can_only_dead_lock_raises_at_once_with_both_places(
    make_pool, assert_whole, connector
):
    pool = make_pool(max_size=1)
    await pool.open()
    started = asyncio.get_running_loop().time()

    with pytest.raises(NestedAcquireError) as caught:
        await nest(pool)

    assert asyncio.get_running_loop().time() == started
    lines = re.findall(r"test_nested_acquire\.py:(\d+) in nest\(\)", str(caught.value))
    first_line = nest.__code__.co_firstlineno
    assert sorted(int(line) - first_line for line in lines) == [1, 4]
    await assert_whole(pool, connector)


@pytest.mark.filterwarnings("ignore::purreal.NestedAcquireWarning")
async def test_of_several_tasks_that_block_each_other_the_one_that_closes_the_circle_raises(
    make_pool, assert_whole, connector
):
    pool = make_pool(max_size=3)
    await pool.open()
    all_hold_one = asyncio.Event()
    tasks = [asyncio.create_task(nest(pool, all_hold_one)) for _ in range(3)]
    await asyncio.sleep(1)

    all_hold_one.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(result) for result in results] == [type(None), type(None), NestedAcquireError]
    await assert_whole(pool, connector)


async def test_a_nested_acquire_that_has_to_wait_but_may_be_served_warns(make_pool):
    pool = make_pool(max_size=2)
    await pool.open()
    other = await pool.checkout()
    asyncio.get_running_loop().call_later(1, pool.checkin, other)

    with pytest.warns(NestedAcquireWarning, match=r"acquired at .*test_nested_acquire\.py"):
        await nest(pool)


async def check_out_nested(pool):
    async with pool.acquire():
        pool.checkin(await pool.checkout())


async def query_nested(pool):
    async with pool.acquire():
        await pool.query("RETURN 1")


@pytest.mark.parametrize("nested", [nest, check_out_nested, query_nested])
async def test_the_warning_points_at_the_line_that_waits(nested, make_pool):
    pool = make_pool(max_size=2)
    await pool.open()
    other = await pool.checkout()
    asyncio.get_running_loop().call_later(1, pool.checkin, other)

    with pytest.warns(NestedAcquireWarning) as caught:
        await nested(pool)

    lines = [number for _, _, number in nested.__code__.co_lines()]
    assert (caught[0].filename, caught[0].lineno in lines) == (__file__, True)


async def test_a_nested_acquire_that_is_served_at_once_is_silent(make_pool):
    pool = make_pool(min_size=2, max_size=2)
    await pool.open()

    await nest(pool)


async def test_a_lease_of_checkout_may_be_returned_by_anybody_so_nothing_is_certain(make_pool):
    pool = make_pool(max_size=1)
    await pool.open()
    lease = await pool.checkout()
    asyncio.get_running_loop().call_later(1, pool.checkin, lease)

    async with pool.acquire():
        pass


async def test_acquires_of_different_pools_are_not_nested(make_pool):
    pool, other = make_pool(max_size=1), make_pool(max_size=1)
    await pool.open()
    await other.open()

    async with pool.acquire(), other.acquire():
        pass


async def test_a_task_that_waits_without_holding_anything_is_not_nested(make_pool):
    pool = make_pool(max_size=1)
    await pool.open()

    await asyncio.gather(*(pool.query("RETURN 1") for _ in range(5)))
