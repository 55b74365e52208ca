"""Reads the logs of a run's runners, all at once if they are followed; prints nothing."""

import asyncio
from collections.abc import Callable

from purreal_kubectl.cluster.cluster import Cluster
from purreal_kubectl.deciding.run_of import is_active
from purreal_kubectl.failure import Failure
from purreal_kubectl.following import settled
from purreal_operator.cluster.errors import ClusterError, Unavailable
from purreal_operator.cluster.views import PodView
from purreal_operator.status.model import PoolLoadTestStatus
from purreal_operator.status.reading import status_of

OnLine = Callable[[PodView, str], None]
OnNote = Callable[[str], None]

_LOOK_SECONDS = 2.0


class RunnerLogs:
    """The logs of the runners of a test's present run.

    Args:
        cluster: where it runs.
        namespace: of the test.
        name: of the test.
        on_line: called with every line and the pod that wrote it.
        on_note: called with what a user should know besides.
    """

    def __init__(
        self, cluster: Cluster, namespace: str, name: str, on_line: OnLine, on_note: OnNote
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._name = name
        self._on_line = on_line
        self._on_note = on_note

    async def read(self) -> None:
        """Read what there is, one pod after the other.

        Raises:
            Failure: there are no pods.
            ClusterError: a right is missing, the test is gone, or there is no answer.
        """
        run = await self._run()
        pods = await self._cluster.runner_pods(self._namespace, self._name, run)
        if not pods:
            raise self._no_pods(run)
        for pod in pods:
            if _has_log(pod):
                await self._read_one(pod, follow=False)
            else:
                self._on_note(_why_not(pod))

    async def follow(self) -> None:
        """Read until the run is over, also from pods that are yet to come.

        Raises:
            Failure: the run is over, and there are no pods any more.
            ClusterError: a right is missing, or the test is gone.
        """
        run = await self._run()
        try:
            async with asyncio.TaskGroup() as tasks:
                seen = await self._follow_all(run, tasks)
        except ExceptionGroup as several:
            raise several.exceptions[0] from several  # the first one is what can be acted upon
        if not seen:
            raise self._no_pods(run)

    async def _follow_all(self, run: int, tasks: asyncio.TaskGroup) -> set[str]:
        """Begin to read every log as soon as there is one; returns whose, once the run is over."""
        seen = set[str]()
        while True:
            try:
                status = await self._status()
                pods = await self._cluster.runner_pods(self._namespace, self._name, run)
            except Unavailable as error:
                self._on_note(f"{error}; trying again")
                await asyncio.sleep(_LOOK_SECONDS)
                continue
            for pod in pods:
                if pod.uid not in seen and _has_log(pod):
                    seen.add(pod.uid)
                    tasks.create_task(self._followed(pod))
            if status.run != run or not is_active(status):
                return seen
            await asyncio.sleep(_LOOK_SECONDS)

    async def _run(self) -> int:
        """The present run; that of a test that was made or changed just now, once it has begun."""
        return status_of(await settled(self._cluster, self._namespace, self._name)).run

    async def _status(self) -> PoolLoadTestStatus:
        return status_of(await self._cluster.test(self._namespace, self._name))

    async def _followed(self, pod: PodView) -> None:
        """One log; what goes wrong with it ends none of the others."""
        try:
            await self._read_one(pod, follow=True)
        except ClusterError as error:
            self._on_note(str(error))

    async def _read_one(self, pod: PodView, *, follow: bool) -> None:
        async for line in self._cluster.log(self._namespace, pod.name, follow=follow):
            self._on_line(pod, line)

    def _no_pods(self, run: int) -> Failure:
        return Failure(
            f"run {run} of {self._name} has no runner pods: they go soon after a run; the report "
            f"keeps the ends of the logs that explain a failure (kubectl purreal report "
            f"{self._name})"
        )


def _has_log(pod: PodView) -> bool:
    return pod.phase != "Pending"


def _why_not(pod: PodView) -> str:
    words = pod.trouble.message if pod.trouble else "it has not started"
    return f"{pod.name} has no log yet: {words}"
