"""Common issue: leases that are not given back. Every twentieth operation forgets its second one.

    purreal run --workload examples/common-issues/leaked_leases.py --workers 5 --operations 100 \\
        --max-size 20

The report's warning sign counts the leases that did not come back, and the advice says how to give
them back: `async with pool.acquire()`, or `checkin` in `finally`.
"""

from purreal import Lease, SurrealDBConnectionPool


async def simulate_work(conn: Lease, task_id: int, pool: SurrealDBConnectionPool) -> None:
    """One operation."""
    await conn.query("RETURN $task", {"task": task_id})
    if task_id % 20 == 0:
        forgotten = await pool.checkout()
        await forgotten.query("RETURN 1")  # and no pool.checkin(forgotten)
