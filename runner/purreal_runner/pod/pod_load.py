"""The load of this pod: its worker processes and what they have said; must not know the operator.

Processes always, even for one pool: talking and exporting must not disturb the measured loop.
"""

import asyncio
from collections.abc import Callable, Sequence

from purreal_runner.load.control import Control
from purreal_runner.load.plan import ProcessPlan
from purreal_runner.load.processes import Gathered, WorkerProcesses
from purreal_runner.load.protocol import Snapshot
from purreal_runner.measure import Part
from purreal_runner.measure.sampled import SampledSpan

_MOST_SPANS_KEPT = 2_000
"""Spans that wait for the next export; the receiver may be away for long."""


class PodLoad:
    """Runs this pod's plans once.

    Args:
        plans: one for each process.
        changed: called whenever one of the attributes below has changed.

    Attributes:
        ready: all pools are open.
        started_ns: when the load really began, on the monotonic clock; None before.
        lost: in words, the processes that will leave no parts.
    """

    def __init__(self, plans: Sequence[ProcessPlan], changed: Callable[[], None]) -> None:
        self._changed = changed
        self._control = Control()
        self._workers = WorkerProcesses(
            plans,
            self._control,
            on_ready=self._is_ready,
            on_started=self._has_started,
            on_snapshot=self._hear,
            on_lost=self._lose,
        )
        self._task: asyncio.Task[Gathered] | None = None
        self._parts: dict[int, Part] = {}
        self._spans: list[SampledSpan] = []
        self.ready = False
        self.started_ns: int | None = None
        self.lost: list[str] = []

    @property
    def ended(self) -> bool:
        """Whether all processes are gone, for whatever reason."""
        return self._task is not None and self._task.done()

    def begin(self) -> None:
        """Starts the processes, which open their pools and wait."""
        self._task = asyncio.create_task(self._workers.run(), name="worker processes")
        self._task.add_done_callback(lambda _: self._changed())

    def go(self) -> None:
        """The load begins now."""
        self._control.start()

    def drain(self) -> None:
        """Nothing new begins; what is under way may end, then the processes report."""
        self._control.stop()

    async def result(self) -> Gathered:
        """What the processes left, once they have ended."""
        assert self._task is not None  # noqa: S101  # begun before
        return await self._task

    async def abandon(self) -> None:
        """Ends the processes, if there are any left, and forgets what they measured."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def parts(self) -> list[Part]:
        """What each pool has told last of what it measured so far."""
        return [self._parts[index] for index in sorted(self._parts)]

    def take_spans(self) -> list[SampledSpan]:
        """The sampled spans since the last call."""
        spans, self._spans = self._spans, []
        return spans

    def _is_ready(self) -> None:
        self.ready = True
        self._changed()

    def _has_started(self, at_ns: int) -> None:
        if self.started_ns is None or at_ns < self.started_ns:
            self.started_ns = at_ns
            self._changed()

    def _hear(self, snapshot: Snapshot) -> None:
        self._parts.update((part.index, part) for part in snapshot.parts)
        self._spans = [*self._spans, *snapshot.spans][-_MOST_SPANS_KEPT:]

    def _lose(self, words: str) -> None:
        self.lost.append(words)
        self._changed()
