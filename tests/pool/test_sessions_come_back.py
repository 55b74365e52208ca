"""Guarantee 12 for shared sockets: one that breaks takes many sessions along, and all come back."""

import asyncio

import pytest

from purreal import Credentials, SurrealDBConnectionPool
from purreal._connector import WebSocketConnector
from purreal._executor import PREPARE_LIMIT
from purreal._pacing import BACKOFF_JITTER, FIRST_BACKOFF, LONGEST_BACKOFF
from purreal.testing import Answer, ScriptedServer, fails

pytestmark = pytest.mark.looptime

ONE_STEP = FIRST_BACKOFF * (1 + BACKOFF_JITTER)


@pytest.fixture
def server() -> ScriptedServer:
    server = ScriptedServer()
    server.answer("signin", then=Answer("a.b.c"))
    return server


@pytest.fixture
async def make_pool(server):
    """Make pools of sessions that sign in and select a database."""
    pools = []

    def make(**settings):
        connector = WebSocketConnector(
            "ws://db",
            credentials=Credentials("app", "s3cret"),
            namespace="shop",
            database="checkout",
            lend="session",
            open_transport=server.open_transport,
        )
        settings = {"min_size": 0, "max_size": 40} | settings
        pool = SurrealDBConnectionPool("ws://db", connector=connector, **settings)
        pools.append(pool)
        return pool

    yield make
    for pool in pools:
        await pool.close(grace=0)


async def grow(pool, size):
    """Have so many sessions idle."""
    leases = [await pool.checkout() for _ in range(size)]
    for lease in leases:
        pool.checkin(lease)


def now():
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("size", [1, 17, 40])
async def test_guarantee_12_idle_sessions_above_min_size_are_replaced_at_once(
    make_pool, server, size
):
    pool = make_pool(min_size=0)
    await pool.open()
    await grow(pool, size)

    server.transports[0].lose()
    lost = pool.stats().lost
    await asyncio.sleep(0.1)

    assert lost == min(size, 16)
    assert pool.stats().idle == server.attached == size
    assert pool.stats().connects == size + lost


async def test_guarantee_12_a_total_loss_brings_all_sessions_back_within_one_step(
    make_pool, server
):
    pool = make_pool(min_size=2)
    await pool.open()
    await grow(pool, 40)
    server.script(opening=(fails(ConnectionRefusedError(111, "refused")),))

    for transport in server.transports:
        transport.lose()
    await asyncio.sleep(ONE_STEP + 0.1)

    assert pool.stats().idle == server.attached == 40
    assert pool.stats().max_size == 40 >= pool.stats().peak_open


@pytest.mark.parametrize("outage_seconds", [1, 30, 200])
async def test_guarantee_12_after_an_outage_all_sessions_come_back_within_one_step(
    make_pool, server, outage_seconds
):
    pool = make_pool(min_size=2, max_idle_time=300)
    await pool.open()
    await grow(pool, 40)
    server.script(then=fails(ConnectionRefusedError(111, "refused")))
    for transport in server.transports:
        transport.lose()
    await asyncio.sleep(outage_seconds)
    server.script()

    await asyncio.sleep(LONGEST_BACKOFF * (1 + BACKOFF_JITTER) + 0.1)

    assert pool.stats().idle == server.attached == 40


async def test_after_an_outage_in_which_they_would_have_been_closed_only_min_size_comes_back(
    make_pool, server
):
    pool = make_pool(min_size=2, max_idle_time=60)
    await pool.open()
    await grow(pool, 40)
    server.script(then=fails(ConnectionRefusedError(111, "refused")))
    for transport in server.transports:
        transport.lose()
    await asyncio.sleep(70)
    server.script()

    await asyncio.sleep(LONGEST_BACKOFF * (1 + BACKOFF_JITTER) + 0.1)

    assert pool.stats().open == server.attached == 2


async def test_guarantee_12_sessions_lost_while_lent_are_replaced_when_they_are_given_back(
    make_pool, server, assert_balanced
):
    pool = make_pool(max_size=40)
    await pool.open()
    leases = [await pool.checkout() for _ in range(10)]

    server.transports[0].lose()
    for lease in leases:
        pool.checkin(lease)
    await asyncio.sleep(0.1)

    assert pool.stats().size == pool.stats().idle == server.attached == 10
    assert_balanced(pool.stats())


async def test_guarantee_12_a_full_pool_replaces_lent_sessions_when_they_come_back(
    make_pool, server
):
    pool = make_pool(max_size=10)
    await pool.open()
    leases = [await pool.checkout() for _ in range(10)]
    server.transports[0].lose()
    waiting = [asyncio.create_task(pool.query("RETURN 1")) for _ in range(3)]
    await asyncio.sleep(1)
    assert pool.stats().size == 10

    for lease in leases:
        pool.checkin(lease)
    await asyncio.wait(waiting)
    await asyncio.sleep(0.1)

    assert [task.exception() for task in waiting] == [None] * 3
    assert pool.stats().idle == server.attached == 10


@pytest.mark.parametrize("step", ["attach", "signin", "authenticate", "use", "reset", "ping"])
async def test_guarantee_12_a_loss_while_sessions_are_prepared_is_made_good(
    make_pool, server, step, assert_balanced
):
    pool = make_pool(max_size=8, check_after_idle=0 if step == "ping" else None)
    await pool.open(wait=step not in ("attach", "signin"))
    gate = server.hold_answers(step)
    if step == "reset":
        for lease in [await pool.checkout() for _ in range(8)]:
            await lease.let("left", 1)
            pool.checkin(lease)
    waiting = [asyncio.create_task(pool.query("RETURN 1")) for _ in range(8)]
    await gate.arrived()
    await asyncio.sleep(0.1)

    server.transports[0].lose()
    gate.open()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.sleep(2 * PREPARE_LIMIT)

    # Those who waited for nothing but the first connects are told of their failure.
    failures = [result for result in results if result is not None]
    assert step in ("attach", "signin", "authenticate", "use") or not failures
    started = now()
    await pool.query("RETURN 1")
    assert now() - started < 0.01
    stats = pool.stats()
    assert stats.size == stats.idle == server.attached
    assert_balanced(stats)


async def test_guarantee_12_the_password_is_sent_once_for_all_that_come_back(make_pool, server):
    pool = make_pool()
    await pool.open()
    await grow(pool, 40)

    for transport in server.transports:
        transport.lose()
    await asyncio.sleep(1)

    assert pool.stats().idle == 40
    assert pool.stats().sign_ins == 1


async def test_what_is_owed_is_opened_no_faster_than_the_window_allows(make_pool, server):
    pool = make_pool(max_size=200, max_connecting=3)
    await pool.open()
    await grow(pool, 100)
    gate = server.hold_answers("authenticate")

    for transport in server.transports:
        transport.lose()
    await asyncio.sleep(1)

    assert pool.stats().connecting == 3
    gate.open()
    await asyncio.sleep(1)
    assert pool.stats().idle == 100


async def test_sessions_that_come_back_use_no_more_sockets_than_before(make_pool, server):
    pool = make_pool(max_size=100)
    await pool.open()
    await grow(pool, 100)
    assert pool.stats().sockets == 4

    for transport in list(server.transports):
        transport.lose()
        await asyncio.sleep(1)

    assert (pool.stats().sockets, pool.stats().peak_sockets) == (4, 4)
    assert pool.stats().idle == 100


async def test_the_sessions_of_a_closed_pool_do_not_come_back(make_pool, server):
    pool = make_pool()
    await pool.open()
    await grow(pool, 20)
    closing = asyncio.create_task(pool.close())

    for transport in server.transports:
        transport.lose()
    await closing
    await asyncio.sleep(10)

    assert server.open == server.attached == pool.stats().size == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}
