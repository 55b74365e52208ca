"""Looks at everything a decision about one test needs; changes nothing in the cluster."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from purreal_operator import hindrances
from purreal_operator.cluster.cluster import Cluster
from purreal_operator.cluster.errors import Gone
from purreal_operator.cluster.views import PodView, StatefulSetView, StoredPlan, TestView
from purreal_operator.decide.beginning import target_type
from purreal_operator.decide.observation import (
    Database,
    Observation,
    PodSeen,
    RunnerSeen,
    TargetSeen,
)
from purreal_operator.memory import RunMemory, TestMemory
from purreal_operator.objects.event import EventType, event_of_test
from purreal_operator.objects.identity import RunIdentity
from purreal_operator.objects.names import PART_KEY
from purreal_operator.receiver.plan import RoomPlan
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.receiver.views import RoomView
from purreal_operator.results.numbers import live
from purreal_operator.status.model import PoolLoadTestStatus, TargetReading
from purreal_operator.status.reading import status_of
from purreal_operator.status.words import ACTIVE_PHASES, Phase
from purreal_operator.wish import frozen_document, wish_of
from purreal_runner.document.enums import TargetType
from purreal_runner.document.model import PoolLoadTest

_WITH_RUNNERS = frozenset({Phase.STARTING, Phase.RUNNING, Phase.COLLECTING})
_READS_AT_ONCE = 16


class Observer:
    """Looks at tests.

    Args:
        cluster: to read from.
        rooms: what runners and databases said.
        forwarding: whether telemetry may be passed on to the collectors that documents name.
        wall_clock: seconds since 1970.
    """

    def __init__(
        self,
        cluster: Cluster,
        rooms: Rooms,
        *,
        forwarding: bool = True,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._cluster = cluster
        self._rooms = rooms
        self._forwarding = forwarding
        self._wall_clock = wall_clock

    async def observe(self, run: RunIdentity, test: TestView, memory: TestMemory) -> Observation:
        """Everything that is to be seen of a test now, but for the other tests.

        Raises:
            ClusterError: something could not be read; nothing is known then.
        """
        status = status_of(test.resource)
        memory.tokens.renew(status.tokens)
        of_run = memory.of_run(run.run, refused_before=status.refused_pushes)
        seen = Observation(
            now=self._wall_clock(),
            wish=wish_of(test.resource),
            status=status,
            known_tokens=memory.tokens.known,
            fresh_tokens=memory.tokens.fresh,
            refused=of_run.refused,
            hindered=of_run.hindered,
            conclusion=of_run.conclusion,
        )
        if status.phase in (None, Phase.PENDING):
            return seen
        plan = await self._cluster.plan(run.test.namespace, run.names.plan)
        if plan is not None and (plan.test_uid != run.test.uid or plan.terminating):
            plan = None
        return await self._of_run(seen, run, plan, of_run)

    async def _of_run(
        self, seen: Observation, run: RunIdentity, plan: StoredPlan | None, memory: RunMemory
    ) -> Observation:
        frozen = frozen_document(plan.document) if plan is not None else None
        document = frozen or seen.wish.document
        facts: dict[str, object] = {"plan_exists": plan is not None, "frozen": frozen}
        if seen.status.phase in ACTIVE_PHASES and document is not None:
            plan_of_room = room_plan(run, seen.status, document, forwarding=self._forwarding)
            self._rooms.open(plan_of_room)
            facts |= {"target": await self._target(run, document, plan)}
            if seen.status.phase in _WITH_RUNNERS:
                replicas = document.spec.runners.replicas
                lost = frozenset(seen.status.runners.lost)
                await self._find_stored(run, plan, frozenset(range(replicas)), lost, memory)
                facts |= await self._runners(run, plan, replicas)
            view = await asyncio.to_thread(self._rooms.view, run.run_id)
            facts |= _of_room(view, seen.status) if view is not None else {}
            facts |= {"refused_pushes": _refused(memory, view)}
        return replace(seen, **facts)  # type: ignore[arg-type]

    async def _target(
        self, run: RunIdentity, document: PoolLoadTest, plan: StoredPlan | None
    ) -> TargetSeen | None:
        kind = target_type(document)
        named = document.spec.target.stateful_set
        if kind is TargetType.EPHEMERAL:
            found = await self._cluster.stateful_set(run.test.namespace, run.names.target)
            if found is not None and (plan is None or found.owner_uid != plan.uid):
                found = None
        elif named is not None:
            found = await self._cluster.stateful_set(run.test.namespace, named.name)
        else:
            return None
        if found is None:
            return None
        pods = await self._cluster.target_pods(run.test.namespace, found)
        words = await hindrances.of_target(self._cluster, run.test.namespace, found, pods)
        return TargetSeen(_reading(found, pods), words)

    async def _runners(
        self, run: RunIdentity, plan: StoredPlan | None, replicas: int
    ) -> dict[str, object]:
        namespace = run.test.namespace
        job, pods = await asyncio.gather(
            self._cluster.job(namespace, run.names.job),
            self._cluster.runner_pods(namespace, run.test.name, run.run),
        )
        if job is None or plan is None or job.owner_uid != plan.uid:
            return {"job_exists": False}
        pods = await hindrances.with_events(self._cluster, namespace, pods)
        words = await hindrances.of_job(self._cluster, namespace, job, pods, replicas)
        ends = any(pod.terminating for pod in pods) and await self._ends(run)
        return {
            "namespace_ends": ends,
            "job_exists": True,
            "failed_indexes": job.failed_indexes,
            "pods": tuple(_pod_seen(pods)),
            "job_trouble": words,
        }

    async def _ends(self, run: RunIdentity) -> bool:
        """Whether the namespace is being deleted: nothing can be made in it any more.

        To read namespaces would be one more right; an event may be made anyway.
        """
        at = datetime.fromtimestamp(self._wall_clock(), UTC)
        event = event_of_test(run, EventType.NORMAL, "Asked", "never stored", key="", at=at)
        try:
            await self._cluster.create(event, dry_run=True)
        except Gone:
            return True
        return False

    async def _find_stored(
        self,
        run: RunIdentity,
        plan: StoredPlan | None,
        expected: frozenset[int],
        lost: frozenset[int],
        memory: RunMemory,
    ) -> None:
        """Which parts are stored although this process does not know it.

        Looked for once in its life, and once more for each runner that counts as lost: what was
        stored without an answer in time, just before its pod went, is a result like all others.
        """
        if plan is None:
            return
        wanted = lost - memory.lost_looked_for if memory.parts_looked_for else expected
        gate = asyncio.Semaphore(_READS_AT_ONCE)

        async def look(index: int) -> None:
            async with gate:
                found = await self._cluster.config_map_bytes(
                    run.test.namespace, run.names.part(index), PART_KEY
                )
            if found is not None and found.owner_uid == plan.uid:
                self._rooms.mark_stored(run.run_id, index, found.pod_uid or None)

        await asyncio.gather(*map(look, sorted(wanted)))
        memory.parts_looked_for = True
        memory.lost_looked_for |= lost


def room_plan(
    run: RunIdentity, status: PoolLoadTestStatus, document: PoolLoadTest, *, forwarding: bool
) -> RoomPlan:
    """The room in which this run's runners and its database are heard."""
    telemetry = document.spec.telemetry
    return RoomPlan(
        namespace=run.test.namespace,
        test=run.test.name,
        uid=run.test.uid,
        run=run.run,
        run_id=run.run_id,
        runners=document.spec.runners.replicas,
        processes=document.spec.runners.processes,
        runner_token_hash=status.tokens.runners or None,
        target_token_hash=status.tokens.target or None,
        forward_to=telemetry.endpoint if telemetry is not None and forwarding else None,
    )


def _reading(found: StatefulSetView, pods: tuple[PodView, ...]) -> TargetReading:
    return TargetReading(
        ready=found.ready,
        replicas=found.replicas,
        restarts=sum(pod.restarts for pod in pods),
        pods=tuple(pod.uid for pod in pods)[:64],
    )


def _pod_seen(pods: Iterable[PodView]) -> Iterable[PodSeen]:
    for pod in pods:
        if pod.index is not None:
            # One that is told to end may have a whole result to deliver, or says that it is lost.
            alive = pod.phase not in ("Succeeded", "Failed")
            yield PodSeen(
                index=pod.index, uid=pod.uid, alive=alive, trouble=hindrances.in_words(pod)
            )


def _of_room(view: RoomView, status: PoolLoadTestStatus) -> dict[str, object]:
    return {
        "runners": {
            index: RunnerSeen(runner.pod_uid, runner.state, runner.failure, runner.server_version)
            for index, runner in view.runners.items()
        },
        "latecomers": view.latecomers,
        "stored": view.stored,
        "cleaned_up": view.cleaned_up,
        "start_skew_seconds": view.start_skew_seconds,
        "live": live(view.live, status.summary) if view.live is not None else None,
        "database": _database(view),
    }


def _refused(memory: RunMemory, view: RoomView | None) -> dict[str, int]:
    """What was refused in the run: before this process began, and since."""
    since = {str(reason): count for reason, count in view.refusals.items()} if view else {}
    return dict(Counter(memory.refused_before) + Counter(since))


def _database(view: RoomView) -> Database:
    told = view.database
    if told is None:
        return Database()
    return Database(
        memory_bytes=round(told.memory_bytes.peak) if told.memory_bytes else None,
        cpu_percent=round(told.cpu_percent.peak) if told.cpu_percent else None,
        sessions=round(told.sessions.peak) if told.sessions else None,
    )
