"""Looking at runner pods while a run is followed: where somebody sees them, never in the way."""

import asyncio
import io
from collections.abc import Sequence
from typing import Any

import pytest
from rich.console import Console

from purreal_kubectl.deciding.run_of import WantedRun
from purreal_kubectl.watching import followed
from purreal_operator.cluster.errors import Forbidden, Unavailable
from purreal_operator.cluster.parse import pod_view
from purreal_operator.cluster.views import PodView
from purreal_operator.status.model import FinishedRun
from tests.kubectl_plugin.fake_cluster import FakeCluster
from tests.kubectl_plugin.pods import pod
from tests.kubectl_plugin.stored import UID, active, ended, resource

pytestmark = pytest.mark.looptime
THIRD = WantedRun("shop", UID, number=3)
FORBIDDEN = Forbidden("list pods: pods is forbidden")
HINT = "no table of runners: that needs the right to list pods in namespace team"


class Course(FakeCluster):
    """A run that begins after five seconds and is over ten seconds later."""

    def __init__(self, pods: Sequence[PodView] | Exception = ()) -> None:
        super().__init__()
        self.pods = pods if isinstance(pods, Exception) else list(pods)
        self.asked_at: list[float] = []

    async def changes(self, namespace: str, name: str) -> Any:
        yield resource(ended(run=2))
        await asyncio.sleep(5)
        yield resource(active(run=3))
        await asyncio.sleep(10)
        yield resource(ended(run=3))

    async def runner_pods(self, namespace: str, test: str, run: int) -> list[PodView]:
        self.asked_at.append(asyncio.get_running_loop().time())
        return await super().runner_pods(namespace, test, run)


class Screen:
    """Where a run is followed, and what was printed there."""

    def __init__(self, *, terminal: bool = True, width: int = 100) -> None:
        self._file = io.StringIO()
        self._console = Console(
            file=self._file, force_terminal=terminal, width=width, height=30, color_system=None
        )

    @property
    def printed(self) -> str:
        return self._file.getvalue()

    async def follow(self, cluster: FakeCluster, timeout: float | None = None) -> FinishedRun:
        return await followed(cluster.as_cluster(), "team", THIRD, timeout, self._console)


async def test_the_pods_of_a_run_that_has_begun_are_looked_at_every_two_seconds() -> None:
    cluster = Course([pod_view(pod(0))])

    over = await Screen().follow(cluster)

    assert over.run == 3
    assert cluster.asked_at == pytest.approx([5, 7, 9, 11, 13], abs=0.1)
    assert set(cluster.runs_asked_for) == {3}


async def test_without_a_terminal_nobody_asks_for_pods() -> None:
    cluster, screen = Course(FORBIDDEN), Screen(terminal=False)

    await screen.follow(cluster)

    assert cluster.asked_at == []
    assert "table of runners" not in screen.printed


async def test_who_may_not_list_pods_is_told_once_and_the_run_is_followed() -> None:
    cluster, screen = Course(FORBIDDEN), Screen()

    over = await screen.follow(cluster)

    assert over.verdict == "Passed"
    assert len(cluster.asked_at) == 1
    assert screen.printed.count(HINT) == 1


async def test_pods_that_can_not_be_read_for_a_while_are_asked_for_again() -> None:
    cluster, screen = Course(Unavailable("list pods: no answer")), Screen()

    await screen.follow(cluster)

    assert len(cluster.asked_at) == 5
    assert "no answer" not in screen.printed


async def test_an_answer_that_does_not_come_keeps_no_run_from_its_end() -> None:
    class Silent(Course):
        async def runner_pods(self, namespace: str, test: str, run: int) -> list[PodView]:
            await asyncio.Event().wait()
            return []

    await Screen().follow(Silent())

    assert asyncio.get_running_loop().time() == pytest.approx(15, abs=0.1)


async def test_who_waits_for_a_limited_time_leaves_no_look_behind() -> None:
    cluster = Course([pod_view(pod(0))])

    with pytest.raises(Exception, match="did not end within 8 s"):
        await Screen().follow(cluster, timeout=8)

    await asyncio.sleep(20)
    assert cluster.asked_at == pytest.approx([5, 7], abs=0.1)
