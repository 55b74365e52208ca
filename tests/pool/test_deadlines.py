"""Deadlines on one shared timer: each passes in time, and one called off never does."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purreal._deadlines import Deadlines

pytestmark = pytest.mark.looptime


class Entry:
    """Something with a deadline, which notes when that passed."""

    def __init__(self, on_expire=None) -> None:
        self.passed_at: list[float] = []
        self._on_expire = on_expire

    def expire(self) -> None:
        self.passed_at.append(asyncio.get_running_loop().time())
        if self._on_expire is not None:
            self._on_expire()


@pytest.fixture
async def deadlines() -> Deadlines:
    return Deadlines(asyncio.get_running_loop())


def set_all(deadlines, *seconds) -> list[Entry]:
    entries = [Entry() for _ in seconds]
    for entry, limit in zip(entries, seconds, strict=True):
        deadlines.set(entry, limit)
    return entries


async def test_each_deadline_passes_at_its_time_in_whatever_order_they_were_set(deadlines):
    seconds = (30.0, 5.0, 60.0, 5.0, 0.5)
    entries = set_all(deadlines, *seconds)

    await asyncio.sleep(61)

    assert [entry.passed_at for entry in entries] == [[pytest.approx(each)] for each in seconds]


async def test_what_was_called_off_does_not_pass_and_hides_no_other(deadlines):
    first, second, third = set_all(deadlines, 5.0, 5.0, 7.0)

    deadlines.call_off(first, 5.0)
    deadlines.call_off(first, 5.0)
    deadlines.call_off(third, 7.0)
    await asyncio.sleep(10)

    assert [first.passed_at, third.passed_at] == [[], []]
    assert second.passed_at == [pytest.approx(5.0)]


async def test_one_that_passes_may_call_off_the_next(deadlines):
    second = Entry()
    first = Entry(on_expire=lambda: deadlines.call_off(second, 5.0))
    deadlines.set(first, 5.0)
    deadlines.set(second, 5.0)

    await asyncio.sleep(10)

    assert (len(first.passed_at), second.passed_at) == (1, [])


async def test_one_that_passes_may_set_another_which_is_sooner_than_all_others(deadlines):
    later = Entry()
    first = Entry(on_expire=lambda: deadlines.set(later, 1.0))
    deadlines.set(first, 5.0)
    deadlines.set(Entry(), 60.0)

    await asyncio.sleep(10)

    assert later.passed_at == [pytest.approx(6.0)]


async def test_ten_thousand_that_are_set_and_called_off_use_one_timer(deadlines, monkeypatch):
    timers = []
    loop = deadlines.loop
    call_at = loop.call_at
    monkeypatch.setattr(loop, "call_at", lambda *args: timers.append(args) or call_at(*args))

    for _ in range(10_000):
        (entry,) = set_all(deadlines, 60.0)
        deadlines.call_off(entry, 60.0)

    assert len(timers) == 1


async def test_callers_with_ever_new_numbers_leave_nothing_behind(deadlines):
    for number in range(1000):
        (entry,) = set_all(deadlines, 60.0 + number / 1000)
        deadlines.call_off(entry, 60.0 + number / 1000)

    assert len(deadlines._lines) <= 17


async def test_a_deadline_of_now_passes_in_the_next_turn_and_not_in_this_one(deadlines):
    (entry,) = set_all(deadlines, 0.0)
    at_once = list(entry.passed_at)

    await asyncio.sleep(0.001)

    assert (at_once, len(entry.passed_at)) == ([], 1)


@given(
    plan=st.lists(
        st.tuples(st.sampled_from([1.0, 2.0, 5.0, 0.1, 7.5]), st.floats(0, 3), st.booleans()),
        max_size=12,
    )
)
def test_any_mixture_passes_exactly_what_is_due(plan):
    async def play():
        deadlines = Deadlines(asyncio.get_running_loop())
        clock = deadlines.loop.time
        expected = []
        for seconds, pause, is_called_off in plan:
            entry = Entry()
            deadlines.set(entry, seconds)
            expected.append((entry, None if is_called_off else clock() + seconds))
            if is_called_off:
                deadlines.call_off(entry, seconds)
            await asyncio.sleep(pause)
        await asyncio.sleep(20)
        for entry, when in expected:
            assert entry.passed_at == ([] if when is None else [pytest.approx(when, abs=0.001)])

    looptime_loop = pytest.importorskip("looptime").new_event_loop()
    try:
        looptime_loop.run_until_complete(play())
    finally:
        looptime_loop.close()


async def test_a_limit_interrupts_its_block_with_a_timeout(deadlines):
    with pytest.raises(TimeoutError) as caught, deadlines.limit(5.0) as limit:
        await asyncio.sleep(10)

    assert limit.expired
    assert type(caught.value.__cause__) is asyncio.CancelledError
    assert asyncio.current_task().cancelling() == 0
    assert deadlines.loop.time() == pytest.approx(5.0)


async def test_a_block_within_its_limit_is_left_alone(deadlines):
    with deadlines.limit(5.0) as limit:
        await asyncio.sleep(1)
    await asyncio.sleep(10)

    assert not limit.expired
    assert asyncio.current_task().cancelling() == 0


async def test_no_limit_is_no_limit(deadlines):
    with deadlines.limit(None) as limit:
        await asyncio.sleep(100_000)

    assert not limit.expired


async def test_an_error_of_the_block_comes_out_as_it_is(deadlines):
    with pytest.raises(ValueError, match="mine"), deadlines.limit(5.0):
        raise ValueError("mine")
    await asyncio.sleep(10)


async def test_a_caller_s_own_cancellation_is_not_taken_for_the_limit_s(deadlines):
    async def limited():
        with deadlines.limit(5.0):
            await asyncio.sleep(10)

    early, at_once = asyncio.create_task(limited()), asyncio.create_task(limited())
    deadlines.loop.call_at(5.0, at_once.cancel)
    await asyncio.sleep(1)
    early.cancel()
    await asyncio.wait({early, at_once})

    assert early.cancelled()
    assert at_once.cancelled()


async def test_of_two_limits_the_outer_one_stays_an_outer_one(deadlines):
    with (
        pytest.raises(TimeoutError),
        deadlines.limit(2.0) as outer,
        deadlines.limit(5.0) as inner,
    ):
        await asyncio.sleep(10)

    assert (outer.expired, inner.expired) == (True, False)
    assert asyncio.current_task().cancelling() == 0


async def test_a_block_without_a_limit_is_interrupted_when_it_is_told_to_expire(deadlines):
    limit = deadlines.limit(None)
    deadlines.loop.call_later(3.0, limit.expire)

    with pytest.raises(TimeoutError), limit:
        await asyncio.sleep(10)

    assert limit.expired
    assert deadlines.loop.time() == pytest.approx(3.0)
    assert asyncio.current_task().cancelling() == 0


async def test_a_block_that_is_told_to_expire_more_than_once_is_interrupted_once(deadlines):
    limit = deadlines.limit(5.0)
    for _ in range(2):
        deadlines.loop.call_later(3.0, limit.expire)

    with pytest.raises(TimeoutError), limit:
        await asyncio.sleep(10)
    await asyncio.sleep(10)  # its deadline passes

    assert asyncio.current_task().cancelling() == 0


async def test_to_expire_a_block_that_is_over_interrupts_nobody(deadlines):
    with deadlines.limit(5.0) as limit:
        await asyncio.sleep(1)

    limit.expire()
    await asyncio.sleep(10)

    assert not limit.expired


async def test_a_future_gets_none_at_its_deadline_and_keeps_what_it_got_before(deadlines):
    loop = asyncio.get_running_loop()
    waiting, answered, cancelled, called_off = (loop.create_future() for _ in range(4))
    for future in (waiting, answered, cancelled, called_off):
        deadlines.set(future, 5.0)
    answered.set_result("reply")
    cancelled.cancel()
    deadlines.call_off(called_off, 5.0)

    await asyncio.sleep(4)
    before = waiting.done()
    await asyncio.sleep(2)

    assert (before, waiting.result(), answered.result()) == (False, None, "reply")
    assert cancelled.cancelled()
    assert not called_off.done()
