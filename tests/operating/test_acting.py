"""What becomes of an action that the cluster does not let happen."""

import pytest

from purreal_operator.act import Actor, Task
from purreal_operator.cluster.errors import Conflict, Invalid, QuotaExceeded
from purreal_operator.cluster.views import StoredBytes, StoredPlan
from purreal_operator.decide.decision import Action
from purreal_operator.decide.observation import Observation, Wish
from purreal_operator.memory import TestMemory
from purreal_operator.objects.identity import TestIdentity
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.results.concluding import Concluder
from purreal_operator.settings import OperatorSettings
from purreal_operator.status.model import FinishedRun, PoolLoadTestStatus, Summary
from purreal_operator.status.words import Reason
from purreal_runner.document import parse_document
from purreal_runner.judge.verdict import Verdict

DOCUMENT = parse_document(
    "apiVersion: purreal.dev/v1alpha1\nkind: PoolLoadTest\nmetadata: {name: shop}\n"
    "spec: {load: {closed: {workers: 3}, stop: {operations: 30}}}\n",
    "test",
)
SETTINGS = OperatorSettings((), 8080, 4317, 8081, "http://operator:8080", "purreal")


class Refusing:
    """A cluster in which nothing can be made."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def create(self, manifest: dict[str, object]) -> None:
        raise self.error


async def make_plan(error: Exception, memory: TestMemory) -> None:
    cluster = Refusing(error)
    actor = Actor(cluster, SETTINGS, Concluder(cluster, Rooms(), lambda run_id, spans: None))
    seen = Observation(
        now=0.0, wish=Wish(generation=1, document=DOCUMENT), status=PoolLoadTestStatus(run=1)
    )
    run = TestIdentity("ns", "shop", "uid-1").run(1)
    await actor.act(Action.MAKE_PLAN, Task(run, seen, memory))


async def test_a_name_that_is_taken_is_tried_again_and_remembered_for_the_deadline():
    memory = TestMemory()

    with pytest.raises(Conflict):
        await make_plan(Conflict("shop-1-plan belongs to something else"), memory)

    assert memory.run.hindered == "shop-1-plan belongs to something else"
    assert memory.run.refused == ""


async def test_no_room_may_pass_and_a_refusal_does_not():
    memory = TestMemory()

    await make_plan(QuotaExceeded("exceeded quota"), memory)
    assert (memory.run.hindered, memory.run.refused) == ("exceeded quota", "")

    await make_plan(Invalid("no such field"), memory)
    assert (memory.run.hindered, memory.run.refused) == ("", "no such field")


class Removing:
    """A cluster with the plan of a test, in which everything may be deleted."""

    def __init__(self, test_uid: str, *, strange: str = "") -> None:
        self.found = StoredPlan("uid-plan", test_uid, "", False)
        self.strange = strange
        self.deleted: list[str] = []

    async def config_map_bytes(self, namespace: str, name: str, key: str) -> StoredBytes:
        owner = "uid-of-another" if name == self.strange else self.found.test_uid
        return StoredBytes(b"", owner_uid=owner, pod_uid="")

    async def plan(self, namespace: str, name: str) -> StoredPlan:
        return self.found

    async def delete_config_map(self, namespace: str, name: str, *, uid: str = "") -> None:
        self.deleted.append(name)


def finished_runs(*numbers: int) -> tuple[FinishedRun, ...]:
    def run(number: int) -> FinishedRun:
        return FinishedRun(
            run=number,
            verdict=Verdict.PASSED,
            reason=Reason.THRESHOLDS_MET,
            message="",
            started_at="2026-01-01T00:00:00Z",
            finished_at="2026-01-01T00:00:10Z",
            summary=Summary(),
            report=None,
        )

    return tuple(map(run, numbers))


async def remove_run(cluster: Removing, history: tuple[FinishedRun, ...]) -> None:
    actor = Actor(cluster, SETTINGS, Concluder(cluster, Rooms(), lambda run_id, spans: None))
    status = PoolLoadTestStatus(run=history[0].run, history=history)
    seen = Observation(now=0.0, wish=Wish(generation=1, document=DOCUMENT), status=status)
    run = TestIdentity("ns", "shop", "uid-1").run(status.run)
    await actor.act(Action.REMOVE_RUN, Task(run, seen, TestMemory()))


async def test_with_a_run_goes_every_report_that_fell_out_of_the_history():
    cluster = Removing("uid-1")

    await remove_run(cluster, finished_runs(*range(13, 3, -1)))

    assert cluster.deleted == ["shop-13-plan", *(f"shop-{n}-report" for n in (1, 2, 3))]


async def test_what_somebody_else_keeps_under_the_name_of_a_report_stays():
    cluster = Removing("uid-1", strange="shop-2-report")

    await remove_run(cluster, finished_runs(*range(13, 3, -1)))

    assert cluster.deleted == ["shop-13-plan", "shop-1-report", "shop-3-report"]


async def test_reports_in_the_history_stay():
    cluster = Removing("uid-1")

    await remove_run(cluster, finished_runs(2, 1))

    assert cluster.deleted == ["shop-2-plan"]


async def test_the_plan_of_another_test_stays():
    cluster = Removing("uid-of-another")

    await remove_run(cluster, finished_runs(1))

    assert cluster.deleted == []
