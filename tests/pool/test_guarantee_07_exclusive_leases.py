"""Guarantee 7: one borrower at a time; wrong use of a lease raises at once and harms nothing."""

import asyncio
import os
import threading

import pytest

from purreal import LeaseError, PoolError, SurrealDBConnectionPool

pytestmark = pytest.mark.looptime


async def test_guarantee_07_concurrent_borrowers_have_different_connections(make_pool, connector):
    pool = make_pool(max_size=5)
    await pool.open()
    in_use = set()

    async def borrow():
        for _ in range(20):
            async with pool.acquire() as conn:
                assert conn.slot not in in_use
                in_use.add(conn.slot)
                await conn.query("RETURN 1")
                in_use.remove(conn.slot)

    async with asyncio.TaskGroup() as group:
        for _ in range(25):
            group.create_task(borrow())


async def test_guarantee_07_use_after_return_raises_and_sends_nothing(make_pool, connector):
    pool = make_pool(max_size=1)
    await pool.open()
    async with pool.acquire() as conn:
        pass

    with pytest.raises(LeaseError, match="returned to its pool"):
        await conn.query("RETURN 1")

    assert connector.calls("request") == 0


async def test_guarantee_07_use_after_the_connection_was_lent_again_raises(make_pool, connector):
    pool = make_pool(max_size=1)
    await pool.open()
    async with pool.acquire() as old:
        pass

    async with pool.acquire() as new:
        assert new.slot is old.slot
        with pytest.raises(LeaseError):
            await old.query("RETURN 1")
        with pytest.raises(LeaseError):
            pool.checkin(old)
        await new.query("RETURN 1")


async def test_guarantee_07_returning_twice_raises_and_lends_nothing_twice(
    make_pool, assert_whole, connector
):
    pool = make_pool(max_size=2)
    await pool.open()
    lease = await pool.checkout()
    pool.checkin(lease)

    with pytest.raises(LeaseError, match="return it once"):
        pool.checkin(lease)

    await assert_whole(pool, connector)


async def test_guarantee_07_returning_to_another_pool_raises(make_pool):
    pool, other = make_pool(), make_pool(name="other")
    await pool.open()
    await other.open()
    lease = await pool.checkout()

    with pytest.raises(LeaseError, match="not a lease of the pool 'other'"):
        other.checkin(lease)

    pool.checkin(lease)


def in_another_loop(coroutine_function):
    """Run it to its end in a thread with a loop of its own; returns what it raised."""
    caught = []

    def run():
        try:
            asyncio.run(coroutine_function())
        except Exception as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return caught[0] if caught else None


async def test_guarantee_07_another_loop_is_refused(make_pool):
    pool = make_pool(max_size=1)
    await pool.open()
    lease = await pool.checkout()

    async def return_it():
        pool.checkin(lease)

    assert isinstance(in_another_loop(return_it), LeaseError)
    assert isinstance(in_another_loop(lambda: lease.query("RETURN 1")), LeaseError)
    assert isinstance(in_another_loop(pool.checkout), PoolError)
    pool.checkin(lease)


def test_guarantee_07_a_forked_process_is_refused(connector):
    pool = SurrealDBConnectionPool("ws://fake", connector=connector, min_size=1, max_size=1)

    async def fork_with_a_lease():
        await pool.open()
        lease = await pool.checkout()
        child = os.fork()
        if child == 0:
            try:
                pool.checkin(lease)
            except LeaseError as error:
                os._exit(7 if "fork" in str(error) else 1)
            os._exit(1)
        _, status = os.waitpid(child, 0)  # noqa: ASYNC222 - nothing else runs here
        pool.checkin(lease)
        await pool.close()
        return os.waitstatus_to_exitcode(status)

    assert asyncio.run(fork_with_a_lease()) == 7


async def test_guarantee_07_one_acquisition_can_not_be_entered_twice_at_once(make_pool):
    pool = make_pool()
    await pool.open()
    acquisition = pool.acquire()

    async with acquisition:
        with pytest.raises(LeaseError, match="once for each"):
            await acquisition.__aenter__()


async def test_guarantee_07_two_tasks_can_not_enter_one_acquisition(
    make_pool, connector, assert_whole
):
    pool = make_pool(max_size=2)
    await pool.open()
    acquisition = pool.acquire()

    async def enter():
        async with acquisition:
            await asyncio.sleep(1)

    results = await asyncio.gather(enter(), enter(), return_exceptions=True)

    assert [type(result) for result in results] == [type(None), LeaseError]
    await assert_whole(pool, connector)


async def test_guarantee_07_a_lease_stays_over_when_its_acquisition_is_entered_again(make_pool):
    pool = make_pool(max_size=1)
    await pool.open()
    acquisition = pool.acquire()
    async with acquisition as old:
        pass

    async with acquisition as new:
        await new.query("RETURN 1")
        with pytest.raises(LeaseError, match="returned to its pool"):
            await old.query("RETURN 1")


async def test_guarantee_07_an_acquisition_that_failed_may_be_tried_again(make_pool):
    pool = make_pool(max_size=1)
    await pool.open()
    acquisition = pool.acquire(timeout=1)
    lease = await pool.checkout()
    with pytest.raises(TimeoutError):
        await acquisition.__aenter__()
    pool.checkin(lease)

    async with acquisition:
        assert pool.stats().leased == 1
