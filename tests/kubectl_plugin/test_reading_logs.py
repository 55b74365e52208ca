"""The logs of all runners: those there are, and those to come."""

from datetime import UTC, datetime

import pytest

from purreal_kubectl.commands.logs import prefix
from purreal_kubectl.failure import Failure
from purreal_kubectl.runner_logs import RunnerLogs
from purreal_operator.cluster.errors import Gone, Unavailable
from purreal_operator.cluster.trouble import PodTrouble, TroubleKind
from purreal_operator.cluster.views import PodView
from tests.kubectl_plugin.fake_cluster import FakeCluster
from tests.kubectl_plugin.stored import active, ended, resource

pytestmark = pytest.mark.looptime


def pod(index: int, phase: str = "Running", trouble: PodTrouble | None = None) -> PodView:
    return PodView(
        name=f"shop-1-{index}-abcde",
        uid=f"uid-{index}",
        index=index,
        phase=phase,
        ready=phase == "Running",
        created_at=datetime(2026, 1, 31, tzinfo=UTC),
        terminating=False,
        restarts=0,
        node="",
        trouble=trouble,
        last_end=None,
        failures_of_index=0,
    )


class Reader:
    """Reads the logs and keeps what came."""

    def __init__(self, cluster: FakeCluster) -> None:
        self.lines: list[str] = []
        self.notes: list[str] = []
        self.logs = RunnerLogs(
            cluster.as_cluster(),
            "team",
            "shop",
            lambda pod, line: self.lines.append(f"{prefix(pod)}{line}"),
            self.notes.append,
        )


@pytest.fixture
def cluster() -> FakeCluster:
    """Two runners of a run that is on."""
    cluster = FakeCluster(stored=resource(active()))
    cluster.pods = [pod(0), pod(1)]
    cluster.logs = {"shop-1-0-abcde": ["begun", "done"], "shop-1-1-abcde": ["begun"]}
    return cluster


async def test_every_line_says_which_runner_wrote_it(cluster: FakeCluster) -> None:
    reader = Reader(cluster)

    await reader.logs.read()

    assert reader.lines == [
        "[0 shop-1-0-abcde] begun",
        "[0 shop-1-0-abcde] done",
        "[1 shop-1-1-abcde] begun",
    ]


async def test_a_runner_that_has_not_started_is_named_with_what_keeps_it(
    cluster: FakeCluster,
) -> None:
    trouble = PodTrouble(TroubleKind.IMAGE_PULL, "the image can't be pulled")
    cluster.pods = [pod(0, "Pending", trouble), pod(1)]
    reader = Reader(cluster)

    await reader.logs.read()

    assert reader.lines == ["[1 shop-1-1-abcde] begun"]
    assert reader.notes == ["shop-1-0-abcde has no log yet: the image can't be pulled"]


async def test_the_logs_of_a_test_that_was_made_just_now_are_those_of_its_first_run(
    cluster: FakeCluster,
) -> None:
    cluster.watches = [[resource(), resource(active())]]
    cluster.stored = resource()
    reader = Reader(cluster)

    await reader.logs.read()

    assert len(reader.lines) == 3
    assert cluster.runs_asked_for == [1]


async def test_a_run_whose_pods_are_gone_says_where_logs_are_left() -> None:
    reader = Reader(FakeCluster(stored=resource(ended())))

    with pytest.raises(Failure, match="run 1 of shop has no runner pods"):
        await reader.logs.read()
    with pytest.raises(Failure, match="run 1 of shop has no runner pods"):
        await reader.logs.follow()


async def test_a_test_that_is_deleted_meanwhile_ends_the_following(cluster: FakeCluster) -> None:
    class Deleted(FakeCluster):
        async def runner_pods(self, namespace: str, test: str, run: int) -> list[PodView]:
            self.stored = None
            return []

    with pytest.raises(Gone, match="there is no PoolLoadTest shop"):
        await Reader(Deleted(stored=resource(active()))).logs.follow()


async def test_a_reader_who_has_left_ends_the_following(cluster: FakeCluster) -> None:
    def left(pod: PodView, line: str) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        await RunnerLogs(cluster.as_cluster(), "team", "shop", left, print).follow()


class Course(FakeCluster):
    """A run whose second runner comes late, and which is over at the fourth look."""

    def __init__(self) -> None:
        super().__init__(stored=resource(active()))
        self.logs = {"shop-1-0-abcde": ["begun"], "shop-1-1-abcde": ["late"]}
        self.looks = 0

    async def runner_pods(self, namespace: str, test: str, run: int) -> list[PodView]:
        self.looks += 1
        if self.looks == 2:
            raise Unavailable("the API server can't be reached")
        if self.looks == 4:
            self.stored = resource(ended())
        return [pod(0), pod(1, "Pending" if self.looks < 3 else "Running")]


async def test_following_takes_in_late_runners_and_ends_with_the_run() -> None:
    reader = Reader(Course())

    await reader.logs.follow()

    assert reader.lines == ["[0 shop-1-0-abcde] begun", "[1 shop-1-1-abcde] late"]
    assert reader.notes == ["the API server can't be reached; trying again"]


async def test_a_log_that_breaks_off_ends_no_other(cluster: FakeCluster) -> None:
    cluster.logs["shop-1-0-abcde"] = ["begun", Unavailable("the log broke off")]
    reader = Reader(cluster)
    cluster.stored = resource(ended())

    await reader.logs.follow()

    assert sorted(reader.lines) == ["[0 shop-1-0-abcde] begun", "[1 shop-1-1-abcde] begun"]
    assert reader.notes == ["the log broke off"]
