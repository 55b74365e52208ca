"""Common issue: deadlock by nested acquire() calls. Ten workers hold one lease each and want two.

    purreal run --workload examples/common-issues/nested_acquire.py --workers 10 --operations 100 \\
        --max-size 10

When all ten connections are held by tasks that wait for another one, waiting could never end. The
pool finds that out at once and names both lines; the advice is the guide's fix: check your code
for nested acquire() calls.
"""

import asyncio

from purreal import Lease, SurrealDBConnectionPool


async def simulate_work(conn: Lease, task_id: int, pool: SurrealDBConnectionPool) -> None:
    """One operation."""
    await conn.query("RETURN $task", {"task": task_id})
    await asyncio.sleep(0.01)  # the others come as far as this
    async with pool.acquire() as second:
        await second.query("RETURN $task", {"task": task_id})
