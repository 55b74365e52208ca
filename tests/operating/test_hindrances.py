"""Why pods do not come up: what is read in events, and when none is read."""

from dataclasses import replace
from datetime import UTC, datetime

from purreal_operator import hindrances
from purreal_operator.cluster.errors import Forbidden
from purreal_operator.cluster.trouble import PodTrouble, TroubleKind
from purreal_operator.cluster.views import (
    ConditionView,
    EventView,
    JobView,
    PodView,
    StatefulSetView,
)

POD = PodView(
    name="shop-1-0",
    uid="uid-0",
    index=0,
    phase="Pending",
    ready=False,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    terminating=False,
    restarts=0,
    node="node",
    trouble=None,
    last_end=None,
    failures_of_index=0,
)
OTHER = replace(POD, name="shop-1-1", uid="uid-1", index=1)
JOB = JobView("job", "plan", False, 1, 0, 0, 0, frozenset(), frozenset(), {})
DATABASE = StatefulSetView("db", "sts", "plan", False, 1, 0, "image", 1, "db", "")
NO_SECRET = 'MountVolume.SetUp failed for volume "token": secret "token" not found'
NO_ROOM = "pods is forbidden: exceeded quota: narrow"


class FakeCluster:
    """Events of objects, by uid; remembers which were asked for."""

    def __init__(self, **events: tuple[str, str]) -> None:
        self.events = events
        self.asked: list[str] = []

    async def events_of(self, namespace: str, uid: str, kind: str) -> tuple[EventView, ...]:
        self.asked.append(f"{kind} {uid}")
        found = self.events.get(uid.replace("-", "_"))
        return (EventView("Warning", *found, count=1, last_seen=None),) if found else ()


async def test_a_volume_that_can_not_be_mounted_is_the_trouble_of_the_pod_that_waits():
    cluster = FakeCluster(uid_1=("FailedMount", NO_SECRET))
    runs = replace(POD, phase="Running")

    first, second = await hindrances.with_events(cluster, "ns", (runs, OTHER))

    assert first is runs
    assert hindrances.in_words(second) == f"shop-1-1: {NO_SECRET}"
    assert cluster.asked == ["Pod uid-1"]


async def test_of_many_pods_that_wait_one_is_asked_about():
    cluster = FakeCluster()

    assert await hindrances.with_events(cluster, "ns", (POD, OTHER)) == (POD, OTHER)
    assert cluster.asked == ["Pod uid-0"]


async def test_nothing_is_asked_about_pods_that_have_said_it_or_that_can_not_have_begun():
    cluster = FakeCluster()
    said = replace(POD, trouble=PodTrouble(TroubleKind.IMAGE_PULL, "ErrImagePull"))
    pods = (said, replace(POD, node=""), replace(POD, terminating=True))

    assert await hindrances.with_events(cluster, "ns", pods) == pods
    assert cluster.asked == []


async def test_a_job_that_could_make_only_some_of_its_pods_says_why():
    cluster = FakeCluster(job=("FailedCreate", NO_ROOM))

    assert await hindrances.of_job(cluster, "ns", JOB, (POD,), 2) == NO_ROOM
    assert await hindrances.of_job(cluster, "ns", JOB, (POD, OTHER), 2) == ""
    assert cluster.asked == ["Job job"]


async def test_a_job_that_failed_says_so_itself():
    failed = replace(JOB, conditions={"Failed": ConditionView("True", "DeadlineExceeded", "")})

    words = await hindrances.of_job(FakeCluster(), "ns", failed, (POD,), 1)

    assert words == "the runners' Job failed: DeadlineExceeded"


async def test_a_target_tells_of_its_pods_and_of_those_that_are_not_made():
    mount = FakeCluster(uid_0=("FailedMount", NO_SECRET))
    quota = FakeCluster(sts=("FailedCreate", NO_ROOM))

    assert await hindrances.of_target(mount, "ns", DATABASE, (POD,)) == (f"shop-1-0: {NO_SECRET}",)
    assert await hindrances.of_target(quota, "ns", DATABASE, ()) == (NO_ROOM,)
    assert await hindrances.of_target(FakeCluster(), "ns", DATABASE, (OTHER,)) == ()


async def test_events_that_can_not_be_read_take_only_words_away():
    class Closed(FakeCluster):
        async def events_of(self, namespace: str, uid: str, kind: str) -> tuple[EventView, ...]:
            raise Forbidden("events are forbidden")

    pods = await hindrances.with_events(Closed(), "ns", (POD,))

    assert pods == (POD,)
    assert await hindrances.of_job(Closed(), "ns", JOB, pods, 2) == ""
