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
    Check,
    Claim,
    Close,
    Condition,
    Fail,
    Open,
    Reset,
    SlotState,
)
from purreal.testing import FakeConnector, Step


def new_claim():
    return Claim(None, None, (lambda: None).__code__, 0)


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
                case Claim(slot=slot):
                    assert command is self.queue.pop(0)
                    assert slot.claim is command
                    self.held.append(slot)
                case Fail(claim, error):
                    assert isinstance(error, Exception)
                    self.queue.remove(claim)
                case Open() | Check() | Reset() | Close():
                    self.jobs.append(command)

    @rule()
    def acquire(self):
        claim = new_claim()
        try:
            lent = self.core.request(claim, self.now)
        except TooManyWaiters:
            assert len(self.queue) == 4
        except PoolError:
            assert self.core.closed
        else:
            if lent:
                assert not self.queue, "a newcomer overtook a waiter"
                self.held.append(claim.slot)
            else:
                self.queue.append(claim)
        self.drain()

    @rule()
    def acquire_now_or_never(self):
        claim = new_claim()
        with contextlib.suppress(PoolError):
            assert self.core.request(claim, self.now, now_or_never=True)
            self.held.append(claim.slot)
        self.drain()

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def leave_the_queue(self, data):
        claim = data.draw(st.sampled_from(self.queue))
        self.queue.remove(claim)
        if data.draw(st.booleans()):
            self.core.withdraw(claim)
        else:
            assert isinstance(self.core.expire(claim, self.now), AcquireTimeout)
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
        self.finish(job, well)

    def finish(self, job, well):
        match job:
            case Open(slot) if well:
                self.core.connected(slot, Thing(), 0.1, self.now)
            case Open(slot):
                self.core.connect_failed(slot, Unreachable("down"), self.now)
            case Close(slot):
                self.core.vacated(slot, self.now)
                nothing_more_may_open = not self.core._may_connect(self.now)
                assert nothing_more_may_open or (
                    self.core.timetable.owed <= self.core.ledger.connecting
                )
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

    @rule(data=st.data(), all_at_once=st.booleans())
    def lose_connections(self, data, all_at_once):
        """One, or all as when they shared a socket."""
        preparing = [job.slot for job in self.jobs if isinstance(job, Check | Reset)]
        slots = list(self.core.ledger.idle) + self.held + preparing
        if slots:
            lost = slots if all_at_once else [data.draw(st.sampled_from(slots))]
            for slot in lost:
                self.core.lost(slot, self.now)
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
    def no_more_connects_run_than_allowed(self):
        assert self.core.ledger.connecting <= 2

    @invariant()
    def no_more_is_owed_than_was_lost(self):
        assert 0 <= self.core.timetable.owed <= self.core.ledger.counters.lost

    @invariant()
    def the_core_agrees_with_the_model(self):
        ledger = self.core.ledger
        assert list(ledger.waiting) == self.queue
        assert ledger.waiting.count == len(self.queue)
        assert set(ledger.leased_slots()) == set(self.held)
        assert ledger.leased == len(self.held)
        assert len(self.held) == len(set(self.held)), "one connection with two borrowers"

    @invariant()
    def what_is_counted_is_what_there_is(self):
        ledger, states = self.core.ledger, [slot.state for slot in self.core.ledger.slots]
        assert states.count(SlotState.VACANT) == len(ledger.vacant)
        assert states.count(SlotState.CONNECTING) == ledger.connecting
        assert states.count(SlotState.IDLE) == len(ledger.idle)
        assert states.count(SlotState.LEASED) == ledger.leased
        assert states.count(SlotState.CLOSING) == ledger.closing
        in_preparation = states.count(SlotState.CHECKING) + states.count(SlotState.RESETTING)
        assert in_preparation == ledger.preparing
        assert ledger.open == len(ledger.idle) + ledger.leased + in_preparation

    @invariant()
    def nothing_fit_is_idle_while_somebody_waits(self):
        ledger = self.core.ledger
        if ledger.waiting.count:
            fit = [
                s for s in ledger.idle if self.now - s.idle_since < 10 and self.now < s.expires_at
            ]
            assert not fit

    @invariant()
    def whoever_waits_has_something_to_wait_for(self):
        ledger = self.core.ledger
        if ledger.waiting.count:
            assert (
                ledger.leased
                or self.jobs
                or ledger.idle
                or self.core.timetable.next_tick < float("inf")
            )

    def settle_debts(self):
        """Whatever is owed is there once nothing is in the way of it any more."""
        while self.jobs:
            self.finish(self.jobs.pop(0), well=True)
        for _ in range(7):  # seconds: longer than the longest pause
            self.now += 1.0
            self.core.tick(self.now)
            self.drain()
            while self.jobs:
                self.finish(self.jobs.pop(0), well=True)
        assert self.core.closed or not self.core.timetable.owed or not self.core.ledger.vacant

    def teardown(self):
        """However it went: once everything ended, all of the capacity is there again."""
        self.settle_debts()
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


CoreUnderRandomEvents.TestCase.settings = settings(max_examples=150, stateful_step_count=60)
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
