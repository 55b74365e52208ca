"""A runner that nobody answers, or that is refused, ends in bounded time and says so."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from purreal_runner.pod.client import Answer, NoAnswer, TurnedAway
from purreal_runner.pod.conversation import Conversation
from purreal_runner.pod.coordination import OperatorSays, Order, RunnerSays, RunnerState
from purreal_runner.pod.life import Life
from purreal_runner.pod.settings import read_settings
from tests.pod.pods import document, environment, write_files

pytestmark = pytest.mark.looptime

Reply = Order | NoAnswer


class Operator:
    """Answers from a function of what is said."""

    def __init__(self, reply: Callable[[RunnerSays], Reply]) -> None:
        self._reply = reply
        self.says: list[RunnerSays] = []

    async def ask(self, says: RunnerSays) -> Answer:
        self.says.append(says)
        reply = self._reply(says)
        if isinstance(reply, NoAnswer):
            raise reply
        return Answer(OperatorSays(order=reply), now(), 0.0)


def now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def living(operator: Operator, folder: Path, index: int = 0) -> AsyncIterator[Life]:
    """A runner that talks with `operator`."""
    write_files(folder, document(), "root", "secret")
    settings = read_settings(environment(folder, "http://operator", "ws://db:8000", index))
    says = RunnerSays(pod_uid="uid", state=RunnerState.PREPARING)
    talk = Conversation(operator, says, now)
    talking = asyncio.create_task(talk.talk())
    async with aiohttp.ClientSession() as session:
        yield Life(settings, session, talk)
    talking.cancel()


async def test_a_runner_that_is_refused_for_half_a_minute_ends(tmp_path: Path) -> None:
    operator = Operator(lambda _: TurnedAway("the operator answered 401"))

    async with living(operator, tmp_path) as life:
        assert await life.live() == 1

    assert 30.0 <= now() <= 36.0


async def test_a_finished_runner_leaves_when_nobody_answers_for_a_minute(tmp_path: Path) -> None:
    def drains_and_dies(says: RunnerSays) -> Reply:
        return NoAnswer("gone") if says.state is RunnerState.FINISHED else Order.DRAIN

    async with living(Operator(drains_and_dies), tmp_path) as life:
        assert await life.live() == 0

    assert 60.0 <= now() <= 64.0


async def test_a_failed_runner_says_so_for_twenty_seconds(tmp_path: Path) -> None:
    def dies(says: RunnerSays) -> Reply:
        return NoAnswer("gone") if says.state is RunnerState.FAILED else Order.WAIT

    operator = Operator(dies)

    async with living(operator, tmp_path, index=7) as life:
        assert await life.live() == 1

    assert now() == pytest.approx(20.0, abs=1.0)
    failure = operator.says[-1].failure
    assert failure is not None
    assert "this is runner 7" in failure.message


async def test_a_failed_runner_that_was_heard_ends_at_once(tmp_path: Path) -> None:
    operator = Operator(lambda _: Order.WAIT)

    async with living(operator, tmp_path, index=7) as life:
        assert await life.live() == 1

    assert operator.says[-1].state is RunnerState.FAILED
    assert now() < 1.0


async def test_a_pod_that_is_terminated_before_it_was_answered_ends(tmp_path: Path) -> None:
    async with living(Operator(lambda _: NoAnswer("gone")), tmp_path) as life:
        asyncio.get_running_loop().call_later(5.0, life.terminate)
        assert await life.live() == 1

    assert now() == pytest.approx(7.0, abs=0.1)
