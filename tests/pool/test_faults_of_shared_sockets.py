"""Real sockets that sessions share, one of which is cut, stalled or swallowed in the middle."""

import asyncio
import contextlib
import random

import pytest

from purreal import (
    ConnectionLost,
    Credentials,
    Outcome,
    RequestTimeout,
    SurrealDBConnectionPool,
    outcome_of,
)
from purreal._executor import SLOW_AFTER
from purreal._pacing import BACKOFF_JITTER, FIRST_BACKOFF
from purreal.testing import Constant, FakeServer
from tests.pool.faulty_proxy import FaultyProxy

SIZE = 40  # on three sockets
ONE_STEP = FIRST_BACKOFF * (1 + BACKOFF_JITTER)
MARGIN = 2.0  # of a machine with much to do


def echo(text, variables):
    return list(variables.values()) or [None]


@pytest.fixture
async def server():
    async with FakeServer(password="secret", respond=echo) as server:
        yield server


@pytest.fixture
async def proxy(server):
    async with FaultyProxy(server.url) as proxy:
        yield proxy


@pytest.fixture
async def make_pool(proxy):
    pools = []

    async def make(**settings):
        pool = SurrealDBConnectionPool(
            proxy.url,
            credentials=Credentials("root", "secret"),
            namespace="shop",
            database="checkout",
            lend="session",
            max_connecting=1,  # so that they are spread as described
            **({"min_size": SIZE, "max_size": SIZE} | settings),
        )
        pools.append(pool)
        await pool.open()
        return pool

    yield make
    for pool in pools:
        await pool.close(grace=0)


@pytest.fixture
async def pool(make_pool):
    return await make_pool()


async def until(condition, seconds):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - it is about real sockets, without events
            await asyncio.sleep(0.005)


async def ask_all(pool, server, seconds):
    """Have a request on each session; it takes the server so many seconds."""
    server.latency = Constant(seconds)
    leases = [await pool.checkout() for _ in range(SIZE)]
    asked = [
        asyncio.create_task(lease.query("RETURN $n", {"n": n})) for n, lease in enumerate(leases)
    ]
    before = server.requests["query"]
    await until(lambda: server.requests["query"] - before == SIZE, 5)
    server.latency = Constant()
    return leases, asked


async def test_a_cut_ends_what_is_in_flight_on_that_socket_and_nothing_else(pool, proxy, server):
    assert (len(proxy.open), pool.stats().sockets) == (3, 3)
    leases, asked = await ask_all(pool, server, 0.5)

    proxy.open[0].cut()
    results = await asyncio.gather(*asked, return_exceptions=True)

    lost = [result for result in results if isinstance(result, ConnectionLost)]
    assert len(lost) == 16
    assert {outcome_of(each) for each in lost} == {Outcome.UNKNOWN}
    assert all(result == n for n, result in enumerate(results) if result not in lost)
    for lease in leases:
        pool.checkin(lease)
    await until(lambda: pool.stats().idle == SIZE, ONE_STEP + MARGIN)
    assert await pool.query("RETURN $n", {"n": 7}) == 7


async def test_all_sockets_cut_at_once_come_back_without_another_sign_in(pool, proxy):
    for passage in proxy.open:
        passage.cut()
    await until(lambda: pool.stats().lost == SIZE, MARGIN)

    await until(lambda: pool.stats().idle == SIZE, ONE_STEP + MARGIN)

    assert pool.stats().sign_ins == 1
    assert pool.stats().sockets == len(proxy.open) == 3


async def test_a_server_that_restarts_gets_all_its_sessions_back(pool, server):
    server.refuse_connections()
    server.drop_connections()
    server.accounts.forget_tokens()
    await until(lambda: pool.stats().connect_failures > 0, MARGIN)

    await server.listen()

    await until(lambda: pool.stats().idle == SIZE, 5.0 * (1 + BACKOFF_JITTER) + MARGIN)
    assert pool.stats().sign_ins == 2


async def test_idle_sessions_above_min_size_come_back_too(make_pool, proxy):
    pool = await make_pool(min_size=1)
    leases = [await pool.checkout() for _ in range(SIZE)]
    for lease in leases:
        pool.checkin(lease)

    for passage in proxy.open:
        passage.cut()
    await until(lambda: pool.stats().lost == SIZE, MARGIN)

    await until(lambda: pool.stats().idle == SIZE, ONE_STEP + MARGIN)


@pytest.mark.parametrize("how", ["stall", "swallow"])
async def test_on_a_silent_socket_requests_end_by_their_own_timeout_and_the_others_go_on(
    make_pool, proxy, server, how
):
    pool = await make_pool(request_timeout=0.5)
    if how == "stall":
        proxy.open[0].stall()
    else:
        proxy.open[0].swallows = True
    leases = [await pool.checkout() for _ in range(SIZE)]

    results = await asyncio.gather(
        *(lease.query("RETURN $n", {"n": n}) for n, lease in enumerate(leases)),
        return_exceptions=True,
    )

    timed_out = [result for result in results if isinstance(result, RequestTimeout)]
    assert len(timed_out) == 16
    assert {outcome_of(each) for each in timed_out} == {Outcome.UNKNOWN}
    assert all(result == n for n, result in enumerate(results) if result not in timed_out)
    for lease in leases:
        pool.checkin(lease)
    await until(lambda: pool.stats().closing == 0, MARGIN)
    async with asyncio.timeout(MARGIN):
        leases = [await pool.checkout() for _ in range(SIZE)]
        assert [await lease.query("RETURN 1") for lease in leases] == [None] * SIZE
    for lease in leases:
        pool.checkin(lease)


@pytest.mark.parametrize("how", ["stall", "swallow"])
async def test_a_silent_socket_holds_up_a_borrower_for_no_more_than_a_slow_check(
    make_pool, proxy, how
):
    pool = await make_pool(min_size=17, max_size=SIZE, check_after_idle=0)
    for passage in proxy.open:
        if how == "stall":
            passage.stall()
        else:
            passage.swallows = True

    async with asyncio.timeout(SLOW_AFTER + 2.0 + MARGIN):
        assert await pool.query("RETURN $n", {"n": 7}) == 7

    assert len(proxy.passages) == 3


async def test_what_was_stalled_and_goes_on_is_as_good_as_before(pool, proxy, server):
    leases, asked = await ask_all(pool, server, 0.05)
    for passage in proxy.open:
        passage.stall()
    await asyncio.wait(asked, timeout=0.3)
    for passage in proxy.open:
        passage.go_on()

    assert await asyncio.gather(*asked) == list(range(SIZE))
    for lease in leases:
        pool.checkin(lease)
    assert (pool.stats().lost, pool.stats().discarded, pool.stats().idle) == (0, 0, SIZE)


async def test_a_session_that_ends_while_its_socket_is_full_ends_on_the_server_as_well(
    make_pool, proxy, server
):
    pool = await make_pool(min_size=2, max_size=2)
    closed, other = await pool.checkout(), await pool.checkout()
    [passage] = proxy.open
    passage.stall()
    large = ["x" * 1_000_000] * 20  # more than the system takes for a peer that does not read
    filling = asyncio.create_task(other.query("RETURN $large", {"large": large}))
    stuck = asyncio.create_task(closed.query("RETURN 1"))
    await asyncio.wait({filling, stuck}, timeout=0.1)

    await closed.close()
    with pytest.raises(ConnectionLost) as caught:
        await stuck
    before = server.requests["detach"]
    passage.go_on()

    assert await filling == large
    await until(lambda: server.requests["detach"] == 1, MARGIN)
    assert (before, caught.value.outcome) == (0, Outcome.NOT_SENT)
    assert passage.is_open
    pool.checkin(other)


async def test_a_lease_cut_off_on_a_silent_socket_lets_its_pool_close_in_time(pool, proxy):
    proxy.open[-1].stall()
    leases = [await pool.checkout() for _ in range(SIZE)]
    asked = [asyncio.create_task(lease.query("RETURN 1")) for lease in leases]
    await asyncio.wait(asked, timeout=0.2)

    async with asyncio.timeout(2.0 + MARGIN):
        await pool.close(grace=0)

    await until(lambda: all(task.done() for task in asked), MARGIN)
    await until(lambda: pool.stats().sockets == 0, MARGIN)


async def borrow(pool, rng, number, right, wrong):
    for turn in range(30):
        asked = [number, turn]
        try:
            async with asyncio.timeout(rng.choice([0.01, 0.1, 2])):
                async with pool.acquire() as conn:
                    if rng.random() < 0.2:
                        await conn.let("left", number)
                    answer = await conn.query("RETURN $asked", {"asked": asked})
                    (right if answer == asked else wrong).append(asked)
                    if rng.random() < 0.05:
                        await conn.close()
        except Exception:
            await asyncio.sleep(rng.random() / 50)


async def disturb(proxy, rng):
    while True:
        await asyncio.sleep(rng.random() / 10)
        if not proxy.open:
            continue
        passage = rng.choice(proxy.open)
        match rng.choice(["cut", "stall", "swallow"]):
            case "cut":
                passage.cut()
            case "stall":
                passage.stall()
                asyncio.get_running_loop().call_later(0.2, passage.go_on)
            case "swallow":
                passage.swallows = True
                asyncio.get_running_loop().call_later(0.5, passage.cut)


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_to_the_sockets_nobody_gets_what_is_anothers_and_all_come_back(
    make_pool, proxy, server, seed, assert_balanced
):
    rng = random.Random(seed)
    pool = await make_pool(min_size=20, max_size=SIZE, request_timeout=0.5, check_after_idle=0.2)
    right, wrong = [], []
    disturbance = asyncio.create_task(disturb(proxy, rng))
    borrowers = [asyncio.create_task(borrow(pool, rng, n, right, wrong)) for n in range(60)]

    await asyncio.wait(borrowers)
    disturbance.cancel()
    await asyncio.wait({disturbance})

    assert wrong == []
    assert len(right) > 60  # of 1,800: as many as there are borrowers
    await until(lambda: pool.stats().open >= 20 and not pool.stats().preparing, 10)
    async with asyncio.timeout(15):
        leases = [await pool.checkout() for _ in range(SIZE)]
        for lease in leases:
            with contextlib.suppress(ConnectionLost):  # one that was swallowed a moment ago
                await lease.query("RETURN 1")
            pool.checkin(lease)
    assert pool.stats().peak_open <= SIZE
    assert_balanced(pool.stats())
    await pool.close(grace=0)
    await until(lambda: server.connections == 0, MARGIN)
    assert pool.stats().sockets == 0
