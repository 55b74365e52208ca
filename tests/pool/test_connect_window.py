"""How many connects run side by side: as many as a server takes quickly, up to a limit."""

import asyncio

import pytest

from purreal import Unreachable
from purreal._pacing import FIRST_CONNECTS, QUICK_CONNECT, SLOW_CONNECT, ConnectWindow
from purreal.testing import Step

pytestmark = pytest.mark.looptime


@pytest.fixture
def ask_for(make_pool):
    """Have so many callers wait for a connection of their own."""
    tasks = []

    async def ask(count, **settings):
        pool = make_pool(min_size=0, max_size=count, **settings)
        await pool.open(wait=False)
        tasks.extend(asyncio.create_task(pool.checkout()) for _ in range(count))
        return pool

    yield ask
    for task in tasks:
        task.cancel()


async def test_it_begins_with_sixteen(ask_for, connector):
    gate = connector.hold("connect")
    pool = await ask_for(100)
    await gate.arrived()
    await asyncio.sleep(1)

    assert pool.stats().connecting == FIRST_CONNECTS == 16


async def test_quick_connects_double_it_in_each_round(ask_for, connector):
    connector.script("connect", then=Step(QUICK_CONNECT / 2))
    pool = await ask_for(200)
    side_by_side = []
    for _ in range(3):
        await asyncio.sleep(QUICK_CONNECT / 4)
        side_by_side.append(pool.stats().connecting)
        await asyncio.sleep(QUICK_CONNECT / 4)

    assert side_by_side == [16, 32, 64]


async def test_slow_connects_make_it_smaller(ask_for, connector):
    connector.script("connect", then=Step(SLOW_CONNECT * 1.5))
    pool = await ask_for(200, connect_timeout=60, acquire_timeout=600)
    side_by_side = []
    for _ in range(3):
        await asyncio.sleep(SLOW_CONNECT)
        side_by_side.append(pool.stats().connecting)
        await asyncio.sleep(SLOW_CONNECT / 2)

    assert side_by_side == [16, 1, 1], "each of the first sixteen took one away"


async def test_a_limit_of_the_pool_is_never_exceeded(ask_for, connector):
    connector.script("connect", then=Step(QUICK_CONNECT / 2))
    pool = await ask_for(100, max_connecting=20)
    most = 0
    for _ in range(40):
        await asyncio.sleep(QUICK_CONNECT / 8)
        most = max(most, pool.stats().connecting)

    assert most == 20
    assert pool.stats().leased == 100


async def test_after_a_failure_it_begins_again_with_sixteen(ask_for, connector):
    connector.script("connect", *[Step(0.01)] * 150, Step(0.01, Unreachable("down")))
    pool = await ask_for(300, acquire_timeout=600)
    await asyncio.sleep(5)
    assert pool.stats().leased == 300
    assert pool.stats().connect_failures == 1


@pytest.mark.parametrize("limit", [1, 3, 16, 1000])
def test_it_stays_between_one_and_its_limit(limit):
    window = ConnectWindow(limit)
    assert window.size == min(16, limit)
    for _ in range(2000):
        window.succeeded(0.01)
    assert window.size == limit
    window.failed()
    assert window.size == min(16, limit)
    for _ in range(2000):
        window.succeeded(2.0)
    assert window.size == 1


def test_connects_that_are_neither_quick_nor_slow_leave_it():
    window = ConnectWindow(100)
    for seconds in (QUICK_CONNECT, 0.5, SLOW_CONNECT):
        window.succeeded(seconds)

    assert window.size == 16
