"""Pools on scripted connections and on scripted sessions: no sockets, no real time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from purreal import PoolStats, SurrealDBConnectionPool
from purreal.testing import FakeConnector
from tests.pool.session_connector import SessionConnector

MakePool = Callable[..., SurrealDBConnectionPool]
NewConnector = Callable[[], FakeConnector]


@pytest.fixture(params=[FakeConnector, SessionConnector], ids=["connections", "sessions"])
def new_connector(request: pytest.FixtureRequest) -> NewConnector:
    """What a pool lends: each guarantee holds for both."""
    make: NewConnector = request.param
    return make


@pytest.fixture
def connector(new_connector: NewConnector) -> FakeConnector:
    return new_connector()


@pytest.fixture
async def make_pool(connector: FakeConnector) -> AsyncIterator[MakePool]:
    """Make pools on the fake connector; whatever is left open is closed at the end."""
    pools: list[SurrealDBConnectionPool] = []

    def make(**settings: Any) -> SurrealDBConnectionPool:
        settings.setdefault("connector", connector)
        settings.setdefault("min_size", 0)
        settings.setdefault("max_size", 2)
        pool = SurrealDBConnectionPool("ws://fake", **settings)
        pools.append(pool)
        return pool

    yield make
    for pool in pools:
        await pool.close(grace=0)


@pytest.fixture
def settle() -> Callable[[], Awaitable[None]]:
    """Let every task run until it waits for something that only time or the test can bring."""

    async def run_ready_tasks() -> None:
        for _ in range(30):
            await asyncio.sleep(0)

    return run_ready_tasks


@pytest.fixture
def assert_balanced() -> Callable[[PoolStats], None]:
    """The two sums that the documentation of `PoolStats` promises."""

    def check(stats: PoolStats) -> None:
        parts = stats.connecting + stats.idle + stats.leased + stats.preparing + stats.closing
        assert stats.size == parts <= stats.max_size
        ended = stats.granted + stats.timed_out + stats.shed + stats.cancelled + stats.failed
        assert stats.requests == ended + stats.waiting

    return check


@pytest.fixture
def assert_whole(
    settle: Callable[[], Awaitable[None]], assert_balanced: Callable[[PoolStats], None]
) -> Callable[..., Awaitable[None]]:
    """Nothing leaked: all of the capacity can be lent, and after a close nothing of it lives."""

    async def check(pool: SurrealDBConnectionPool, connector: FakeConnector) -> None:
        await settle()
        assert_balanced(pool.stats())
        if not pool.closed:
            assert pool.stats().leased == pool.stats().waiting == 0
            leases = [await pool.checkout() for _ in range(pool.stats().max_size)]
            assert len({id(lease.slot) for lease in leases}) == pool.stats().max_size
            for lease in leases:
                pool.checkin(lease)
            assert_balanced(pool.stats())
        await pool.close(grace=0)
        await settle()
        assert pool.stats().size == 0
        assert connector.open == connector.connecting == connector.sockets == 0
        assert connector.peak_open <= pool.stats().max_size
        assert asyncio.all_tasks() == {asyncio.current_task()}

    return check
