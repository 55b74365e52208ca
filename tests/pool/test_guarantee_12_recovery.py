"""Guarantee 12: after an outage of any length the pool serves again, at full size."""

import asyncio
import logging
import random

import pytest

from purreal import AuthenticationFailed, ConnectFailed, Unreachable
from purreal._pacing import BACKOFF_JITTER, FIRST_BACKOFF, LONGEST_BACKOFF, Backoff
from purreal.testing import Step

pytestmark = pytest.mark.looptime

REFUSED = Step(0, lambda: Unreachable("nobody listens", endpoint="fake://database"))


async def break_everything(connector, settle):
    connector.script("connect", then=REFUSED)
    for connection in connector.connections:
        connection.lose()
    await settle()


@pytest.mark.parametrize("outage_seconds", [0.5, 30, 3600])
async def test_guarantee_12_serves_within_one_backoff_step_after_an_outage(
    outage_seconds, make_pool, connector, settle, assert_whole
):
    pool = make_pool(min_size=3, max_size=3)
    await pool.open()
    await break_everything(connector, settle)
    await asyncio.sleep(outage_seconds)
    connector.script("connect")
    ended = asyncio.get_running_loop().time()

    await pool.query("RETURN 1")

    waited = asyncio.get_running_loop().time() - ended
    assert waited <= LONGEST_BACKOFF * (1 + BACKOFF_JITTER)
    await assert_whole(pool, connector)


async def test_guarantee_12_waiters_learn_the_cause_instead_of_timing_out(
    make_pool, connector, settle
):
    pool = make_pool(min_size=1, max_size=1)
    await pool.open()
    await break_everything(connector, settle)

    with pytest.raises(Unreachable, match="nobody listens") as caught:
        await pool.query("RETURN 1")

    assert isinstance(caught.value.__cause__, ConnectFailed)
    assert caught.value.endpoint == "fake://database"
    assert "nobody listens" in repr(pool)


async def test_guarantee_12_waiters_that_a_lease_can_still_serve_go_on_waiting(
    make_pool, connector, settle
):
    pool = make_pool(max_size=2)
    await pool.open()
    lease = await pool.checkout()
    connector.script("connect", then=REFUSED)
    task = asyncio.create_task(pool.checkout())
    await asyncio.sleep(20)
    assert not task.done()

    pool.checkin(lease)

    pool.checkin(await task)


async def test_guarantee_12_an_outage_is_probed_by_one_connect_at_a_time(
    make_pool, connector, settle
):
    pool = make_pool(min_size=8, max_size=8, connect_timeout=1000)
    await pool.open()
    await break_everything(connector, settle)
    await asyncio.sleep(60)
    before = connector.connects
    gate = connector.hold("connect")
    await asyncio.sleep(60)

    assert connector.connects == before + 1
    gate.open()


async def test_an_outage_is_logged_once_and_its_end_too(make_pool, connector, settle, caplog):
    caplog.set_level(logging.INFO, "purreal")
    pool = make_pool(min_size=2, max_size=2)
    await pool.open()
    await break_everything(connector, settle)
    await asyncio.sleep(60)
    connector.script("connect")
    await asyncio.sleep(60)

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert pool.stats().open == 2


async def test_refused_credentials_end_waiters_with_that_error(make_pool, connector, settle):
    pool = make_pool(min_size=0, max_size=1)
    await pool.open(wait=False)
    connector.script("connect", then=Step(0, lambda: AuthenticationFailed("wrong password")))

    with pytest.raises(AuthenticationFailed, match="wrong password"):
        await pool.query("RETURN 1")


async def test_guarantee_12_a_burst_of_failures_is_one_step_of_the_pause(
    make_pool, connector, settle
):
    pool = make_pool(min_size=16, max_size=16)
    await pool.open()
    await break_everything(connector, settle)
    assert pool.stats().connect_failures == 16
    connector.script("connect")
    started = asyncio.get_running_loop().time()

    await pool.query("RETURN 1")

    waited = asyncio.get_running_loop().time() - started
    assert waited <= FIRST_BACKOFF * (1 + BACKOFF_JITTER)


async def test_the_pause_grows_from_failure_to_failure_and_is_jittered(
    make_pool, connector, settle
):
    pauses = []
    for seed in range(30):
        backoff = Backoff(random.Random(seed))
        now = 0.0
        for _ in range(8):
            backoff.failed(now, now)
            pauses.append((backoff.retry_at - now) / min(5.0, 0.1 * 2 ** (backoff.failures - 1)))
            now = backoff.retry_at

    assert 1 - BACKOFF_JITTER <= min(pauses) < 0.85
    assert 1.15 < max(pauses) <= 1 + BACKOFF_JITTER


async def test_guarantee_12_lost_leases_are_no_hope_for_waiters(make_pool, connector, settle):
    pool = make_pool(max_size=1)
    await pool.open()
    lease = await pool.checkout()
    waiting = asyncio.create_task(pool.checkout())
    other = asyncio.create_task(pool.checkout())
    await break_everything(connector, settle)
    assert not waiting.done()

    pool.checkin(lease)

    for task in (waiting, other):
        with pytest.raises(Unreachable):
            await task


async def test_guarantee_12_a_failed_connect_beside_a_lost_lease_wakes_the_waiters(
    make_pool, connector, settle
):
    pool = make_pool(max_size=2)
    await pool.open()
    lease = await pool.checkout()
    await break_everything(connector, settle)

    with pytest.raises(Unreachable):
        await pool.checkout()

    pool.checkin(lease)


async def test_a_connector_that_makes_nonsense_is_told_and_tried_with_pauses(
    make_pool, connector, caplog
):
    attempts = []

    async def connect():
        attempts.append(asyncio.get_running_loop().time())
        return "no connection"

    connector.connect = connect
    pool = make_pool(min_size=1, max_size=1)
    await pool.open(wait=False)

    with pytest.raises(Unreachable, match="no attribute 'usable'"):
        await pool.query("RETURN 1")
    await asyncio.sleep(10)

    assert len(attempts) < 12
    assert "unexpected error" in caplog.text
