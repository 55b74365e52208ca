"""Pins the types of the public API: mypy checks this file, nothing runs it."""

from collections.abc import Callable
from typing import Any, assert_type
from uuid import UUID, uuid4

from surrealdb import AsyncSurrealSession, AsyncSurrealTransaction

from purreal import (
    Credentials,
    Exchange,
    Lease,
    Outcome,
    PoolStats,
    SurrealDBConnectionPool,
    outcome_of,
)
from purreal.telemetry import Instrumentation, instrument, trace_exchanges


async def the_pool() -> None:
    def on_exchange(exchange: Exchange) -> None:
        assert_type(exchange.method, str)
        assert_type(exchange.seconds, float)
        assert_type(exchange.error, BaseException | None)

    pool = SurrealDBConnectionPool(
        "ws://localhost:8000",
        credentials=Credentials("root", "secret"),
        namespace="shop",
        database="checkout",
        min_size=50,
        max_size=600,
        max_lifetime=300,
        max_idle_time=60,
        acquire_timeout=30,
        on_exchange=on_exchange,
        trace_context=lambda: None,
    )
    async with pool as same:
        assert_type(same, SurrealDBConnectionPool)
    assert_type(await pool.open(wait=True, timeout=30.0), None)
    async with pool.acquire() as conn:
        assert_type(conn, Lease)
        assert_type(await conn.query("RETURN $x", {"x": 1}), Any)
        assert_type(await conn.query("RETURN 1", None, uuid4(), uuid4()), Any)
        live_id = await conn.live("person", diff=True)
        assert_type(live_id, UUID)
        async for record in await conn.subscribe_live(live_id):
            assert_type(record, Any)
        session = await conn.new_session()
        assert_type(session, AsyncSurrealSession)
        assert_type(await session.begin_transaction(), AsyncSurrealTransaction)
        async with conn as same_lease:
            assert_type(same_lease, Lease)
        assert_type(await conn.close(), None)
    async with pool.acquire(timeout=None), pool.acquire(timeout=0.5):
        pass
    lease = await pool.checkout(timeout=1)
    assert_type(lease, Lease)
    assert_type(pool.checkin(lease), None)
    assert_type(await pool.query("RETURN 1"), Any)
    stats = pool.stats()
    assert_type(stats, PoolStats)
    assert_type(stats.leased, int)
    assert_type(stats.last_error, str | None)
    assert_type(await pool.close(grace=1.0), None)
    assert_type(outcome_of(ValueError()), Outcome | None)


def telemetry(pool: SurrealDBConnectionPool) -> None:
    with instrument(pool) as handle:
        assert_type(handle, Instrumentation)
    assert_type(trace_exchanges(), Callable[[Exchange], None])


def wrong_calls() -> None:
    SurrealDBConnectionPool("ws://localhost:8000", min_size="5")  # type: ignore[arg-type]
    SurrealDBConnectionPool("ws://localhost:8000", None)  # type: ignore[call-arg]
    SurrealDBConnectionPool()  # type: ignore[call-arg]
