"""The loops of several tests and runs: who goes first, what is left of a run that is over."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import pytest

from purreal_operator.cluster.errors import Conflict, Invalid
from purreal_operator.cluster.views import TestView, WrittenStatus
from purreal_operator.metrics.operator_metrics import OperatorMetrics
from purreal_operator.observe import Observer
from purreal_operator.receiver.plan import RoomPlan
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.reconcile import Reconciler
from purreal_operator.status.model import PoolLoadTestStatus
from purreal_operator.status.words import Phase
from purreal_operator.wish import wish_of
from purreal_runner.document.kubernetes import RERUN_ANNOTATION
from purreal_runner.judge.verdict import Verdict

SPEC = {
    "target": {"type": "URL", "url": {"endpoint": "ws://db:8000"}},
    "load": {"closed": {"workers": 3}, "stop": {"operations": 30}},
}
ANSWER_SECONDS = 0.02


def merged(old: Any, patch: Any) -> Any:
    """What the API server makes of a merge patch."""
    if not isinstance(patch, dict):
        return patch
    result = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


class SlowCluster:
    """Several tests, each answer a moment late; there is nothing else in it."""

    def __init__(self, *names: str) -> None:
        self.status: dict[str, dict[str, Any]] = {name: {} for name in names}
        self.version = dict.fromkeys(names, 1)
        self.annotations: dict[str, str] = {}
        self.answer_seconds: dict[str, float] = {}
        self.error: Exception | None = None
        self.events: list[tuple[str, str]] = []

    def resource(self, name: str) -> dict[str, Any]:
        metadata = {"name": name, "namespace": "ns", "uid": f"uid-{name}", "generation": 1}
        return {
            "apiVersion": "purreal.dev/v1alpha1",
            "kind": "PoolLoadTest",
            "metadata": metadata | {"annotations": self.annotations},
            "spec": SPEC,
            "status": self.status[name],
        }

    def finish(self, name: str, **more: Any) -> None:
        """Its first run is over, and a second one is asked for."""
        status = PoolLoadTestStatus(
            run=1,
            phase=Phase.FINISHED,
            verdict=Verdict.PASSED,
            spec_hash=wish_of(self.resource(name)).spec_hash,
            **more,
        )
        self.status[name] = status.model_dump(mode="json", by_alias=True, exclude_none=True)
        self.annotations = {RERUN_ANNOTATION: "noon"}

    async def test(self, namespace: str, name: str) -> TestView:
        await asyncio.sleep(self.answer_seconds.get(name, ANSWER_SECONDS))
        version = str(self.version[name])
        return TestView("ns", name, f"uid-{name}", 1, version, False, self.resource(name))

    async def patch_status(
        self, namespace: str, name: str, status: Any, *, resource_version: str
    ) -> WrittenStatus:
        await asyncio.sleep(ANSWER_SECONDS)
        if self.error is not None:
            raise self.error
        if resource_version != str(self.version[name]):
            raise Conflict("changed meanwhile")
        self.version[name] += 1
        self.status[name] = merged(self.status[name], status)
        return WrittenStatus(await self.test(namespace, name))

    async def create(self, manifest: dict[str, Any]) -> None:
        self.events.append((manifest["reason"], manifest["message"]))

    async def plan(self, namespace: str, name: str) -> None:
        await asyncio.sleep(ANSWER_SECONDS)


class NoActor:
    async def act(self, action: Any, task: Any) -> None:
        """Nothing comes of it."""


@asynccontextmanager
async def looked_after(cluster: SlowCluster):
    """All tests of the cluster, heard of at the same moment."""
    clock = asyncio.get_running_loop().time
    rooms = Rooms(clock)
    observer = Observer(cluster, rooms, wall_clock=clock)
    reconciler = Reconciler(cluster, rooms, observer, NoActor(), OperatorMetrics(dict), clock)
    for name in cluster.status:
        rooms.open(RoomPlan("ns", name, f"uid-{name}", 1, f"uid-{name}-1", 1, 1))
        reconciler.heard_of(cluster.resource(name))
    try:
        yield rooms
    finally:
        await reconciler.stop()


@pytest.mark.looptime
@pytest.mark.parametrize("again", [False, True], ids=["new", "repeated"])
async def test_of_tests_applied_at_the_same_moment_one_uses_the_target(again):
    cluster = SlowCluster("one", "two", "three")
    for name in cluster.status if again else ():
        cluster.finish(name)

    async with looked_after(cluster):
        await asyncio.sleep(6)

    phases = sorted(status["phase"] for status in cluster.status.values())
    assert phases == ["Pending", "Pending", "Preparing"]


@pytest.mark.looptime
async def test_a_repeat_does_not_go_before_who_waits_already():
    cluster = SlowCluster("ended", "waiting")
    cluster.finish("ended", started_at="1969-12-31T23:00:00.000Z")  # the clock begins in 1970
    cluster.status["waiting"] = PoolLoadTestStatus(
        run=1, phase=Phase.PENDING, started_at="1969-12-31T23:30:00.000Z"
    ).model_dump(mode="json", by_alias=True, exclude_none=True)
    cluster.answer_seconds["waiting"] = 0.5  # so that the other one always looks first

    async with looked_after(cluster):
        await asyncio.sleep(6)

    phases = {name: status["phase"] for name, status in cluster.status.items()}
    assert phases == {"ended": "Pending", "waiting": "Preparing"}


@pytest.mark.looptime
async def test_the_room_of_a_run_is_closed_also_when_the_next_one_was_asked_for_meanwhile():
    cluster = SlowCluster("one")
    cluster.finish("one")

    async with looked_after(cluster) as rooms:
        await asyncio.sleep(6)

        assert cluster.status["one"]["run"] == 2
        assert not rooms.knows("uid-one-1")


@pytest.mark.looptime
async def test_what_was_refused_in_one_run_is_not_told_of_the_next():
    cluster = SlowCluster("one")
    cluster.finish("one", refused_pushes={"WrongToken": 3})

    async with looked_after(cluster):
        await asyncio.sleep(6)

    assert cluster.status["one"]["run"] == 2
    assert cluster.status["one"]["refusedPushes"] == {}


@pytest.mark.looptime
async def test_a_status_that_the_cluster_refuses_is_told_by_an_event():
    cluster = SlowCluster("one")
    cluster.error = Invalid("status.phase: Unsupported value")

    async with looked_after(cluster):
        await asyncio.sleep(6)

    assert {reason for reason, _ in cluster.events} == {"StatusRefused"}
    assert "older than the operator" in cluster.events[0][1]
    assert "Unsupported value" in cluster.events[0][1]
