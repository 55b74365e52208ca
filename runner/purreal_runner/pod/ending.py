"""Why and how soon a runner has to end: orders, refusals, SIGTERM; does not end it itself."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from purreal_runner.pod.conversation import Conversation
from purreal_runner.pod.failing import NotOurs, Stopped, Why

GRACE_SECONDS = 25.0
"""From SIGTERM to the end; pods are given 30."""

_log = logging.getLogger(__name__)
Result = TypeVar("Result")


class Ending:
    """The reasons to end that have come up so far.

    Args:
        talk: hears the operator's reasons.
        clock: monotonic seconds.
    """

    def __init__(self, talk: Conversation, clock: Callable[[], float] = time.monotonic) -> None:
        self._talk = talk
        self._clock = clock
        self._end_by: float | None = None

    def terminate(self) -> None:
        """The pod is to end soon: leave, and deliver only what is complete already."""
        _log.warning("SIGTERM: ending within %g s", GRACE_SECONDS)
        self._end_by = self._clock() + GRACE_SECONDS
        self._talk.changed()

    @property
    def terminated(self) -> bool:
        """Whether SIGTERM has come."""
        return self._end_by is not None

    @property
    def turned_away(self) -> bool:
        """Whether the operator does not know us, for long enough to believe it."""
        return self._talk.turned_away is not None

    @property
    def wanted(self) -> bool:
        """Whether there is any reason to end."""
        heard = self._talk.heard
        return heard.ending or heard.too_late or self.turned_away or self.terminated

    def raise_if_wanted(self) -> None:
        """Ends what comes before the load.

        Raises:
            Stopped: SIGTERM, or an order.
            NotOurs: the operator does not know us.
        """
        heard = self._talk.heard
        if heard.too_late:
            raise Stopped(Why.TOO_LATE)
        if self.terminated:
            raise Stopped(Why.TERMINATED)
        if heard.ending:
            raise Stopped(Why.ORDERED)
        self.raise_if_turned_away()

    def raise_if_turned_away(self) -> None:
        """Raises `NotOurs`, with the operator's words, if it does not know us."""
        if self._talk.turned_away is not None:
            raise NotOurs(self._talk.turned_away)

    def at_most(self, seconds: float) -> float:
        """That long, or what SIGTERM leaves us."""
        if self._end_by is None:
            return seconds
        return max(0.0, min(seconds, self._end_by - self._clock()))

    async def unless_wanted(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Does something, unless a reason to end comes first; then it is called off.

        Raises:
            Stopped, NotOurs: as `raise_if_wanted`.
        """
        task = asyncio.ensure_future(work)
        task.add_done_callback(lambda _: self._talk.changed())
        try:
            await self._talk.until(lambda: task.done() or self.wanted)
            self.raise_if_wanted()
            return task.result()
        finally:
            task.cancel()
            await asyncio.wait({task})
