"""What becomes of an action that the cluster does not let happen."""

import pytest

from purreal_operator.act import Actor, Task
from purreal_operator.cluster.errors import Conflict, Invalid, QuotaExceeded
from purreal_operator.decide.decision import Action
from purreal_operator.decide.observation import Observation, Wish
from purreal_operator.memory import TestMemory
from purreal_operator.objects.identity import TestIdentity
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.results.concluding import Concluder
from purreal_operator.settings import OperatorSettings
from purreal_operator.status.model import PoolLoadTestStatus
from purreal_runner.document import parse_document

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
