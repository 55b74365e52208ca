"""Common issue: memory growth. Every operation keeps a quarter of a megabyte and nothing frees it.

    purreal run --workload examples/common-issues/memory_growth.py --workers 10 --operations 600

The report's warning sign names the growth, and the advice is the guide's fix: lower max_idle_time
and max_lifetime. That helps when connections hold the memory; here the list below does, and the
report shows that memory did not come back although the leases did.
"""

from purreal import Lease

KEPT: list[bytearray] = []


async def simulate_work(conn: Lease, task_id: int) -> None:
    """One operation."""
    await conn.query("RETURN $task", {"task": task_id})
    # Written to, so that it is resident and not only promised.
    KEPT.append(bytearray(b"x" * (256 * 1024)))
