"""Stands for the plugin's `Cluster`: scripted answers, and a record of what was asked."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any, cast

from purreal_kubectl.cluster.cluster import Cluster
from purreal_operator.cluster.errors import Gone
from purreal_operator.cluster.views import PodView

Watch = Sequence[dict[str, Any] | Exception]


class FakeCluster:
    """One test, its watches, its pods and their logs.

    Attributes:
        watches: what each watch yields, then raises or ends with; the last one repeats.
        stored: the test as reading finds it; None: there is none.
        after: the test as each change finds it; the last one repeats.
        pods: of the runners; an exception is raised.
        sent: the bodies of all changes.
        runs_asked_for: whose pods were asked for.
    """

    def __init__(
        self,
        *watches: Watch,
        stored: dict[str, Any] | None = None,
        after: Sequence[dict[str, Any] | Exception] = (),
    ) -> None:
        self.watches = list(watches)
        self.stored = stored
        self.after = list(after)
        self.pods: list[PodView] | Exception = []
        self.logs: dict[str, list[str | Exception]] = {}
        self.sent: list[dict[str, Any]] = []
        self.runs_asked_for: list[int] = []
        self.watched = 0

    def as_cluster(self) -> Cluster:
        """This, for what wants the real one."""
        return cast("Cluster", self)

    async def changes(self, namespace: str, name: str) -> AsyncGenerator[dict[str, Any], None]:
        self.watched += 1
        watch = self.watches.pop(0) if len(self.watches) > 1 else self.watches[0]
        for item in watch:
            if isinstance(item, Exception):
                raise item
            yield item

    async def test(self, namespace: str, name: str) -> dict[str, Any]:
        if self.stored is None:
            raise Gone(f"there is no PoolLoadTest {name} in namespace {namespace}")
        return self.stored

    async def apply(self, manifest: dict[str, Any]) -> dict[str, Any]:
        return self._changed(manifest)

    async def change(self, namespace: str, name: str, change: dict[str, Any]) -> dict[str, Any]:
        return self._changed(change)

    async def runner_pods(self, namespace: str, test: str, run: int) -> list[PodView]:
        self.runs_asked_for.append(run)
        if isinstance(self.pods, Exception):
            raise self.pods
        return self.pods

    async def log(self, namespace: str, pod: str, *, follow: bool) -> AsyncGenerator[str, None]:
        for line in self.logs[pod]:
            if isinstance(line, Exception):
                raise line
            yield line

    def _changed(self, body: dict[str, Any]) -> dict[str, Any]:
        self.sent.append(body)
        answer = self.after.pop(0) if len(self.after) > 1 else self.after[0]
        if isinstance(answer, Exception):
            raise answer
        self.stored = answer
        return answer
