"""What an operator that was started anew, or that missed an answer, still finds out."""

from purreal_operator.cluster.views import StoredBytes, StoredPlan, TestView
from purreal_operator.memory import TestMemory
from purreal_operator.objects.identity import TestIdentity
from purreal_operator.observe import Observer
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.status.model import PoolLoadTestStatus, RunnersStatus, Tokens
from purreal_operator.status.words import Phase

RUN = TestIdentity("ns", "shop", "uid-1").run(1)
SPEC = {
    "target": {"type": "URL", "url": {"endpoint": "ws://db:8000"}},
    "load": {"closed": {"workers": 3}, "stop": {"operations": 30}},
    "runners": {"replicas": 3},
}


class FakeCluster:
    """It has a plan, no pods any more, and the parts of some runners."""

    def __init__(self) -> None:
        self.parts: set[int] = set()
        self.asked: list[str] = []

    async def plan(self, namespace: str, name: str) -> StoredPlan:
        return StoredPlan("uid-plan", "uid-1", "not a document", False)

    async def job(self, namespace: str, name: str) -> None:
        return None

    async def runner_pods(self, namespace: str, test: str, run: int) -> tuple[()]:
        return ()

    async def config_map_bytes(self, namespace: str, name: str, key: str) -> StoredBytes | None:
        self.asked.append(name)
        there = {RUN.names.part(index) for index in self.parts}
        return StoredBytes(b"", "uid-plan", "a-pod") if name in there else None


def view_of(status: PoolLoadTestStatus) -> TestView:
    resource = {
        "apiVersion": "purreal.dev/v1alpha1",
        "kind": "PoolLoadTest",
        "metadata": {"name": "shop", "namespace": "ns", "uid": "uid-1", "generation": 1},
        "spec": SPEC,
        "status": status.model_dump(mode="json", by_alias=True),
    }
    return TestView("ns", "shop", "uid-1", 1, "1", False, resource)


COLLECTING = PoolLoadTestStatus(
    run=1,
    phase=Phase.COLLECTING,
    tokens=Tokens(runners="a-hash"),
    runners=RunnersStatus(expected=3),
    refused_pushes={"WrongToken": 2},
)


async def test_a_part_of_a_lost_runner_that_was_stored_without_an_answer_is_found():
    cluster, memory = FakeCluster(), TestMemory()
    observer = Observer(cluster, Rooms())
    before = await observer.observe(RUN, view_of(COLLECTING), memory)
    cluster.parts.add(1)

    still = await observer.observe(RUN, view_of(COLLECTING), memory)
    runners = COLLECTING.runners.model_copy(update={"lost": (1, 2)})
    lost = COLLECTING.model_copy(update={"runners": runners})
    after = await observer.observe(RUN, view_of(lost), memory)
    again = await observer.observe(RUN, view_of(lost), memory)

    assert (before.stored, still.stored, after.stored) == (frozenset(), frozenset(), {1})
    assert again.stored == {1}
    assert len(cluster.asked) == 3 + 2  # all once, the two that are lost once more


async def test_what_was_refused_before_the_operator_began_still_counts():
    observer = Observer(FakeCluster(), Rooms())

    seen = await observer.observe(RUN, view_of(COLLECTING), TestMemory())

    assert seen.refused_pushes == {"WrongToken": 2}
