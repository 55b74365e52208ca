"""Guarantee 15: the steps of acquire and release do not grow with the pool or its queue.

Steps are counted, not timed: calls and lines of Python code. `benchmarks/lease.py` has the times.
"""

import asyncio
import contextlib
import gc
import sys
import weakref

import pytest

from purreal import AcquireTimeout, Lease
from purreal._config import PoolConfig
from purreal._grant import GrantFuture
from purreal._ledger import Ledger
from purreal._line import WaitingLine
from purreal._slots import Claim

pytestmark = pytest.mark.looptime


class StepCounter:
    """Counts the calls and lines of the pool's code that run inside its block."""

    def __enter__(self):
        self.steps = 0
        sys.settrace(self._trace)
        return self

    def __exit__(self, *exc):
        sys.settrace(None)

    def _trace(self, frame, event, arg):
        if "/purreal/_" not in frame.f_code.co_filename.replace("\\", "/"):
            return None
        self.steps += 1
        return self._trace


async def steps_of_idle_lease(make_pool, max_size):
    pool = make_pool(min_size=max_size, max_size=max_size, max_connecting=max_size)
    await pool.open()
    with StepCounter() as counter:
        async with pool.acquire():
            pass
    return counter.steps


async def steps_of_handing_over(make_pool, settle, waiters):
    pool = make_pool(max_size=1)
    await pool.open()
    lease = await pool.checkout()
    tasks = [asyncio.create_task(pool.checkout()) for _ in range(waiters)]
    await settle()
    with StepCounter() as counter:
        pool.checkin(lease)
    for task in tasks[1:]:
        task.cancel()
    pool.checkin(await tasks[0])
    return counter.steps


async def steps_of_queueing_and_leaving(make_pool, settle, waiters):
    pool = make_pool(max_size=1)
    await pool.open()
    lease = await pool.checkout()
    tasks = [asyncio.create_task(pool.checkout()) for _ in range(waiters)]
    await settle()
    with StepCounter() as counter:
        one_more = asyncio.create_task(pool.checkout())
        await asyncio.sleep(0)
        one_more.cancel()
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await settle()
    pool.checkin(lease)
    return counter.steps


async def test_guarantee_15_an_idle_lease_takes_the_same_steps_in_any_pool(make_pool):
    small = await steps_of_idle_lease(make_pool, 5)

    assert await steps_of_idle_lease(make_pool, 3000) == small
    assert small < 300


async def test_guarantee_15_handing_over_takes_the_same_steps_with_any_queue(make_pool, settle):
    short = await steps_of_handing_over(make_pool, settle, 5)

    assert await steps_of_handing_over(make_pool, settle, 3000) == short


async def test_guarantee_15_queueing_and_leaving_takes_the_same_steps_with_any_queue(
    make_pool, settle
):
    short = await steps_of_queueing_and_leaving(make_pool, settle, 5)

    assert await steps_of_queueing_and_leaving(make_pool, settle, 3000) == short


async def test_guarantee_15_stats_take_the_same_steps_in_any_pool(make_pool):
    counts = []
    for size in (5, 3000):
        pool = make_pool(min_size=size, max_size=size, max_connecting=size)
        await pool.open()
        with StepCounter() as counter:
            pool.stats()
        counts.append(counter.steps)

    assert counts[0] == counts[1]


def test_guarantee_15_a_connection_leaves_the_idle_ones_from_anywhere_in_one_step():
    """What lines can't show: a `deque` or `list` here would search in compiled code."""
    assert isinstance(Ledger(PoolConfig()).idle, dict)


def new_claims(number):
    return [Claim() for _ in range(number)]


def steps_of_leaving(number):
    """Let all leave a line of so many but the first, the last first: the worst order there is."""
    line, claims = WaitingLine(), new_claims(number)
    for claim in claims:
        line.join(claim)
    with StepCounter() as counter:
        for claim in reversed(claims[1:]):
            line.leave(claim)
    assert list(line) == claims[:1]
    return counter.steps


def test_guarantee_15_leaving_a_line_costs_the_same_at_any_length():
    assert steps_of_leaving(10_000) / 10_000 < 1.3 * steps_of_leaving(1_000) / 1_000


class Anybody:
    """Stands for a task."""


def test_guarantee_15_those_who_left_a_line_are_forgotten():
    line, first = WaitingLine(), new_claims(1)[0]
    line.join(first)

    tasks = weakref.WeakSet()
    for claim in new_claims(1_000):
        claim.task = Anybody()
        tasks.add(claim.task)
        line.join(claim)
        line.leave(claim)
    del claim

    assert len(tasks) < 100
    assert line.next() is first
    assert line.count == 0


async def test_guarantee_15_waiting_leaves_nothing_to_the_collector_of_garbage(
    make_pool, settle, without_collector
):
    """It looks at all that waits, so it makes long queues slow when it has to run often."""
    pool = make_pool(max_size=1)
    await pool.open()

    async def borrow():
        with contextlib.suppress(AcquireTimeout):
            async with pool.acquire(timeout=1):
                await asyncio.sleep(0.1)

    tasks = [asyncio.create_task(borrow()) for _ in range(20)]  # half of them run out of time
    await settle()
    tasks.pop().cancel()
    await asyncio.sleep(2)
    tasks.clear()

    left = [each for each in gc.get_objects() if isinstance(each, Lease | Claim | GrantFuture)]
    assert not [each for each in left if pool._desk in gc.get_referents(each)]
    assert not [each for each in left if pool._core in gc.get_referents(each)]


@pytest.fixture
def without_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def test_guarantee_15_an_acquire_captures_no_traceback(make_pool, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a traceback was captured")

    for name in ("extract_stack", "format_stack", "walk_stack"):
        monkeypatch.setattr(f"traceback.{name}", refuse)
    pool = make_pool(max_size=1)
    await pool.open()

    async with pool.acquire():
        pass
