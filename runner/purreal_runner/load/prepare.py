"""What happens in the database before and after the load: tables, set-up, hooks, dropping."""

import asyncio

from purreal import Lease
from purreal_runner.load.plan import ConnectionPlan
from purreal_runner.load.settings import RunRefused
from purreal_runner.load.target import single_connection
from purreal_runner.workload.tables import OwnTables
from purreal_runner.workload.workload import Hook, Workload

_CLEAN_UP_SECONDS = 30.0
_OPEN_AGAIN_SECONDS = 2.0
"""The database answered before; if it is gone now, waiting for it will not bring it back."""


async def prepare(
    connection: ConnectionPlan, workload: Workload, tables: OwnTables, setup: str
) -> None:
    """Makes the run's own tables, then runs the document's set-up, then the workload's own.

    Raises:
        RunRefused: a statement failed, in the database's words.
    """
    async with single_connection(connection) as pool, pool.acquire(timeout=None) as conn:
        await _run(conn, tables.define(workload.tables), "the run's own tables can't be made")
        await _run(conn, [setup] if setup.strip() else [], "setup failed")
        if workload.set_up is not None:
            await _call(workload.set_up, conn)


async def clean_up(
    connection: ConnectionPlan, workload: Workload, tables: OwnTables, *, prepared: bool
) -> str | None:
    """Drops what the run made; bounded in time.

    Args:
        connection: where.
        workload: what it was made for.
        tables: names what to drop.
        prepared: whether `prepare` came to its end; the workload's teardown may rely on that.

    Returns:
        What could not be dropped and why, in words; None when everything is gone.
    """
    statements = tables.remove(workload.tables)
    tear_down = workload.tear_down if prepared else None
    if not statements and tear_down is None:
        return None
    try:
        async with (
            asyncio.timeout(_CLEAN_UP_SECONDS),
            single_connection(connection, _OPEN_AGAIN_SECONDS) as pool,
            pool.acquire(timeout=None) as conn,
        ):
            if tear_down is not None:
                await tear_down(conn)
            for statement in statements:
                await conn.query(statement)
    except Exception as error:
        left = f"tables {tables.prefix}_*" if statements else "what the workload made"
        return f"{left} could not be dropped: {type(error).__name__}: {error}"
    return None


async def _run(conn: Lease, statements: list[str], failing: str) -> None:
    for statement in statements:
        try:
            await conn.query(statement)
        except Exception as error:
            raise RunRefused(f"{failing}: {error}") from error


async def _call(hook: Hook, conn: Lease) -> None:
    try:
        await hook(conn)
    except Exception as error:
        raise RunRefused(f"the workload's setup failed: {type(error).__name__}: {error}") from error
