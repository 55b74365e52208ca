"""Owns telling whether memory and leases came back after the load; advises nothing."""

from purreal_runner.judge import wording
from purreal_runner.judge.facts import PoolFacts
from purreal_runner.measure.data import Data
from purreal_runner.measure.merge import Merged

ALLOWED_GROWTH_BYTES = 64 * 1024 * 1024
"""Growth that any Python process may show: caches, and memory that is free but not given back."""
ALLOWED_PER_LEASE_BYTES = 256 * 1024
"""A connection that is still open may keep its buffers."""
_REAPING_SLACK = 2.0
"""An idle connection may live this many times `max_idle_time` before its absence is expected."""


class MemoryFindings(Data):
    """What did not come back after the load; nothing when `message` is empty.

    `kept_leases`: still lent although no operation runs. `idle_leases`: open above `min_size`
    longer than `max_idle_time` allows. `growth_bytes`: resident memory above that before the load,
    all load-generating processes together.
    """

    kept_leases: int = 0
    idle_leases: int = 0
    growth_bytes: int = 0
    message: str = ""


def look_at_memory(merged: Merged, pool: PoolFacts) -> MemoryFindings:
    """Compare the readings before and after the load."""
    kept = sum(each.after_load.used for each in merged.pools if each.after_load)
    idle = sum(_idle_too_long(merged, pool))
    growth = sum(
        each.rss_after_bytes - each.rss_before_bytes
        for each in merged.processes
        if each.rss_after_bytes and each.rss_before_bytes
    )
    still_open = sum(each.after_load.open for each in merged.pools if each.after_load)
    allowed = len(merged.processes) * ALLOWED_GROWTH_BYTES + still_open * ALLOWED_PER_LEASE_BYTES
    said = [
        f"{wording.count(kept, 'lease')} not given back after the load" if kept else "",
        f"{wording.count(idle, 'idle lease')} open beyond max_idle_time" if idle else "",
        f"resident memory is {wording.mebibytes(growth)} above that before the load"
        if growth > allowed
        else "",
    ]
    message = "; ".join(words for words in said if words)
    return MemoryFindings(
        kept_leases=kept, idle_leases=idle, growth_bytes=max(0, growth), message=message
    )


def _idle_too_long(merged: Merged, pool: PoolFacts) -> list[int]:
    if pool.max_idle_time is None:
        return []
    return [
        max(0, each.after_load.free - pool.min_size)
        for each in merged.pools
        if each.after_load and each.settled_seconds > pool.max_idle_time * _REAPING_SLACK
    ]
