"""Guarantees 1 and 2: never more than `max_size`, and nothing is lost, whatever happens."""

import asyncio
import contextlib
import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from purreal import AcquireTimeout, PoolError, TooManyWaiters, Unreachable
from purreal._config import PoolConfig
from purreal._core import Core
from purreal._slots import (
    Borrower,
    Check,
    Close,
    Condition,
    Fail,
    Grant,
    Open,
    Reset,
    Slot,
    SlotState,
)
from purreal.testing import FakeConnector, Step

BORROWER = Borrower(None, True, (lambda: None).__code__, 1)


class Thing:
    """A connection to the core: it never looks inside."""


class CoreUnderRandomEvents(RuleBasedStateMachine):
    """Feeds the core every event in any order and compares it with the simplest of models."""

    leases = Bundle("leases")
    waiters = Bundle("waiters")

    def __init__(self):
        super().__init__()
        self.now = 0.0
        config = PoolConfig(
            min_size=1,
            max_size=3,
            max_waiting=4,
            max_connecting=2,
            max_lifetime=50.0,
            max_idle_time=20.0,
            check_after_idle=10.0,
        )
        self.core = Core(config, random.Random(1))
        self.jobs = []
        self.queue = []
        self.held = []
        self.core.fill(1, self.now)
        self.drain()

    def drain(self):
        """Note what the core commands; grants must come in the order of the queue."""
        while self.core.commands:
            command = self.core.commands.popleft()
            match command:
                case Grant(waiter, slot):
                    assert waiter is self.queue.pop(0)
                    self.held.append(slot)
                case Fail(waiter, error):
                    assert isinstance(error, Exception)
                    self.queue.remove(waiter)
                case Open() | Check() | Reset() | Close():
                    self.jobs.append(command)

    @rule()
    def acquire(self):
        try:
            found = self.core.request(BORROWER, self.now)
        except TooManyWaiters:
            assert len(self.queue) == 4
        except PoolError:
            assert self.core.closed
        else:
            if isinstance(found, Slot):
                assert not self.queue, "a newcomer overtook a waiter"
                self.held.append(found)
            else:
                self.queue.append(found)
        self.drain()

    @rule()
    def acquire_now_or_never(self):
        with contextlib.suppress(PoolError):
            self.held.append(self.core.request(BORROWER, self.now, now_or_never=True))
        self.drain()

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def leave_the_queue(self, data):
        waiter = data.draw(st.sampled_from(self.queue))
        self.queue.remove(waiter)
        if data.draw(st.booleans()):
            self.core.withdraw(waiter)
        else:
            assert isinstance(self.core.expire(waiter, self.now), AcquireTimeout)
        self.drain()

    @precondition(lambda self: self.held)
    @rule(data=st.data(), condition=st.sampled_from(Condition))
    def give_back(self, data, condition):
        slot = data.draw(st.sampled_from(self.held))
        self.held.remove(slot)
        self.core.release(slot, condition, self.now)
        self.drain()

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), well=st.booleans())
    def finish_a_job(self, data, well):
        job = data.draw(st.sampled_from(self.jobs))
        self.jobs.remove(job)
        match job:
            case Open(slot) if well:
                self.core.connected(slot, Thing(), 0.1, self.now)
            case Open(slot):
                self.core.connect_failed(slot, Unreachable("down"), self.now)
            case Close(slot):
                self.core.vacated(slot, self.now)
            case Check(slot) | Reset(slot) if not well:
                self.core.unfit(slot, self.now)
            case Check(slot):
                self.core.checked(slot, self.now)
            case Reset(slot):
                self.core.was_reset(slot, self.now)
        self.drain()

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def dawdle(self, data):
        self.core.is_slow(data.draw(st.sampled_from(self.jobs)).slot, self.now)
        self.drain()

    @rule(data=st.data())
    def lose_a_connection(self, data):
        slots = list(self.core.ledger.idle) + self.held
        if slots:
            self.core.lost(data.draw(st.sampled_from(slots)), self.now)
            self.drain()

    @rule(seconds=st.sampled_from([0.0, 0.05, 1.0, 11.0, 60.0]))
    def let_time_pass(self, seconds):
        self.now += seconds
        if self.now >= self.core.timetable.next_tick:
            self.core.tick(self.now)
            assert self.core.timetable.next_tick > self.now or self.jobs
        self.drain()

    @rule(one_in_thirty=st.integers(0, 29))
    def close(self, one_in_thirty):
        if one_in_thirty == 0:
            self.core.begin_close()
            self.drain()
            assert not self.queue

    @invariant()
    def sizes_and_sums_hold(self):
        stats = self.core.ledger.snapshot(FakeConnector(), None)
        parts = stats.connecting + stats.idle + stats.leased + stats.preparing + stats.closing
        assert stats.size == parts <= 3
        ended = stats.granted + stats.timed_out + stats.shed + stats.cancelled + stats.failed
        assert stats.requests == ended + stats.waiting

    @invariant()
    def the_core_agrees_with_the_model(self):
        ledger = self.core.ledger
        assert list(ledger.waiting) == self.queue
        assert set(ledger.leased) == set(self.held)
        assert len(self.held) == len(set(self.held)), "one connection with two borrowers"

    @invariant()
    def nothing_fit_is_idle_while_somebody_waits(self):
        ledger = self.core.ledger
        if ledger.waiting:
            fit = [
                s for s in ledger.idle if self.now - s.idle_since < 10 and self.now < s.expires_at
            ]
            assert not fit

    @invariant()
    def whoever_waits_has_something_to_wait_for(self):
        ledger = self.core.ledger
        if ledger.waiting:
            assert (
                ledger.leased
                or self.jobs
                or ledger.idle
                or self.core.timetable.next_tick < float("inf")
            )

    def teardown(self):
        """However it went: once everything ended, all of the capacity is there again."""
        self.core.begin_close()
        self.drain()
        while self.held:
            self.core.release(self.held.pop(), Condition.CLEAN, self.now)
            self.drain()
        while self.jobs:
            job = self.jobs.pop()
            if isinstance(job, Open | Close):
                self.core.vacated(job.slot, self.now)
            else:
                self.core.unfit(job.slot, self.now)
            self.drain()
        assert len(self.core.ledger.vacant) == 3
        assert all(slot.state is SlotState.VACANT for slot in self.core.ledger.vacant)
        super().teardown()


CoreUnderRandomEvents.TestCase.settings = settings(
    max_examples=150, stateful_step_count=60, deadline=None
)
test_guarantee_01_02_core_under_random_events = CoreUnderRandomEvents.TestCase


async def borrow_at_random(pool, rng):
    for _ in range(6):
        try:
            async with asyncio.timeout(rng.choice([0.02, 0.2, 5])):
                async with pool.acquire() as conn:
                    await conn.query("RETURN 1")
                    if rng.random() < 0.2:
                        await conn.close()
                    if rng.random() < 0.2:
                        await conn.use("a", "b")
        except Exception:
            await asyncio.sleep(rng.random() / 10)


async def cancel_and_lose_at_random(connector, tasks, rng):
    for _ in range(40):
        await asyncio.sleep(rng.random() / 20)
        rng.choice(tasks).cancel()
        if connector.connections and rng.random() < 0.5:
            rng.choice(connector.connections).lose()


def random_steps(rng):
    kinds = [Step(0.0), Step(0.01), Step(0.3), Step(0.02, ConnectionResetError), Step(None)]
    return rng.choices(kinds, weights=[50, 20, 5, 10, 3], k=200)


@pytest.mark.looptime
@pytest.mark.parametrize("seed", range(40))
async def test_guarantee_01_02_pool_under_random_faults_and_cancels(
    seed, make_pool, connector, assert_whole
):
    rng = random.Random(seed)
    for operation in ("connect", "request", "check", "reset"):
        connector.script(operation, *random_steps(rng))
    pool = make_pool(
        min_size=1,
        max_size=4,
        max_connecting=3,
        check_after_idle=0.05,
        max_idle_time=0.5,
        max_lifetime=2.0,
        connect_timeout=0.5,
    )
    await pool.open(wait=False)
    tasks = [asyncio.create_task(borrow_at_random(pool, rng)) for _ in range(12)]

    await cancel_and_lose_at_random(connector, tasks, rng)
    await asyncio.wait(tasks)

    for operation in ("connect", "request", "check", "reset"):
        connector.script(operation)
    await asyncio.sleep(20)
    await assert_whole(pool, connector)
