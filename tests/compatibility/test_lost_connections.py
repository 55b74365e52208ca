"""Where no answer comes, the SDK and a lease differ on purpose; a server that drops shows how."""

import asyncio

import pytest
from surrealdb import AsyncSurreal

from purreal import ConnectionLost, Credentials, Outcome, SurrealDBConnectionPool, outcome_of
from purreal.testing import FakeServer


@pytest.fixture
async def dropping():
    """Answers all but queries, whose connections it cuts."""
    async with FakeServer(drop_ratio=1.0) as server:
        yield server


async def test_a_lease_says_what_is_known_about_the_request(dropping):
    async with (
        SurrealDBConnectionPool(
            dropping.url, credentials=Credentials("root", "pw"), min_size=0
        ) as pool,
        pool.acquire() as lease,
    ):
        with pytest.raises(ConnectionLost) as unanswered:
            await lease.query("RETURN 1")
        with pytest.raises(ConnectionLost) as unsent:
            await lease.query("RETURN 2")

    assert outcome_of(unanswered.value) is Outcome.UNKNOWN
    assert outcome_of(unsent.value) is Outcome.NOT_SENT
    assert dropping.requests["query"] == 1


async def test_the_sdk_cancels_its_caller_or_fails_inside(dropping):
    connection = AsyncSurreal(dropping.url)
    await connection.signin({"username": "root", "password": "pw"})
    task = asyncio.create_task(connection.query("RETURN 1"))

    await asyncio.wait({task}, timeout=10)

    assert task.done()
    assert task.cancelled() or isinstance(task.exception(), KeyError)
    await connection.close()
