"""What requests of a pool carry of a trace, and what the function that says so can't break."""

import asyncio

import pytest

CONTEXT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def exchanges():
    return []


async def test_it_is_asked_once_for_each_request_in_the_task_that_makes_it(make_pool, exchanges):
    asked = []

    def ask():
        asked.append(asyncio.current_task())
        return CONTEXT

    pool = make_pool(max_size=1, on_exchange=exchanges.append, trace_context=ask)
    await pool.open()
    async with pool.acquire() as conn:
        await conn.query("RETURN 1")
        await conn.use("other", "place")
    await pool.query("RETURN 2")

    assert asked == [asyncio.current_task()] * 3
    assert [exchange.trace_context for exchange in exchanges] == [CONTEXT] * 3


async def test_without_it_requests_carry_nothing(make_pool, exchanges):
    pool = make_pool(max_size=1, on_exchange=exchanges.append)
    await pool.open()
    await pool.query("RETURN 1")

    assert [exchange.trace_context for exchange in exchanges] == [None]


def fail():
    raise RuntimeError("the tracer has a bug")


@pytest.mark.parametrize("hook", [fail, lambda: 7, lambda: "00-ü-01"])
async def test_one_that_fails_is_logged_and_the_request_goes_without(
    hook, make_pool, exchanges, caplog
):
    pool = make_pool(max_size=1, on_exchange=exchanges.append, trace_context=hook)
    await pool.open()

    answer = await pool.query("RETURN 1")

    assert answer is None
    assert [exchange.trace_context for exchange in exchanges] == [None]
    [record] = caplog.records
    assert record.name == "purreal"
    assert "trace_context" in record.message
