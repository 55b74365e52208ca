"""The course of the load in this pod: pools open, common start, end, delivery of the results."""

import asyncio
import logging
import time
from functools import partial

import aiohttp

from purreal_runner.measure import Part
from purreal_runner.otlp.identity import PodIdentity
from purreal_runner.pod.clock import Start
from purreal_runner.pod.conversation import Conversation
from purreal_runner.pod.coordination import FailureReason, RunnerState
from purreal_runner.pod.ending import GRACE_SECONDS, Ending
from purreal_runner.pod.export import Exporter, NotStored
from purreal_runner.pod.failing import CannotGoOn, Stopped, Why, terminated
from purreal_runner.pod.live_export import exporting_live
from purreal_runner.pod.pod_load import PodLoad
from purreal_runner.pod.preparing import PodPlan
from purreal_runner.pod.settings import PodSettings

_DRAIN_SECONDS = 30.0
"""For operations under way, which have ten, and for the processes to report."""

_log = logging.getLogger(__name__)


class LoadCourse:
    """Takes the load of one pod from the first process to the stored result.

    Args:
        plan: what to do.
        settings: say who we are and where results go.
        session: for exports; shows the token.
        talk: where orders come from, and where our state is told.
        ending: the reasons to end early.

    Attributes:
        began: the load was let go.
    """

    def __init__(
        self,
        plan: PodPlan,
        settings: PodSettings,
        session: aiohttp.ClientSession,
        talk: Conversation,
        ending: Ending,
    ) -> None:
        self._plan = plan
        self._settings = settings
        self._session = session
        self._talk = talk
        self._ending = ending
        self._load = PodLoad(plan.processes, talk.changed)
        self.began = False

    async def run(self) -> None:
        """Returns when the operator has stored the results, or wants none.

        Raises:
            Stopped, NotOurs: before the load began, there was a reason to end.
            CannotGoOn: SIGTERM under load, a process was lost, or the results could not be
                delivered.
        """
        _log.info("opening %d pools, one in each process", len(self._plan.processes))
        self._load.begin()
        try:
            try:
                await self._until_ready()
                start = await self._until_start()
            except Stopped as stopped:
                await self._deliver_nothing(stopped)
                raise
            self.began = True
            self._load.go()
            await self._run_and_deliver(start)
        finally:
            await self._load.abandon()

    async def _run_and_deliver(self, start: Start) -> None:
        load, exporter = self._load, self._exporter()
        async with exporting_live(load, exporter):
            await self._until_ended(start)
        self._ending.raise_if_turned_away()
        gathered = await load.result()
        await self._raise_if_lost()
        _log.info("the load has ended; delivering the results")
        # The slowest may have been in a live export that got lost; no span is sent twice here.
        spans = [*load.take_spans(), *gathered.spans, *gathered.slowest]
        spans = list({span.span_id: span for span in spans}.values())
        arrived = await exporter.spans(spans)
        await self._deliver(exporter, sorted(gathered.parts, key=lambda part: part.index))
        if not arrived:
            await exporter.spans(spans)

    # -- waiting ----------------------------------------------------------------------------------

    def _is_over(self) -> bool:
        return self._load.ended or bool(self._load.lost) or self._ending.wanted

    async def _raise_if_lost(self) -> None:
        if self._load.lost:
            raise CannotGoOn(FailureReason.RUNNER_BROKE, "; ".join(self._load.lost))
        if self._load.ended:
            await self._load.result()  # raises what ended it, if that was nothing ordinary

    async def _until_ready(self) -> None:
        await self._talk.until(lambda: self._load.ready or self._is_over())
        self._ending.raise_if_wanted()
        await self._raise_if_lost()
        _log.info("all pools are open")
        self._talk.ready_since = time.monotonic()
        self._talk.tell(state=RunnerState.READY)

    async def _until_start(self) -> Start:
        """Returns at the common start, by this machine's monotonic clock."""
        while True:
            start = self._talk.heard.start
            left = None if start is None else start.at - time.monotonic()
            if start is not None and left is not None and left <= 0:
                return start
            # Until then a more exact start may come, or another one, or none any more.
            await self._talk.until(partial(self._is_other_start, start), timeout=left)
            self._ending.raise_if_wanted()
            await self._raise_if_lost()

    def _is_other_start(self, known: Start | None) -> bool:
        return self._talk.heard.start is not known or self._is_over()

    async def _until_ended(self, start: Start) -> None:
        limit = self._plan.run.run_seconds
        await self._talk.until(
            lambda: self._load.started_ns is not None or self._is_over(), timeout=limit
        )
        if self._load.started_ns is not None:
            began = self._load.started_ns / 1e9
            _log.info("the load has begun, %.0f ms after the start", (began - start.at) * 1e3)
            self._talk.running_since = began
            self._talk.tell(state=RunnerState.RUNNING)
        if not await self._talk.until(self._is_over, timeout=limit):
            self._talk.note(
                f"the load did not end within {limit:g} s and was stopped; raise runSeconds"
            )
        await self._raise_if_lost()
        if not self._load.ended:
            await self._drain()

    async def _drain(self) -> None:
        _log.info("ending the load early")
        self._raise_if_terminated()
        self._load.drain()
        await self._talk.until(self._is_drained, timeout=_DRAIN_SECONDS)
        await self._raise_if_lost()
        if not self._load.ended:
            self._raise_if_terminated()
            words = f"the load did not end within {_DRAIN_SECONDS:.0f} s after it was stopped"
            raise CannotGoOn(FailureReason.RUNNER_BROKE, words)

    def _is_drained(self) -> bool:
        return self._load.ended or bool(self._load.lost) or self._ending.terminated

    def _raise_if_terminated(self) -> None:
        """Half a load is no result: it would pass for a whole one."""
        if self._ending.terminated:
            raise terminated("before its load had ended")

    # -- results ----------------------------------------------------------------------------------

    def _exporter(self) -> Exporter:
        settings = self._settings
        identity = PodIdentity(
            run_id=settings.run_id,
            runner_index=settings.index,
            pod_uid=settings.pod_uid,
            pod_name=settings.pod_name,
            start_unix_ns=time.time_ns() + int(self._plan.run.warm_up_seconds * 1e9),
        )
        return Exporter(self._session, settings.operator_url, identity)

    async def _deliver_nothing(self, stopped: Stopped) -> None:
        """Who was told of a start owes a result, or it is waited for and taken for lost."""
        if stopped.why is Why.ORDERED and self._talk.heard.start is not None:
            pools = [
                (share.index, plan.process)
                for plan in self._plan.processes
                for share in plan.shares
            ]
            parts = [Part(index=index, process=process) for index, process in pools]
            await self._deliver(self._exporter(), parts)

    async def _deliver(self, exporter: Exporter, parts: list[Part]) -> None:
        """Tries until the operator has stored our parts, or wants nothing more from us."""
        talk, ending = self._talk, self._ending
        deadline = time.monotonic() + self._plan.document.spec.deadlines.collect_seconds
        task = asyncio.create_task(exporter.final(parts, deadline), name="final export")
        task.add_done_callback(lambda _: talk.changed())
        try:
            await talk.until(lambda: task.done() or talk.heard.leave or ending.terminated)
            await talk.until(
                lambda: task.done() or talk.heard.leave, timeout=ending.at_most(GRACE_SECONDS)
            )
            if task.done():
                task.result()
                _log.info("the results are delivered")
            elif not talk.heard.leave:
                raise terminated("before its results were stored")
        except NotStored as error:
            raise CannotGoOn(FailureReason.RUNNER_BROKE, str(error)) from error
        finally:
            task.cancel()
            await asyncio.wait({task})
