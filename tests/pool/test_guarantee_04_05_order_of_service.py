"""Guarantees 4, 5 and 16: strict FIFO, no lost wake-up, return or connect, whichever is first."""

import asyncio

import pytest

from purreal import TooManyWaiters
from purreal._executor import PREPARE_LIMIT, SLOW_AFTER
from purreal.testing import Step

pytestmark = pytest.mark.looptime


async def borrow(pool, name, log, timeout=None):
    async with pool.acquire(timeout=timeout):
        log.append(name)
        await asyncio.sleep(1)


async def test_guarantee_04_grants_come_in_the_order_of_arrival(make_pool, settle):
    pool = make_pool(max_size=3)
    await pool.open()
    log = []

    tasks = [asyncio.create_task(borrow(pool, number, log)) for number in range(50)]
    await asyncio.wait(tasks)

    assert log == list(range(50))


async def test_guarantee_04_a_newcomer_does_not_overtake_in_the_step_of_a_return(make_pool, settle):
    pool = make_pool(max_size=1)
    await pool.open()
    lease = await pool.checkout()
    log = []
    waiting = asyncio.create_task(borrow(pool, "waiter", log))
    await settle()

    pool.checkin(lease)
    newcomer = asyncio.create_task(borrow(pool, "newcomer", log, timeout=None))
    await asyncio.wait([waiting, newcomer])

    assert log == ["waiter", "newcomer"]


async def test_guarantee_04_a_waiter_that_gave_up_is_skipped(make_pool, settle):
    pool = make_pool(max_size=1)
    await pool.open()
    lease = await pool.checkout()
    log = []
    first = asyncio.create_task(borrow(pool, "first", log))
    second = asyncio.create_task(borrow(pool, "second", log))
    await settle()

    first.cancel()
    pool.checkin(lease)
    await asyncio.wait([first, second])

    assert log == ["second"]


async def test_guarantee_05_a_return_wakes_the_waiter_within_one_step(make_pool, settle):
    pool = make_pool(max_size=1)
    await pool.open()
    lease = await pool.checkout()
    log = []
    task = asyncio.create_task(borrow(pool, "waiter", log))
    await settle()

    pool.checkin(lease)
    await asyncio.sleep(0)

    assert log == ["waiter"]
    await task


async def test_guarantee_05_cancelled_waiters_do_not_count_toward_max_waiting(make_pool, settle):
    pool = make_pool(max_size=1, max_waiting=2)
    await pool.open()
    lease = await pool.checkout()
    tasks = [asyncio.create_task(borrow(pool, number, [])) for number in range(2)]
    await settle()
    with pytest.raises(TooManyWaiters, match="max_waiting=2"):
        await pool.checkout()

    for task in tasks:
        task.cancel()
    third = asyncio.create_task(pool.checkout())
    await settle()

    assert pool.stats().waiting == 1
    pool.checkin(lease)
    pool.checkin(await third)


async def test_guarantee_05_a_cancelled_waiter_leaves_the_queue_in_that_instant(make_pool, settle):
    pool = make_pool(max_size=1)
    await pool.open()
    lease = await pool.checkout()
    task = asyncio.create_task(pool.checkout())
    await settle()

    task.cancel()

    assert pool.stats().waiting == 0
    assert pool.stats().cancelled == 1
    pool.checkin(lease)


@pytest.mark.parametrize("operation", ["check", "reset"])
async def test_guarantee_16_a_slow_preparation_does_not_hold_up_a_free_slot(
    operation, make_pool, connector
):
    pool = make_pool(max_size=2, check_after_idle=0 if operation == "check" else None)
    await pool.open()
    connector.script(operation, then=Step(None))
    if operation == "reset":
        async with pool.acquire() as conn:
            await conn.use("other", "place")
    started = asyncio.get_running_loop().time()

    await pool.query("RETURN 1")

    assert asyncio.get_running_loop().time() - started == pytest.approx(SLOW_AFTER)


async def test_guarantee_16_when_one_stale_connection_is_dead_the_others_are_not_tried(
    make_pool, connector
):
    pool = make_pool(min_size=10, max_size=20, check_after_idle=30)
    await pool.open()
    await asyncio.sleep(60)
    connector.script("check", then=Step(None))
    started = asyncio.get_running_loop().time()

    await pool.query("RETURN 1")

    assert asyncio.get_running_loop().time() - started == pytest.approx(SLOW_AFTER)
    await asyncio.sleep(PREPARE_LIMIT)
    assert pool.stats().discarded == 10


async def test_guarantee_05_timed_out_waiters_leave_the_queue(make_pool, settle):
    pool = make_pool(max_size=1)
    await pool.open()
    lease = await pool.checkout()

    with pytest.raises(TimeoutError):
        await pool.checkout(timeout=1)

    assert pool.stats().waiting == 0
    pool.checkin(lease)


async def test_guarantee_16_a_returned_connection_serves_before_a_slow_connect(
    make_pool, connector
):
    pool = make_pool(max_size=2)
    await pool.open()
    lease = await pool.checkout()
    connector.script("connect", then=Step(30.0))
    asyncio.get_running_loop().call_later(1, pool.checkin, lease)
    started = asyncio.get_running_loop().time()

    again = await pool.checkout()

    assert asyncio.get_running_loop().time() - started == pytest.approx(1)
    assert again.slot is lease.slot
    pool.checkin(again)


async def test_guarantee_16_a_new_connection_serves_before_a_late_return(make_pool, connector):
    pool = make_pool(max_size=2)
    await pool.open()
    lease = await pool.checkout()
    connector.script("connect", then=Step(1.0))
    started = asyncio.get_running_loop().time()

    other = await pool.checkout()

    assert asyncio.get_running_loop().time() - started == pytest.approx(1)
    assert other.slot is not lease.slot
    pool.checkin(other)
    pool.checkin(lease)


async def test_guarantee_16_a_connect_that_nobody_needs_any_more_stays_idle(
    make_pool, connector, settle
):
    pool = make_pool(max_size=2)
    await pool.open()
    lease = await pool.checkout()
    connector.script("connect", then=Step(5.0))
    task = asyncio.create_task(pool.checkout())
    await settle()

    task.cancel()
    await asyncio.sleep(6)

    assert pool.stats().idle == 1
    pool.checkin(lease)


async def test_growth_is_parallel_up_to_max_connecting(make_pool, connector, settle):
    pool = make_pool(max_size=10, max_connecting=4)
    await pool.open()
    gate = connector.hold("connect")

    tasks = [asyncio.create_task(borrow(pool, number, [])) for number in range(10)]
    await settle()

    assert pool.stats().connecting == 4
    gate.open()
    await asyncio.wait(tasks)
    assert pool.stats().open == 10
