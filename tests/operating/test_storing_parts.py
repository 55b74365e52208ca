"""What becomes of a runner's final export: stored once, tried again, or refused for good."""

import os

import pytest

from purreal_operator.cluster.cluster import Cluster
from purreal_operator.cluster.errors import ClusterError, Gone, Invalid, Unavailable
from purreal_operator.cluster.views import Created, Existed, StoredBytes, StoredPlan
from purreal_operator.objects.size import MOST_BYTES
from purreal_operator.part_store import PartStore
from purreal_operator.receiver.plan import NeverStored, RoomPlan, Stored

ROOM = RoomPlan("ns", "shop", "uid-1", 1, "uid-1-1", runners=2, processes=1)
PLAN = StoredPlan("plan-uid", "uid-1", "{}", terminating=False)


class FakeCluster(Cluster):
    """The plan of a run, and what was stored for it."""

    def __init__(self, error: ClusterError | None = None, plan: StoredPlan | None = PLAN) -> None:
        super().__init__()
        self.error = error
        self.found_plan = plan
        self.stored_by: str | None = None

    async def plan(self, namespace: str, name: str) -> StoredPlan | None:
        return self.found_plan

    async def create(self, manifest, *, dry_run: bool = False) -> Created | Existed:
        if self.error is not None:
            raise self.error
        if self.stored_by is not None:
            return Existed("part-uid")
        self.stored_by = manifest["metadata"]["annotations"]["purreal.dev/pod-uid"]
        return Created("part-uid")

    async def config_map_bytes(self, namespace: str, name: str, key: str) -> StoredBytes:
        return StoredBytes(b"", pod_uid=self.stored_by or "", owner_uid="plan-uid")


async def store(cluster: Cluster, export: bytes = b"export", pod: str = "pod-a") -> Stored:
    return await PartStore(cluster).store(ROOM, 0, pod, export)


async def test_the_first_pod_of_an_index_is_the_one_that_counts():
    cluster = FakeCluster()

    assert await store(cluster) is Stored.STORED
    assert await store(cluster) is Stored.ALREADY
    assert await store(cluster, pod="pod-b") is Stored.OTHER


async def test_a_result_that_no_config_map_holds_is_refused_for_good_with_what_to_do():
    words = "runner 0 has .* KiB; .* at most 900 KiB of it; have more runners with fewer processes"

    with pytest.raises(NeverStored, match=words):
        await store(FakeCluster(), os.urandom(MOST_BYTES + 1))


async def test_a_result_that_the_cluster_does_not_take_is_refused_for_good():
    with pytest.raises(NeverStored, match="refuses the result of runner 0: a webhook says no"):
        await store(FakeCluster(Invalid("a webhook says no")))


@pytest.mark.parametrize("error", [Unavailable("no answer"), Gone("no namespace")])
async def test_what_may_pass_is_left_to_be_tried_again(error):
    with pytest.raises(type(error)):
        await store(FakeCluster(error))


async def test_nothing_is_stored_for_a_run_that_is_over():
    with pytest.raises(Gone, match="shop-1 is over"):
        await store(FakeCluster(plan=None))
