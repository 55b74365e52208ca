"""Following a run to its end: outages, watches that end, operators that do not come."""

import asyncio
from typing import Any

import pytest

from purreal_kubectl.deciding.run_of import Look, WantedRun
from purreal_kubectl.failure import Failure
from purreal_kubectl.following import follow, patiently, settled
from purreal_operator.cluster.errors import Forbidden, Gone, Unavailable
from purreal_operator.status.model import FinishedRun
from tests.kubectl_plugin.fake_cluster import FakeCluster
from tests.kubectl_plugin.stored import UID, active, ended, history_entry, resource

pytestmark = pytest.mark.looptime
AWAY = Unavailable("watch PoolLoadTest shop: the API server can't be reached")
FIRST = WantedRun("shop", UID, number=1)
STANDSTILL = "shop: nothing has changed for 120 s"


class Followed:
    """What was told while a run was followed."""

    def __init__(self) -> None:
        self.looks: list[Look] = []
        self.notes: list[str] = []

    async def follow(self, cluster: FakeCluster, wanted: WantedRun = FIRST) -> FinishedRun:
        return await follow(
            cluster.as_cluster(), "team", wanted, self.looks.append, self.notes.append
        )


@pytest.fixture
def followed() -> Followed:
    return Followed()


async def test_every_state_is_shown_until_the_run_is_over(followed: Followed) -> None:
    cluster = FakeCluster(
        [resource(active(phase="Starting")), resource(active()), resource(ended())]
    )

    over = await followed.follow(cluster)

    assert [look.status.phase for look in followed.looks] == ["Starting", "Running", "Finished"]
    assert (over.run, over.verdict) == (1, "Passed")
    assert followed.notes == []


async def test_a_watch_that_ends_is_begun_again(followed: Followed) -> None:
    cluster = FakeCluster([resource(active())], [resource(active())], [resource(ended())])

    await followed.follow(cluster)

    assert cluster.watched == 3


async def test_watches_that_end_at_once_are_not_begun_without_a_pause(followed: Followed) -> None:
    cluster = FakeCluster([resource(active())])
    task = asyncio.create_task(followed.follow(cluster))

    await asyncio.sleep(10)
    cluster.watches = [[resource(ended())]]
    await task

    assert cluster.watched <= 22


async def test_an_outage_is_told_once_and_survived(followed: Followed) -> None:
    outage = [[AWAY]] * 20
    cluster = FakeCluster(
        [resource(active()), AWAY], *outage, [resource(active()), AWAY], [resource(ended())]
    )

    over = await followed.follow(cluster)

    assert over.verdict == "Passed"
    assert followed.notes == [
        f"{AWAY}; trying again",
        "the API server answers again",
        f"{AWAY}; trying again",
        "the API server answers again",
    ]


async def test_an_api_server_that_stays_away_for_five_minutes_is_given_up(
    followed: Followed,
) -> None:
    began = asyncio.get_running_loop().time()

    with pytest.raises(Unavailable, match="can't be reached"):
        await followed.follow(FakeCluster([resource(active()), AWAY], [AWAY]))

    assert 300 < asyncio.get_running_loop().time() - began < 310


async def test_a_run_that_ended_and_was_followed_by_another_during_an_outage_is_found(
    followed: Followed,
) -> None:
    later = active(run=2) | {"history": [history_entry(1, "Failed")]}
    cluster = FakeCluster([resource(active()), AWAY], [resource(later)])

    over = await followed.follow(cluster)

    assert (over.run, over.verdict) == (1, "Failed")


@pytest.mark.parametrize("error", [Gone("it was deleted"), Forbidden("no right to watch")])
async def test_what_will_not_pass_ends_the_following(followed: Followed, error: Exception) -> None:
    with pytest.raises(type(error)):
        await followed.follow(FakeCluster([resource(active()), error]))


async def test_a_new_test_of_the_same_name_is_another_one(followed: Followed) -> None:
    cluster = FakeCluster([resource(active()), resource(active(), uid="uid-2")])

    with pytest.raises(Failure, match="there is another test of this name"):
        await followed.follow(cluster)


class WatchedForHalfAMinute(FakeCluster):
    """Nothing happens, but each watch lasts as long as a real one."""

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__([item])

    async def changes(self, namespace: str, name: str) -> Any:
        async for item in super().changes(namespace, name):
            yield item
        await asyncio.sleep(30)


async def test_a_run_that_no_operator_begins_is_hinted_at_and_then_given_up(
    followed: Followed,
) -> None:
    cluster = WatchedForHalfAMinute(resource(asked="now"))

    with pytest.raises(Failure, match="no operator began the run of shop"):
        await followed.follow(cluster, WantedRun("shop", UID, token="now"))

    assert followed.notes == ["no operator has begun the run yet; is it running?"]
    assert asyncio.get_running_loop().time() >= 120


async def test_a_repeat_waits_as_long_as_the_run_before_it_takes(followed: Followed) -> None:
    during = active(run=1) | {"rerunAt": "before"}
    cluster = WatchedForHalfAMinute(resource(during, asked="now"))
    task = asyncio.create_task(followed.follow(cluster, WantedRun("shop", UID, token="now")))

    await asyncio.sleep(600)
    cluster.watches = [[resource(ended(run=2, rerunAt="now"), asked="now")]]

    assert (await task).run == 2
    assert {note.partition(";")[0] for note in followed.notes} == {STANDSTILL}
    assert {look.begun for look in followed.looks[:-1]} == {False}


async def test_a_run_that_stands_still_is_hinted_at_and_followed_all_the_same(
    followed: Followed,
) -> None:
    cluster = WatchedForHalfAMinute(resource(active()))
    task = asyncio.create_task(followed.follow(cluster))

    await asyncio.sleep(100)
    assert followed.notes == []
    await asyncio.sleep(250)
    cluster.watches = [[resource(ended())]]

    assert (await task).verdict == "Passed"
    assert [note.partition(";")[0] for note in followed.notes] == [STANDSTILL] * 2


async def test_a_run_that_waits_for_another_test_may_stand_still(followed: Followed) -> None:
    cluster = WatchedForHalfAMinute(resource(active(phase="Pending")))
    task = asyncio.create_task(followed.follow(cluster))

    await asyncio.sleep(600)
    cluster.watches = [[resource(ended())]]

    assert (await task).verdict == "Passed"
    assert followed.notes == []


async def test_a_test_settles_when_the_operator_has_seen_its_spec() -> None:
    behind = resource(ended(), generation=2)
    cluster = FakeCluster([behind, resource(active(run=2), generation=2)], stored=behind)

    found = await settled(cluster.as_cluster(), "team", "shop")

    assert found["status"]["run"] == 2


async def test_a_test_that_never_settles_is_taken_as_it_is() -> None:
    behind = resource(ended(), generation=2)

    class Silent(FakeCluster):
        async def changes(self, namespace: str, name: str) -> Any:
            yield behind
            await asyncio.Event().wait()

    found = await settled(Silent(stored=behind).as_cluster(), "team", "shop")

    assert found is behind


async def test_a_report_that_can_not_be_read_at_once_is_read_after_the_outage() -> None:
    answers: list[str | Unavailable] = [AWAY, AWAY, "the report"]
    notes: list[str] = []

    async def read() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    assert await patiently(read, notes.append) == "the report"
    assert notes == [f"{AWAY}; trying again"] * 2


async def test_an_outage_of_more_than_a_minute_keeps_from_the_report() -> None:
    async def read() -> str:
        raise AWAY

    with pytest.raises(Unavailable):
        await patiently(read, lambda note: None)

    assert 60 <= asyncio.get_running_loop().time() <= 70
