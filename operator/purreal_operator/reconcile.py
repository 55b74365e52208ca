"""The loop of one test: observe, decide, act, write; and the tests there are.

Knows when and in which order, nothing of what is decided or done.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from purreal_operator.act import Actor, Task
from purreal_operator.cluster.cluster import Cluster
from purreal_operator.cluster.errors import ClusterError, Conflict, Gone
from purreal_operator.cluster.views import TestView
from purreal_operator.decide import Decision, Observation, decide
from purreal_operator.decide.queueing import Claim, ahead_of, target_key
from purreal_operator.memory import RunMemory, TestMemory, backoffs
from purreal_operator.metrics.operator_metrics import OperatorMetrics
from purreal_operator.objects.identity import RunIdentity, TestIdentity
from purreal_operator.observe import Observer
from purreal_operator.receiver.plan import Instruction
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.status.model import PoolLoadTestStatus
from purreal_operator.status.reading import status_of
from purreal_operator.status.words import Phase
from purreal_operator.status_writer import StatusWriter
from purreal_operator.wish import wish_of

logger = logging.getLogger(__name__)

WRITE_SECONDS = 2.0
"""The status of a test is written at most so often."""
LONGEST_PAUSE_SECONDS = 600.0
"""A look without a cause, so often: for the word of a change that never came."""
_RUNNERS_PER_SECOND = 200
"""Many pods take long to list: looks are that far apart."""


class TestKey(NamedTuple):
    """The place of a test."""

    namespace: str
    name: str


@dataclass(slots=True)
class _Known:
    """A test that was heard of."""

    heard: asyncio.Event = field(default_factory=asyncio.Event)
    memory: TestMemory = field(default_factory=TestMemory)
    uid: str = ""
    claim: Claim | None = None
    task: asyncio.Task[None] | None = None


class Reconciler:
    """Brings every test that was heard of to its end; owns a task for each.

    Args:
        cluster: to read tests from and to write their status to.
        rooms: where runners are told what was decided.
        observer: looks.
        actor: acts.
        metrics: of the operator.
        clock: monotonic seconds, the same as the rooms'.
    """

    def __init__(
        self,
        cluster: Cluster,
        rooms: Rooms,
        observer: Observer,
        actor: Actor,
        metrics: OperatorMetrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cluster = cluster
        self._rooms = rooms
        self._observer = observer
        self._actor = actor
        self._metrics = metrics
        self._writer = StatusWriter(cluster, metrics)
        self._known: dict[TestKey, _Known] = {}
        self._clock = clock

    def heard_of(self, resource: Mapping[str, Any]) -> None:
        """A test was made, changed or deleted: look at it, soon."""
        metadata = resource["metadata"]
        key = TestKey(metadata["namespace"], metadata["name"])
        known = self._known.setdefault(key, _Known())
        if known.claim is None:
            known.claim = _claim(key, resource, status_of(resource))
        known.heard.set()
        self._metrics.event_heard()
        if known.task is None or known.task.done():
            known.task = asyncio.create_task(self._look_after(key, known), name="/".join(key))

    async def stop(self) -> None:
        """End all tasks; what they were doing is done again after the next start."""
        tasks = [known.task for known in self._known.values() if known.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look_after(self, key: TestKey, known: _Known) -> None:
        pauses = backoffs()
        while True:
            known.heard.clear()
            try:
                with self._metrics.look():
                    pause = await self._look(key, known)
                pauses = backoffs()
            except (Conflict, Gone) as error:
                logger.debug("%s: %s", "/".join(key), error)
                pause = next(pauses)
            except ClusterError as error:
                logger.warning("%s: %s", "/".join(key), error)
                pause = next(pauses)
            except Exception:
                logger.exception("%s: unexpected error; tried again", "/".join(key))
                pause = next(pauses)
            if pause is None:
                self._forget(key, known)
                if not known.heard.is_set():
                    del self._known[key]
                    return
                pause = 0.0
            with suppress(TimeoutError):
                async with asyncio.timeout(min(pause, LONGEST_PAUSE_SECONDS)):
                    await known.heard.wait()

    async def _look(self, key: TestKey, known: _Known) -> float | None:
        """One look; returns how long to wait for the next one at most, None if there is no test."""
        test = await self._cluster.test(*key)
        if test is None:
            return None
        status = status_of(test.resource)
        run = TestIdentity(test.namespace, test.name, test.uid).run(status.run)
        if test.terminating:
            # Somebody's finalizer may keep it; its load ends now, like that of a deleted one.
            await self._actor.remove(run)
            return None
        if test.uid != known.uid:
            self._forget(key, known)
            known.uid = test.uid
        seen = await self._observer.observe(run, test, known.memory)
        if seen.namespace_ends:
            # Its pods end before all else goes, and those of a Job stay for as long as it would
            # replace them: without the Job the namespace need not wait for a deadline of the run.
            await self._actor.remove(run)
            return None
        self._metrics.census.tell("/".join(key), seen)
        known.claim = _claim(key, test.resource, status)
        seen = replace(seen, ahead=ahead_of(known.claim, self._claims()))
        decision = decide(seen)
        if decision.status.phase is not Phase.FINISHED:
            # At once: a test that is looked at while this is being stored must wait for it.
            known.claim = _claim(key, test.resource, decision.status)
        self._instruct(run, seen, decision, known.memory.run)
        for action in decision.actions:
            await self._actor.act(action, Task(run, seen, known.memory))
        return await self._write(run, test, seen, decision, known)

    def _forget(self, key: TestKey, known: _Known) -> None:
        """The test is gone, or another one has its name: nobody needs the room any more."""
        if known.uid:
            self._rooms.close(f"{known.uid}-{known.memory.run.run}")
        known.memory = TestMemory()
        known.uid = ""
        self._metrics.census.forget("/".join(key))

    def _claims(self) -> list[Claim]:
        return [known.claim for known in self._known.values() if known.claim is not None]

    def _instruct(
        self, run: RunIdentity, seen: Observation, decision: Decision, memory: RunMemory
    ) -> None:
        orders = decision.orders
        if orders is None:
            return
        if orders.start_at is not None and memory.start_at is None:
            # Once, so that a wall clock that is set meanwhile moves no start.
            memory.start_at = self._clock() + orders.start_at - seen.now
        instruction = Instruction(
            start_at=memory.start_at,
            drain=orders.drain,
            clean_up_by=orders.clean_up_by,
            finished=orders.leave,
        )
        self._rooms.instruct(run.run_id, instruction)

    async def _write(
        self,
        run: RunIdentity,
        test: TestView,
        seen: Observation,
        decision: Decision,
        known: _Known,
    ) -> float:
        """Store the status if it changed and may be written; returns when to look again."""
        pause = _pause(decision, seen)
        if seen.status.phase is Phase.FINISHED and not seen.plan_exists:
            self._rooms.close(run.run_id)
        if decision.status == seen.status:
            return pause
        wait = known.memory.written_at + WRITE_SECONDS - self._clock()
        if wait > 0:
            return min(pause, wait) or wait
        about = run.test.run(decision.status.run)
        await self._writer.write(test, about, seen.status, decision.status)
        known.memory.written_at = self._clock()
        return 0.0


def _pause(decision: Decision, seen: Observation) -> float:
    if decision.again_seconds is None:
        return LONGEST_PAUSE_SECONDS
    many = len(seen.pods) / _RUNNERS_PER_SECOND
    return max(decision.again_seconds, many)


def _claim(key: TestKey, resource: Mapping[str, Any], status: PoolLoadTestStatus) -> Claim:
    document = wish_of(resource).document
    # The start of a run that is over gives no place in the queue for the next one.
    waits_since = "" if status.phase is Phase.FINISHED else status.started_at or ""
    return Claim(
        test="/".join(key),
        target=target_key(key.namespace, document) if document is not None else None,
        phase=status.phase,
        since=waits_since,
    )
