"""Concludes a run: reads what is stored, has it judged, stores the report; judges nothing."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

from purreal_operator.cluster.cluster import Cluster
from purreal_operator.cluster.errors import ClusterError, Conflict, Gone, QuotaExceeded, Unavailable
from purreal_operator.cluster.views import PodView
from purreal_operator.decide.beginning import target_type
from purreal_operator.decide.observation import Conclusion, Observation
from purreal_operator.decide.steps import in_phase_seconds
from purreal_operator.foreign_text import printable
from purreal_operator.objects.identity import RunIdentity
from purreal_operator.objects.names import (
    PART_KEY,
    REPORT_KEY,
    RUNNER_CONTAINER,
    TARGET_CONTAINER,
    TARGET_PORT,
)
from purreal_operator.objects.results import report_config_map
from purreal_operator.receiver.reported import database_use, slow_operations
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.receiver.views import RoomView
from purreal_operator.results.conclusion import conclusion_of
from purreal_operator.results.fitting import packed_report, unpacked_report
from purreal_operator.results.parts import StoredParts, unpacked
from purreal_operator.results.report import Evidence, cluster_report
from purreal_operator.results.run_spans import run_spans
from purreal_operator.status.model import (
    LONGEST_MESSAGE,
    LatenciesMicroseconds,
    OperationCounts,
    ReportReference,
)
from purreal_operator.status.words import Reason
from purreal_runner.document.enums import TargetType
from purreal_runner.document.model import PoolLoadTest
from purreal_runner.judge.verdict import Verdict
from purreal_runner.otlp.identity import trace_of
from purreal_runner.report.model import Report
from purreal_runner.report.on_cluster import LogTail

logger = logging.getLogger(__name__)

PassOn = Callable[[str, bytes], None]
"""Takes a run's id and spans of it, an `ExportTraceServiceRequest`."""

_READS_AT_ONCE = 16
_MOST_LOGS = 4
_STORE_SECONDS = 120.0
"""So long after the last moment for results a report may still find its way into the cluster."""
_MAY_PASS = (Conflict, Gone, QuotaExceeded, Unavailable)
_GOOD = frozenset({Verdict.PASSED, Verdict.COMPLETED})


class Concluder:
    """Makes and keeps reports.

    Args:
        cluster: where parts and reports are stored.
        rooms: what runners and databases said.
        pass_on: sends spans to the collector that a document names, if it names one.
    """

    def __init__(self, cluster: Cluster, rooms: Rooms, pass_on: PassOn) -> None:
        self._cluster = cluster
        self._rooms = rooms
        self._pass_on = pass_on

    async def conclude(self, run: RunIdentity, seen: Observation) -> Conclusion:
        """What came out of a run.

        A report that is stored already has the last word: it may have been made by an operator
        that was killed before it could say so. One that can't be stored takes nothing from the
        verdict: the status says so, and has the numbers.

        Whatever keeps a report from being made ends the run as well, when it lasts.

        Raises:
            Exception: something could not be read, made or stored now; try again.
        """
        stored = await self._stored_report(run)
        unstored = ""
        if stored is None:
            try:
                report = await self._judged(run, seen)
            except Exception as error:
                if not _is_late(seen):
                    raise
                logger.exception("%s: the report could not be made", run.run_id)
                return _without_report(seen, error)
            try:
                stored = await self._store(run, report)
                self._pass_on(run.run_id, run_spans(run, seen.status, seen.now))
            except (ClusterError, ValueError) as error:
                if isinstance(error, _MAY_PASS) and not _is_late(seen):
                    raise
                stored, unstored = (report, b""), f"the report could not be stored: {error}"
        report, content = stored
        conclusion = conclusion_of(
            report,
            None if unstored else _reference(run, report, content),
            seen.status.summary,
            seen.status.ending or Reason.LOAD_ENDED,
        )
        words = "; ".join(part for part in (conclusion.message, unstored) if part)
        return replace(conclusion, message=words[:LONGEST_MESSAGE])

    async def _store(self, run: RunIdentity, report: Report) -> tuple[Report, bytes]:
        """Store a report; returns it as it is stored, which may be without some parts."""
        content = await asyncio.to_thread(packed_report, report)
        await self._cluster.create(report_config_map(run, content))
        return await asyncio.to_thread(unpacked_report, content), content

    async def _stored_report(self, run: RunIdentity) -> tuple[Report, bytes] | None:
        found = await self._cluster.config_map_bytes(
            run.test.namespace, run.names.report, REPORT_KEY
        )
        if found is None or found.owner_uid != run.test.uid:
            return None
        try:
            return unpacked_report(found.value), found.value
        except ValueError as error:
            logger.warning("%s is judged anew: %s", run.names.report, error)
            return None

    async def _judged(self, run: RunIdentity, seen: Observation) -> Report:
        parts = await self._parts(run, seen)
        view = self._rooms.view(run.run_id)
        evidence = Evidence(
            namespace=run.test.namespace,
            document=seen.document,
            status=seen.status,
            parts=parts,
            endpoint=_endpoint(run, seen.document),
            trace_id=trace_of(run.run_id).trace_hex,
            notes=view.notes if view is not None else (),
            database=database_use(view.database) if view and view.database else None,
            slowest=slow_operations(view.traces) if view is not None else (),
        )
        report = await asyncio.to_thread(cluster_report, evidence)
        if report.verdict in _GOOD or report.on_cluster is None:
            return report
        logs = await self._logs(run, seen, view)
        on_cluster = report.on_cluster.model_copy(update={"logs": logs})
        return report.model_copy(update={"on_cluster": on_cluster})

    async def _parts(self, run: RunIdentity, seen: Observation) -> StoredParts:
        if seen.status.starts_at is None:
            return StoredParts()
        gate = asyncio.Semaphore(_READS_AT_ONCE)

        async def read(index: int) -> tuple[int, bytes] | None:
            async with gate:
                found = await self._cluster.config_map_bytes(
                    run.test.namespace, run.names.part(index), PART_KEY
                )
            return None if found is None else (index, found.value)

        expected = seen.expected - set(seen.status.runners.lost)
        found = await asyncio.gather(*map(read, sorted(expected)))
        stored = dict(each for each in found if each is not None)
        processes = seen.document.spec.runners.processes
        return await asyncio.to_thread(unpacked, stored, processes=processes)

    async def _logs(
        self, run: RunIdentity, seen: Observation, view: RoomView | None
    ) -> tuple[LogTail, ...]:
        """The ends of the logs that may explain a run that did not succeed."""
        try:
            pods = await self._cluster.runner_pods(run.test.namespace, run.test.name, run.run)
            chosen = [
                *await self._database_pods(run, seen.document),
                *((pod, RUNNER_CONTAINER) for pod in _failing(pods, seen, view)),
            ]
        except ClusterError as error:
            return (_unread("logs", error),)
        tails = [await self._tail(run, pod, container) for pod, container in chosen]
        return tuple(tail for tail in tails if tail.lines)

    async def _database_pods(
        self, run: RunIdentity, document: PoolLoadTest
    ) -> list[tuple[PodView, str]]:
        target = document.spec.target.stateful_set
        if target_type(document) is TargetType.URL:
            return []
        name = run.names.target if target is None else target.name
        found = await self._cluster.stateful_set(run.test.namespace, name)
        if found is None:
            return []
        # No name lets the API server choose the only container.
        container = TARGET_CONTAINER if target is None else ""
        pods = await self._cluster.target_pods(run.test.namespace, found)
        return [(pod, container) for pod in pods[:1]]

    async def _tail(self, run: RunIdentity, pod: PodView, container: str) -> LogTail:
        try:
            text = await self._cluster.pod_log_tail(run.test.namespace, pod.name, container)
        except ClusterError as error:
            return _unread(pod.name, error)
        return LogTail(source=pod.name, lines=tuple(map(printable, text.splitlines())))


def _unread(source: str, error: ClusterError) -> LogTail:
    return LogTail(source=source, lines=(f"could not be read: {error}",))


def _failing(
    pods: tuple[PodView, ...], seen: Observation, view: RoomView | None
) -> Iterator[PodView]:
    """Pods that are in trouble, lost, or said that they can't do their part; at most a few."""
    failed = {runner.pod_uid for runner in view.runners.values() if runner.failure} if view else {}
    lost = set(seen.status.runners.lost)
    suspects = (pod for pod in pods if pod.trouble or pod.uid in failed or pod.index in lost)
    for _, pod in zip(range(_MOST_LOGS), suspects, strict=False):
        yield pod


def _without_report(seen: Observation, error: Exception) -> Conclusion:
    """The end of a run whose results are there, but can't be read or judged."""
    words = f"the report could not be made: {type(error).__name__}: {error}"
    return Conclusion(
        verdict=Verdict.ERROR,
        reason=Reason.RESULTS_MISSING,
        message=words[:LONGEST_MESSAGE],
        summary=seen.status.summary,
        operations=OperationCounts(),
        latencies=LatenciesMicroseconds(),
        report=None,
    )


def _is_late(seen: Observation) -> bool:
    limit = seen.document.spec.deadlines.collect_seconds + _STORE_SECONDS
    return in_phase_seconds(seen) > limit


def _endpoint(run: RunIdentity, document: PoolLoadTest) -> str:
    """The target's address, for people."""
    target = document.spec.target
    if target.url is not None:
        return target.url.endpoint
    if target.stateful_set is not None:
        return f"StatefulSet {target.stateful_set.name}, port {target.stateful_set.port}"
    return f"ws://{run.names.target}.{run.test.namespace}.svc:{TARGET_PORT}"


def _reference(run: RunIdentity, report: Report, content: bytes) -> ReportReference:
    truncated = report.on_cluster.truncated if report.on_cluster is not None else ""
    return ReportReference(
        config_map=run.names.report, key=REPORT_KEY, bytes=len(content), truncated=truncated
    )
