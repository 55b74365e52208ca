"""Guarantee 12: after an outage of any length the pool serves again, at full size."""

import asyncio
import logging

import pytest

from purreal import AuthenticationFailed, ConnectFailed, Unreachable
from purreal._pacing import BACKOFF_JITTER, LONGEST_BACKOFF
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
