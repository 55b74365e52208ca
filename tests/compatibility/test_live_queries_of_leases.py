"""What becomes of live queries and sessions when a lease ends, on a real server."""

import asyncio
from uuid import UUID

import pytest
from surrealdb.errors import NotFoundError

from purreal import LeaseError, PoolClosed
from purreal_runner.embedded.launch import RunningTarget
from tests.compatibility.session_snippets import signed_in_session


@pytest.fixture
def target(server_target: RunningTarget) -> RunningTarget:
    """The embedded engine has no live queries."""
    return server_target


@pytest.fixture
async def stage(open_stage):
    async with open_stage() as stage:
        await stage.other.query("DEFINE TABLE t")
        yield stage


@pytest.fixture
async def pool(stage, make_pool):
    async with make_pool() as pool:
        yield pool


async def live_queries(stage):
    return (await stage.other.query("INFO FOR TABLE t"))["lives"]


async def test_the_next_borrower_finds_neither_live_queries_nor_sessions(pool, stage):
    async with pool.acquire() as lease:
        await lease.live("t")
        await lease.query("LIVE SELECT * FROM t")
        session = await signed_in_session(lease, stage)
        await session.live("t")
        await (await session.begin_transaction()).create("t:1")
        assert len(await live_queries(stage)) == 3

    async with pool.acquire() as lease:
        attached = await lease._request("sessions", [])
        assert await live_queries(stage) == {}
        assert session._session_id not in attached
        assert await lease.select("t") == []
    assert pool.stats().connects == 1


async def test_what_is_notified_late_disturbs_nobody(pool, stage):
    async with pool.acquire() as lease:
        await lease.live("t")
        writing = asyncio.create_task(stage.other.query("FOR $n IN 0..50 { CREATE t }"))
        await asyncio.sleep(0)

    async with pool.acquire() as lease:
        assert await lease.query("RETURN 1") == 1
        await writing
        assert len(await lease.select("t")) == 50
    assert pool.stats().connects == 1


async def test_reading_ends_with_the_lease(pool):
    async with pool.acquire() as lease:
        notifications = await lease.subscribe_live(await lease.live("t"))
        reading = asyncio.create_task(anext(notifications))
        await asyncio.sleep(0)

    with pytest.raises(LeaseError, match="can't read a live query of the lease acquired at"):
        await reading
    with pytest.raises(LeaseError):
        await anext(notifications)
    with pytest.raises(LeaseError, match="it was returned to its pool"):
        await lease.subscribe_live(UUID(int=5))


async def test_reading_ends_with_the_pool(pool):
    lease = await pool.checkout()
    notifications = await lease.subscribe_live(await lease.live("t"))
    reading = asyncio.create_task(anext(notifications))
    await asyncio.sleep(0)

    await pool.close(grace=0)

    with pytest.raises(PoolClosed):
        await reading


async def test_objects_of_a_lease_end_with_it(pool, stage):
    async with pool.acquire() as lease:
        session = await signed_in_session(lease, stage)
        transaction = await session.begin_transaction()

    for late in (session.query("RETURN 1"), session.close_session(), transaction.commit()):
        with pytest.raises(LeaseError):
            await late


async def test_a_lease_can_not_use_what_belongs_to_another(stage, make_pool):
    async with make_pool(max_size=2) as pool:
        one, other = await pool.checkout(), await pool.checkout()
        live_id, session_id = await one.live("t"), await one.attach()

        with pytest.raises(LeaseError):
            await other.subscribe_live(live_id)
        with pytest.raises(NotFoundError, match="Session not found"):
            await other.query("RETURN 1", session_id=session_id)
        await other.detach(session_id)
        await one.signin(
            {"username": stage.username, "password": stage.password}, session_id=session_id
        )


async def test_many_notifications_are_read_without_a_loss(pool, stage):
    found = []
    async with pool.acquire() as lease:
        notifications = await lease.subscribe_live(await lease.live("t"))
        # Not all at once: the server gives up sockets for which more than 100 messages wait.
        for begin in range(0, 1000, 50):
            await stage.other.query(
                "FOR $n IN $begin..$end { CREATE type::record('t', $n) }",
                {"begin": begin, "end": begin + 50},
            )
            found += [(await anext(notifications))["id"].id for _ in range(50)]

    assert sorted(found) == list(range(1000))
