"""Guarantee 14: every parameter has its effect, and the counters balance."""

import asyncio
import dataclasses
import itertools
import random

import pytest

from purreal import (
    AcquireTimeout,
    ConfigurationError,
    PoolClosed,
    SurrealDBConnectionPool,
    TooManyWaiters,
    Unreachable,
)
from purreal._config import PoolConfig
from purreal._core import Core
from purreal._pacing import LIFETIME_JITTER
from purreal._slots import Claim, Close
from purreal.testing import FakeConnector, Step

pytestmark = pytest.mark.looptime


async def lease_all(pool, number):
    leases = [await pool.checkout() for _ in range(number)]
    for lease in leases:
        pool.checkin(lease)


async def test_guarantee_14_min_size_is_kept_filled_in_the_background(make_pool, connector):
    pool = make_pool(min_size=3, max_size=5)
    await pool.open()

    connector.connections[0].lose()
    connector.connections[1].lose()
    await asyncio.sleep(1)

    assert pool.stats().idle == 3


async def test_guarantee_14_max_lifetime_replaces_connections_not_all_at_once(make_pool, connector):
    pool = make_pool(min_size=20, max_size=20, max_lifetime=100)
    await pool.open()
    first = list(connector.connections)

    await asyncio.sleep(100 * (1 - LIFETIME_JITTER / 2))
    ended_half_way = sum(connection.ended is not None for connection in first)
    await asyncio.sleep(100 * LIFETIME_JITTER / 2 + 1)

    assert 0 < ended_half_way < 20
    assert all(connection.ended == "closed" for connection in first)
    assert pool.stats().idle == 20
    assert pool.stats().retired_lifetime == 20


async def test_guarantee_14_max_lifetime_ends_a_leased_connection_when_it_comes_back(
    make_pool, connector
):
    pool = make_pool(max_size=1, max_lifetime=100)
    await pool.open()
    async with pool.acquire() as conn:
        await asyncio.sleep(200)
        assert connector.connections[0].ended is None
        await conn.query("RETURN 1")
    await asyncio.sleep(0.1)

    assert connector.connections[0].ended == "closed"


async def test_guarantee_14_max_lifetime_none_keeps_connections_for_ever(make_pool, connector):
    pool = make_pool(min_size=1, max_lifetime=None)
    await pool.open()

    await asyncio.sleep(10**7)

    assert connector.connects == 1


async def test_guarantee_14_max_idle_time_shrinks_one_by_one_to_min_size(make_pool):
    pool = make_pool(min_size=2, max_size=10, max_idle_time=100)
    await pool.open()
    await lease_all(pool, 10)
    sizes = []
    for _ in range(130):
        await asyncio.sleep(1)
        sizes.append(pool.stats().open)

    assert sizes[98] == 10
    assert sizes[-1] == 2
    assert all(before - after <= 1 for before, after in itertools.pairwise(sizes))
    assert pool.stats().retired_idle == 8


async def test_guarantee_14_connections_in_use_are_not_shrunk(make_pool):
    pool = make_pool(min_size=1, max_size=3, max_idle_time=10)
    await pool.open()

    async def keep_busy():
        for _ in range(100):
            async with pool.acquire():
                await asyncio.sleep(1)

    await asyncio.gather(keep_busy(), keep_busy())

    assert pool.stats().connects == 2


async def test_guarantee_14_max_idle_time_zero_closes_surplus_at_once(make_pool):
    pool = make_pool(min_size=1, max_size=4, max_idle_time=0)
    await pool.open()
    await lease_all(pool, 4)

    await asyncio.sleep(0.1)

    assert pool.stats().open == 1


async def test_guarantee_14_max_idle_time_none_never_shrinks(make_pool):
    pool = make_pool(min_size=1, max_size=4, max_idle_time=None, max_lifetime=None)
    await pool.open()
    await lease_all(pool, 4)

    await asyncio.sleep(10**6)

    assert pool.stats().open == 4


async def test_guarantee_14_max_waiting_zero_lets_nobody_wait(make_pool):
    pool = make_pool(max_size=1, max_waiting=0)
    await pool.open()

    async with pool.acquire():
        with pytest.raises(TooManyWaiters, match="max_waiting=0"):
            await pool.checkout()


@pytest.mark.parametrize(
    ("limit", "idle_seconds", "checks"), [(None, 10**4, 0), (30, 29, 0), (30, 31, 1), (0, 0, 1)]
)
async def test_guarantee_14_check_after_idle(limit, idle_seconds, checks, make_pool, connector):
    pool = make_pool(min_size=1, max_size=1, check_after_idle=limit, max_lifetime=None)
    await pool.open()
    await asyncio.sleep(idle_seconds)

    await pool.query("RETURN 1")

    assert connector.calls("check") == checks


async def test_a_connection_that_fails_its_check_is_replaced_unnoticed(make_pool, connector):
    pool = make_pool(min_size=1, max_size=1, check_after_idle=0)
    await pool.open()
    connector.script("check", Step(0, ConnectionResetError))

    await pool.query("RETURN 1")

    assert connector.connections[0].ended in ("aborted", "lost")


async def test_guarantee_14_counters_tell_what_happened(
    make_pool, connector, settle, assert_balanced
):
    pool = make_pool(max_size=1, max_waiting=2)
    await pool.open()
    lease = await pool.checkout()
    cancelled = asyncio.create_task(pool.checkout())
    timed_out = asyncio.create_task(pool.checkout(timeout=2))
    await settle()
    with pytest.raises(TooManyWaiters):
        await pool.checkout()
    assert pool.stats().waiting == pool.stats().peak_waiting == 2
    cancelled.cancel()
    ended = await asyncio.gather(cancelled, timed_out, return_exceptions=True)
    assert [type(end) for end in ended] == [asyncio.CancelledError, AcquireTimeout]
    failed = asyncio.create_task(pool.checkout())
    await settle()
    closing = asyncio.create_task(pool.close())
    await settle()
    pool.checkin(lease)
    with pytest.raises(PoolClosed):
        await failed
    await closing

    stats = pool.stats()

    assert_balanced(stats)
    assert (stats.requests, stats.granted, stats.released) == (5, 1, 1)
    assert (stats.cancelled, stats.timed_out, stats.shed, stats.failed) == (1, 1, 1, 1)
    assert stats.use_seconds == pytest.approx(2)
    assert (stats.connects, stats.peak_leased, stats.peak_open) == (1, 1, 1)


async def test_guarantee_14_times_are_added_up(make_pool, connector):
    connector.script("connect", then=Step(2.0))
    pool = make_pool(max_size=1)
    await pool.open()
    lease = await pool.checkout()
    asyncio.get_running_loop().call_later(3, pool.checkin, lease)

    async with pool.acquire():
        await asyncio.sleep(4)

    stats = pool.stats()
    assert stats.connect_seconds == pytest.approx(2)
    assert stats.wait_seconds == pytest.approx(3)
    assert stats.use_seconds == pytest.approx(3 + 4)


async def test_guarantee_14_failures_to_connect_are_counted_and_told(make_pool, connector):
    connector.script("connect", then=Step(0, lambda: Unreachable("nobody listens")))
    pool = make_pool(min_size=1, max_size=1)
    await pool.open(wait=False)
    await asyncio.sleep(0.05)

    assert pool.stats().connect_failures == 1
    assert pool.stats().last_error == "nobody listens"

    connector.script("connect")
    await asyncio.sleep(1)
    assert pool.stats().last_error is None


async def test_guarantee_14_requests_of_a_closed_pool_count_as_failed(make_pool):
    pool = make_pool()
    await pool.open()
    await pool.close()

    with pytest.raises(PoolClosed):
        await pool.checkout()

    assert pool.stats().requests == pool.stats().failed == 1


async def test_stats_are_frozen_and_name_the_pool(make_pool):
    stats = make_pool(name="shown", min_size=2, max_size=7).stats()

    assert (stats.name, stats.min_size, stats.max_size) == ("shown", 2, 7)
    with pytest.raises(dataclasses.FrozenInstanceError):
        stats.idle = 3


def test_guarantee_14_an_expired_idle_connection_is_not_lent_before_the_timer_runs():
    config = PoolConfig(min_size=0, max_size=1, max_lifetime=100.0, check_after_idle=None)
    core = Core(config, random.Random(1))
    core.fill(1, 0.0)
    slot = core.commands.popleft().slot
    core.connected(slot, object(), 0.1, 0.0)
    core.fill(0, 0.0)

    claim = Claim()
    claim.task, claim.is_scoped = None, False
    lent = core.request(claim, 101.0)

    assert not lent
    assert core.commands.popleft() == Close(slot)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"min_size": -1}, "min_size=-1 is too small"),
        ({"max_size": 0, "min_size": 0}, "max_size=0 is too small"),
        ({"min_size": 9, "max_size": 3}, "min_size=9 is larger than max_size=3"),
        ({"max_size": 2.5}, "max_size=2.5 is not a whole number"),
        ({"max_size": True}, "max_size=True is not a whole number"),
        ({"max_waiting": -1}, "max_waiting=-1 is too small"),
        ({"max_connecting": 0}, "max_connecting=0 is too small"),
        ({"max_lifetime": 0}, "max_lifetime=0 must be more than 0 seconds, or None"),
        ({"max_idle_time": -1}, "max_idle_time=-1 must be 0 or more"),
        ({"acquire_timeout": float("nan")}, "acquire_timeout=nan is not a number"),
        ({"acquire_timeout": "30s"}, "acquire_timeout='30s' is not a number"),
        ({"connect_timeout": None}, "connect_timeout=None is not allowed"),
        ({"request_timeout": 0}, "request_timeout=0 must be more than 0"),
        ({"check_after_idle": -0.1}, "check_after_idle=-0.1 must be 0 or more"),
    ],
)
def test_guarantee_14_impossible_settings_are_refused_by_name(settings, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        SurrealDBConnectionPool("ws://fake", connector=FakeConnector(), **settings)
