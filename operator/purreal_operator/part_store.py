"""Stores runners' final exports in the cluster, on the receiver's loop; merges and judges none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from purreal_operator.cluster.cluster import Cluster
from purreal_operator.cluster.errors import Gone, Invalid
from purreal_operator.cluster.views import Created
from purreal_operator.objects.identity import RunIdentity, TestIdentity
from purreal_operator.objects.names import PART_KEY
from purreal_operator.objects.results import part_config_map
from purreal_operator.objects.size import TooLarge
from purreal_operator.receiver.plan import NeverStored, RoomPlan, Store, Stored
from purreal_operator.results.parts import packed


@asynccontextmanager
async def part_store() -> AsyncIterator[Store]:
    """What the receiver stores with, for as long as the block lasts."""
    async with Cluster() as cluster:
        yield PartStore(cluster).store


class PartStore:
    """Keeps final exports in ConfigMaps that go with the plan of their run."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def store(self, room: RoomPlan, index: int, pod_uid: str, export: bytes) -> Stored:
        """Store one final export; the first pod of an index that does so is the one that counts.

        Raises:
            ClusterError: it could not be stored; the runner tries again.
            NeverStored: it never can be.
        """
        try:
            return await self._store(room, index, pod_uid, export)
        except TooLarge as error:
            raise NeverStored(f"{error}; have more runners with fewer processes each") from error
        except Invalid as error:
            raise NeverStored(
                f"the cluster refuses the result of runner {index}: {error}"
            ) from error

    async def _store(self, room: RoomPlan, index: int, pod_uid: str, export: bytes) -> Stored:
        run = TestIdentity(room.namespace, room.test, room.uid).run(room.run)
        plan = await self._cluster.plan(room.namespace, run.names.plan)
        if plan is None or plan.test_uid != room.uid or plan.terminating:
            raise Gone(f"the run {run.names.base} is over")
        manifest = part_config_map(run, plan.uid, index=index, pod_uid=pod_uid, part=packed(export))
        if isinstance(await self._cluster.create(manifest), Created):
            return Stored.STORED
        return await self._whose(run, index, pod_uid)

    async def _whose(self, run: RunIdentity, index: int, pod_uid: str) -> Stored:
        found = await self._cluster.config_map_bytes(
            run.test.namespace, run.names.part(index), PART_KEY
        )
        if found is None:
            raise Gone(f"the part of runner {index} was there and is gone")
        return Stored.ALREADY if found.pod_uid == pod_uid else Stored.OTHER
