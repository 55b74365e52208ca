"""A runner asks for ever, hears orders, and gives up only on an operator that refuses it."""

import asyncio
from collections.abc import Callable
from random import Random

import pytest

from purreal_runner.pod.client import Answer, NoAnswer, TurnedAway
from purreal_runner.pod.conversation import TURNED_AWAY_SECONDS, Conversation
from purreal_runner.pod.coordination import OperatorSays, Order, RunnerSays, RunnerState

pytestmark = pytest.mark.looptime

FIRST = RunnerSays(pod_uid="uid", state=RunnerState.PREPARING)
Reply = OperatorSays | NoAnswer


class Operator:
    """Answers from a function of virtual time, after a round trip that can be set."""

    def __init__(self, reply: Callable[[float], Reply], round_trip: float = 0.0) -> None:
        self._reply = reply
        self.round_trip = round_trip
        self.asked: list[tuple[float, RunnerSays]] = []

    async def ask(self, says: RunnerSays) -> Answer:
        sent = now()
        self.asked.append((sent, says))
        await asyncio.sleep(self.round_trip / 2)
        reply = self._reply(now())
        await asyncio.sleep(self.round_trip / 2)
        if isinstance(reply, NoAnswer):
            raise reply
        return Answer(reply, now(), now() - sent)


def now() -> float:
    return asyncio.get_running_loop().time()


def talk_with(operator: Operator) -> Conversation:
    return Conversation(operator, FIRST, now, Random(1))


async def talked(talk: Conversation, seconds: float) -> None:
    """Lets the conversation go on for that long."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await talk.talk()


def says(order: Order, remaining: float | None = None, again: float = 0.5) -> OperatorSays:
    return OperatorSays(order=order, remaining_seconds=remaining, ask_again_seconds=again)


async def test_it_asks_as_often_as_it_is_told_to() -> None:
    operator = Operator(lambda _: says(Order.WAIT, again=2.0))

    await talked(talk_with(operator), 20.0)

    pauses = [b - a for (a, _), (b, _) in zip(operator.asked, operator.asked[1:], strict=False)]
    assert all(1.6 <= seconds <= 2.0 for seconds in pauses)


async def test_news_are_said_at_once() -> None:
    operator = Operator(lambda _: says(Order.WAIT, again=10.0))
    talk = talk_with(operator)
    asyncio.get_running_loop().call_later(3.0, lambda: talk.tell(state=RunnerState.READY))

    await talked(talk, 4.0)

    assert [(at, said.state) for at, said in operator.asked] == [
        (0.0, RunnerState.PREPARING),
        (3.0, RunnerState.READY),
    ]
    assert talk.was_answered(RunnerState.READY)


async def test_a_slow_answer_still_gives_the_common_start() -> None:
    operator = Operator(lambda at: says(Order.START, 30.0 - at), round_trip=1.0)
    talk = talk_with(operator)

    await talked(talk, 5.0)

    assert talk.heard.start is not None
    assert talk.heard.start.at == pytest.approx(30.0)


async def test_the_shortest_round_trip_is_told() -> None:
    operator = Operator(lambda _: says(Order.WAIT), round_trip=1.0)
    talk = talk_with(operator)

    await talked(talk, 3.0)
    operator.round_trip = 0.2
    await talked(talk, 3.0)
    operator.round_trip = 2.0
    await talked(talk, 6.0)

    assert operator.asked[-1][1].round_trip_seconds == pytest.approx(0.2)


async def test_wait_after_a_start_takes_the_start_back() -> None:
    operator = Operator(lambda at: says(Order.START, 60.0) if at < 2 else says(Order.WAIT))
    talk = talk_with(operator)

    await talked(talk, 5.0)

    assert talk.heard.start is None


async def test_a_runner_that_missed_the_start_begins_when_it_hears_of_the_run() -> None:
    operator = Operator(lambda at: says(Order.RUN))
    talk = talk_with(operator)

    await talked(talk, 1.0)

    assert talk.heard.start is not None
    assert talk.heard.start.at <= now()


async def test_an_order_to_end_is_never_unsaid() -> None:
    operator = Operator(lambda at: says(Order.DRAIN) if at < 1 else says(Order.RUN))
    talk = talk_with(operator)

    await talked(talk, 5.0)

    assert talk.heard.ending


async def test_an_operator_that_is_away_is_asked_for_ever() -> None:
    operator = Operator(lambda at: NoAnswer("away") if at < 3600 else says(Order.WAIT))
    talk = talk_with(operator)

    await talked(talk, 3610.0)

    assert talk.heard.order is Order.WAIT
    assert talk.turned_away is None


async def test_times_are_told_as_they_are_when_they_are_said() -> None:
    operator = Operator(lambda _: says(Order.RUN, again=1.0))
    talk = talk_with(operator)
    talk.ready_since = now() - 7.0
    talk.running_since = now() - 5.0

    await talked(talk, 10.0)

    assert all(said.ready_for_seconds == pytest.approx(at + 7.0) for at, said in operator.asked)
    assert all(said.running_for_seconds == pytest.approx(at + 5.0) for at, said in operator.asked)


async def test_refusals_for_half_a_minute_are_believed() -> None:
    talk = talk_with(Operator(lambda _: TurnedAway("the operator answered 403: another run")))

    await talked(talk, TURNED_AWAY_SECONDS + 10.0)

    assert talk.turned_away == "the operator answered 403: another run"


async def test_refusals_with_another_answer_between_them_are_not() -> None:
    def sometimes(at: float) -> Reply:
        return NoAnswer("503") if 20 < at < 30 else TurnedAway("404")

    talk = talk_with(Operator(sometimes))

    await talked(talk, 50.0)

    assert talk.turned_away is None


async def test_waiting_ends_with_what_is_waited_for() -> None:
    operator = Operator(lambda at: says(Order.WAIT) if at < 7 else says(Order.LEAVE))
    talk = talk_with(operator)
    talking = asyncio.create_task(talk.talk())

    heard = await talk.until(lambda: talk.heard.leave, timeout=60.0)

    talking.cancel()
    assert heard
    assert 7.0 <= now() <= 7.5


async def test_waiting_ends_with_its_time() -> None:
    talk = talk_with(Operator(lambda _: says(Order.WAIT)))

    assert not await talk.until(lambda: False, timeout=9.0)
    assert now() == pytest.approx(9.0)


async def test_no_more_notes_are_kept_than_can_be_sent() -> None:
    operator = Operator(lambda _: says(Order.WAIT))
    talk = talk_with(operator)
    for number in range(40):
        talk.note(f"note {number}")

    await talked(talk, 1.0)

    notes = operator.asked[-1][1].notes
    assert len(notes) == 16
    assert notes[-1] == "note 39"
