"""The runner's talk with the operator, from the first question to the last; runs no load.

It keeps what is to be said and what was heard; whoever acts on it waits with `until`.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from purreal_runner.pod.client import Answer, NoAnswer, TurnedAway
from purreal_runner.pod.clock import Start, more_exact, pause, start_of
from purreal_runner.pod.coordination import OperatorSays, Order, RunnerSays, RunnerState

TURNED_AWAY_SECONDS = 30.0
_SHORTEST_INTERVAL_SECONDS = 0.05
_LONGEST_INTERVAL_SECONDS = 30.0
_MOST_NOTES = 16

_log = logging.getLogger(__name__)


class Asks(Protocol):
    """Whoever carries a question to the operator: `OperatorClient`."""

    async def ask(self, says: RunnerSays) -> Answer:
        """Tells how we are and hears what to do.

        Raises:
            NoAnswer, TurnedAway: as `OperatorClient.ask`.
        """


@dataclass(slots=True)
class Heard:
    """What the operator has said so far. Orders that end something are never unsaid.

    Attributes:
        order: the latest one; None before the first answer.
        start: when the load begins; None while no start is ordered.
        at: when the latest answer came, or when asking began.
    """

    at: float
    order: Order | None = None
    start: Start | None = None
    drain: bool = False
    clean_up: bool = False
    leave: bool = False
    too_late: bool = False

    def hear(self, answer: OperatorSays) -> None:
        """Remembers an order; `start` is the conversation's, which knows the times."""
        self.order = answer.order
        self.drain |= answer.order is Order.DRAIN
        self.clean_up |= answer.order is Order.CLEAN_UP
        self.leave |= answer.order is Order.LEAVE
        self.too_late |= answer.order is Order.TOO_LATE

    @property
    def ending(self) -> bool:
        """Whether no load is wanted any more."""
        return self.drain or self.clean_up or self.leave


class Conversation:
    """Asks for as long as it runs, whatever happens to the operator meanwhile.

    Args:
        operator: who is asked.
        says: what is said at first.
        clock: monotonic seconds.
        random: scatters the questions of many runners.

    Attributes:
        heard: what the operator has said.
        turned_away: set when nothing but refusals came for `TURNED_AWAY_SECONDS`: the last one.
        ready_since: when all pools were open, on the clock.
        running_since: when the load began, on the clock.
    """

    def __init__(
        self,
        operator: Asks,
        says: RunnerSays,
        clock: Callable[[], float] = time.monotonic,
        random: Random | None = None,
    ) -> None:
        self._operator = operator
        self._says = says
        self._clock = clock
        self._random = random or Random()
        self.heard = Heard(at=clock())
        self.turned_away: str | None = None
        self.ready_since: float | None = None
        self.running_since: float | None = None
        self._answered: RunnerSays | None = None
        self._failures = 0
        self._refused_since: float | None = None
        self._interval = _SHORTEST_INTERVAL_SECONDS
        self._news = asyncio.Event()
        self._watchers: set[asyncio.Event] = set()

    @property
    def state(self) -> RunnerState:
        """What we say we are busy with."""
        return self._says.state

    def tell(self, **changes: Any) -> None:
        """Changes what is said, and says it at once."""
        self._says = self._says.model_copy(update=changes)
        self._news.set()

    def note(self, words: str) -> None:
        """Adds what the reader of the report should know."""
        _log.warning("%s", words)
        self.tell(notes=(*self._says.notes, words)[-_MOST_NOTES:])

    def was_answered(self, state: RunnerState, *, cleaned_up: bool = False) -> bool:
        """Whether the operator has answered since we say this."""
        answered = self._answered
        return (
            answered is not None
            and answered.state is state
            and (answered.cleaned_up or not cleaned_up)
        )

    def silent_for(self) -> float:
        """Seconds since the last answer, or since asking began."""
        return self._clock() - self.heard.at

    def changed(self) -> None:
        """Lets everybody who waits with `until` look again."""
        for watcher in self._watchers:
            watcher.set()

    async def until(self, condition: Callable[[], bool], timeout: float | None = None) -> bool:
        """Waits until `condition()` is true; it is asked after each answer and each `changed()`.

        Returns:
            Whether it became true within `timeout` seconds.
        """
        watcher = asyncio.Event()
        self._watchers.add(watcher)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    while not condition():
                        watcher.clear()
                        await watcher.wait()
        finally:
            self._watchers.discard(watcher)
        return condition()

    async def talk(self) -> None:
        """Asks and asks again, until it is cancelled."""
        while True:
            self._news.clear()
            wait = await self._ask_once()
            self.changed()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()

    async def _ask_once(self) -> float:
        """One question; returns how long to wait before the next one."""
        saying = self._saying()
        try:
            answer = await self._operator.ask(saying)
        except NoAnswer as error:
            return self._miss(error)
        self._take(answer, saying)
        return self._interval * self._random.uniform(0.8, 1.0)

    def _saying(self) -> RunnerSays:
        times = {
            "ready_for_seconds": self._seconds_since(self.ready_since),
            "running_for_seconds": self._seconds_since(self.running_since),
        }
        return self._says.model_copy(update=times)

    def _seconds_since(self, moment: float | None) -> float | None:
        return None if moment is None else max(0.0, self._clock() - moment)

    def _take(self, answer: Answer, saying: RunnerSays) -> None:
        if self._failures:
            _log.info("the operator answers again")
        self._failures = 0
        self._refused_since = None
        self._answered = saying
        before = self._says.round_trip_seconds
        shortest = answer.round_trip if before is None else min(before, answer.round_trip)
        self._says = self._says.model_copy(update={"round_trip_seconds": shortest})
        self._hear(answer)
        wanted = max(_SHORTEST_INTERVAL_SECONDS, answer.says.ask_again_seconds)
        self._interval = min(wanted, _LONGEST_INTERVAL_SECONDS)

    def _hear(self, answer: Answer) -> None:
        heard, says = self.heard, answer.says
        if says.order is not heard.order:
            _log.info("the operator says %s", says.order)
        heard.hear(says)
        heard.at = answer.received
        if says.order is Order.START:
            remaining = max(0.0, says.remaining_seconds or 0.0)
            start = start_of(remaining, answer.round_trip, answer.received)
            heard.start = more_exact(heard.start, start)
        elif says.order is Order.RUN and heard.start is None:
            # The others have begun and our order to start got lost: late is better than never.
            heard.start = Start(answer.received, answer.round_trip)
        elif says.order is Order.WAIT:
            heard.start = None

    def _miss(self, error: NoAnswer) -> float:
        self._failures += 1
        if self._failures == 1:
            _log.warning("%s; asking again until it does", error)
        if not isinstance(error, TurnedAway):
            self._refused_since = None
        elif self._refused_since is None:
            self._refused_since = self._clock()
        elif self._clock() - self._refused_since >= TURNED_AWAY_SECONDS:
            self.turned_away = str(error)
        return pause(self._failures, self._random)
