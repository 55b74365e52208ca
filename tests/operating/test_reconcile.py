"""The loop of a test: what is written how often, what survives errors, what ends with the test."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from purreal_operator import reconcile
from purreal_operator.cluster.errors import Conflict, Gone, Unavailable
from purreal_operator.cluster.views import JobView, PodView, StoredPlan, TestView, WrittenStatus
from purreal_operator.decide.decision import Action
from purreal_operator.decide.observation import Conclusion, Observation
from purreal_operator.metrics.operator_metrics import OperatorMetrics
from purreal_operator.observe import Observer
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.reconcile import LONGEST_PAUSE_SECONDS, WRITE_SECONDS, Reconciler
from purreal_operator.status.model import (
    LatenciesMicroseconds,
    OperationCounts,
    PoolLoadTestStatus,
    Summary,
)
from purreal_operator.status.words import Phase, Reason
from purreal_runner.judge.verdict import Verdict

SPEC = {
    "target": {"type": "URL", "url": {"endpoint": "ws://db:8000"}},
    "load": {"closed": {"workers": 3}, "stop": {"operations": 30}},
}
CONCLUSION = Conclusion(
    verdict=Verdict.ERROR,
    reason=Reason.TARGET_NOT_READY,
    message="no plan was made",
    summary=Summary(),
    operations=OperationCounts(),
    latencies=LatenciesMicroseconds(),
    report=None,
)
JOB = JobView("job", "plan", False, 1, 0, 0, 0, frozenset(), frozenset(), {})
ENDING_POD = PodView(
    name="shop-1-0",
    uid="uid-0",
    index=0,
    phase="Running",
    ready=False,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    terminating=True,
    restarts=0,
    node="node",
    trouble=None,
    last_end=None,
    failures_of_index=0,
)


@dataclass
class FakeCluster:
    """One test, and what was asked and written; the rest of the cluster is empty."""

    clock: Any
    there: bool = True
    terminating: bool = False
    namespace_ends: bool = False
    loses_a_runner: bool = False
    """It has a run, with a pod that is being deleted."""
    uid: str = "uid-1"
    version: int = 1
    status: dict[str, Any] = field(default_factory=dict)
    writes: list[float] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    spec: dict[str, Any] = field(default_factory=lambda: SPEC)
    unknown: frozenset[str] = frozenset()
    """Fields of the status that its CustomResourceDefinition does not have."""

    @property
    def resource(self) -> dict[str, Any]:
        return {
            "apiVersion": "purreal.dev/v1alpha1",
            "kind": "PoolLoadTest",
            "metadata": {"name": "shop", "namespace": "ns", "uid": self.uid, "generation": 1},
            "spec": self.spec,
            "status": self.status,
        }

    async def test(self, namespace: str, name: str) -> TestView | None:
        if not self.there:
            return None
        return TestView(
            "ns", "shop", self.uid, 1, str(self.version), self.terminating, self.resource
        )

    async def patch_status(
        self, namespace: str, name: str, status: Any, *, resource_version: str | None = None
    ) -> WrittenStatus:
        if self.errors:
            raise self.errors.pop(0)
        assert resource_version == str(self.version)
        self.version += 1
        known = {key: value for key, value in status.items() if key not in self.unknown}
        self.status = known
        self.writes.append(self.clock())
        test = await self.test(namespace, name)
        assert test is not None
        dropped = tuple(f"status.{key}" for key in status if key in self.unknown)
        return WrittenStatus(test, dropped)

    async def create(self, manifest: dict[str, Any], *, dry_run: bool = False) -> None:
        if self.namespace_ends:
            raise Gone("the namespace is being deleted")
        if not dry_run:
            self.events.append(manifest["reason"])

    async def plan(self, namespace: str, name: str) -> StoredPlan | None:
        return StoredPlan("plan", self.uid, "", False) if self.loses_a_runner else None

    async def job(self, namespace: str, name: str) -> JobView | None:
        return JOB if self.loses_a_runner else None

    async def runner_pods(self, namespace: str, test: str, run: int) -> tuple[PodView, ...]:
        return (ENDING_POD,) if self.loses_a_runner else ()

    async def config_map_bytes(self, namespace: str, name: str, key: str) -> None:
        return None


class NoActor:
    """Remembers what it was told, and does nothing but to conclude."""

    def __init__(self) -> None:
        self.conclusion: Conclusion | None = None
        self.actions: list[str] = []
        self.removed: list[str] = []

    async def remove(self, run: Any) -> None:
        self.removed.append(run.run_id)

    async def act(self, action: Any, task: Any) -> None:
        self.actions.append(action.value)
        if action is Action.CONCLUDE:
            task.memory.run.conclusion = self.conclusion


@asynccontextmanager
async def world():
    """Made inside the test: virtual time begins there."""
    clock = asyncio.get_running_loop().time
    cluster, rooms, actor = FakeCluster(clock), Rooms(clock), NoActor()
    observer = Observer(cluster, rooms, wall_clock=clock)
    reconciler = Reconciler(cluster, rooms, observer, actor, OperatorMetrics(dict), clock)
    try:
        yield cluster, reconciler, actor
    finally:
        await reconciler.stop()


@pytest.mark.looptime
async def test_a_test_that_is_heard_of_is_taken_up_at_once():
    async with world() as (cluster, reconciler, _):
        reconciler.heard_of(cluster.resource)
        await asyncio.sleep(0.1)

        assert cluster.status["phase"] == "Preparing"
        assert cluster.events == ["Preparing"]


@pytest.mark.looptime
async def test_the_status_is_written_at_most_every_two_seconds(monkeypatch):
    async with world() as (cluster, reconciler, _):
        numbers = iter(range(1_000_000))
        decide = reconcile.decide

        def busy(seen: Observation) -> Any:
            decision = decide(seen)
            status = decision.status.model_copy(update={"message": f"number {next(numbers)}"})
            return type(decision)(status, again_seconds=0.1)

        monkeypatch.setattr(reconcile, "decide", busy)
        reconciler.heard_of(cluster.resource)
        await asyncio.sleep(30)

        gaps = [later - earlier for earlier, later in pairwise(cluster.writes)]
        assert min(gaps) >= WRITE_SECONDS - 0.001
        assert len(cluster.writes) >= 10


@pytest.mark.looptime
async def test_a_write_that_loses_a_race_is_decided_anew():
    async with world() as (cluster, reconciler, _):
        cluster.errors = [Conflict("changed meanwhile"), Unavailable("no answer")]

        reconciler.heard_of(cluster.resource)
        await asyncio.sleep(10)

        assert cluster.status["phase"] == "Preparing"


@pytest.mark.looptime
async def test_an_unexpected_error_does_not_end_the_loop(caplog):
    async with world() as (cluster, reconciler, _):
        cluster.errors = [RuntimeError("a bug")]

        reconciler.heard_of(cluster.resource)
        await asyncio.sleep(10)

        assert cluster.status["phase"] == "Preparing"
        assert "unexpected error" in caplog.text


@pytest.mark.looptime
async def test_actions_rest_on_the_stored_status():
    async with world() as (cluster, reconciler, actor):
        reconciler.heard_of(cluster.resource)
        await asyncio.sleep(0.05)

        assert cluster.status["phase"] == "Preparing"
        await asyncio.sleep(2)
        assert set(actor.actions) == {"MakePlan"}


@pytest.mark.looptime
async def test_a_deleted_test_is_forgotten():
    async with world() as (cluster, reconciler, _):
        reconciler.heard_of(cluster.resource)
        await asyncio.sleep(5)
        cluster.there = False

        reconciler.heard_of(cluster.resource)
        await asyncio.sleep(5)

        assert not [task for task in asyncio.all_tasks() if task.get_name() == "ns/shop"]


@pytest.mark.looptime
async def test_a_test_of_the_same_name_begins_anew():
    async with world() as (cluster, reconciler, _):
        reconciler.heard_of(cluster.resource)
        await asyncio.sleep(5)
        cluster.uid, cluster.status = "uid-2", {}

        reconciler.heard_of(cluster.resource)
        await asyncio.sleep(5)

        assert PoolLoadTestStatus.model_validate(cluster.status).phase is Phase.PREPARING
        assert cluster.status["run"] == 1


@pytest.mark.looptime
async def test_a_deletion_nobody_told_of_is_found_all_the_same():
    async with world() as (cluster, reconciler, _):
        reconciler.heard_of(cluster.resource)
        await asyncio.sleep(5)
        cluster.there = False

        await asyncio.sleep(LONGEST_PAUSE_SECONDS)

        assert not [task for task in asyncio.all_tasks() if task.get_name() == "ns/shop"]


@pytest.mark.looptime
async def test_the_run_of_a_test_that_a_finalizer_keeps_is_removed_at_its_deletion():
    async with world() as (cluster, reconciler, actor):
        reconciler.heard_of(cluster.resource)
        await asyncio.sleep(5)
        cluster.terminating = True

        reconciler.heard_of(cluster.resource)
        await asyncio.sleep(5)

        assert actor.removed == ["uid-1-1"]


@pytest.mark.looptime
@pytest.mark.parametrize("ending", [True, False])
async def test_the_run_of_a_namespace_that_is_deleted_is_removed_at_once(ending):
    async with world() as (cluster, reconciler, actor):
        cluster.status = {"run": 1, "phase": "Starting"}
        cluster.loses_a_runner, cluster.namespace_ends = True, ending

        reconciler.heard_of(cluster.resource)
        await asyncio.sleep(5)

        assert actor.removed == (["uid-1-1"] if ending else [])
        assert "Asked" not in cluster.events


@pytest.mark.looptime
async def test_a_status_of_a_newer_version_does_not_stop_its_test():
    async with world() as (cluster, reconciler, _):
        cluster.status = {"run": 1, "phase": "Brewing"}

        reconciler.heard_of(cluster.resource)
        await asyncio.sleep(5)

        assert (cluster.status["run"], cluster.status["phase"]) == (2, "Preparing")


@pytest.mark.looptime
async def test_a_run_ends_also_where_the_cluster_has_no_place_for_all_of_its_status(caplog):
    async with world() as (cluster, reconciler, actor):
        cluster.unknown = frozenset({"phases", "target", "ending"})
        actor.conclusion = CONCLUSION

        reconciler.heard_of(cluster.resource)
        await asyncio.sleep(5)
        assert cluster.status["phase"] == "Preparing"
        await asyncio.sleep(200)

        assert (cluster.status["phase"], cluster.status["verdict"]) == ("Finished", "Error")
        writes = len(cluster.writes)
        await asyncio.sleep(60)
        assert len(cluster.writes) == writes
    [warning] = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert "no place for status.ending, status.phases, status.target:" in warning
    assert "apply the one that came with it" in warning
