"""Looks at the pods of a run that is followed, again and again; shows nothing."""

import asyncio
from collections.abc import Callable, Sequence

from purreal_kubectl.cluster.cluster import Cluster
from purreal_kubectl.deciding.run_of import WantedRun
from purreal_operator.cluster.errors import ClusterError, Forbidden
from purreal_operator.cluster.views import PodView

OnPods = Callable[[Sequence[PodView]], None]
OnNote = Callable[[str], None]

_LOOK_SECONDS = 2.0


async def watch_runner_pods(
    cluster: Cluster,
    namespace: str,
    begun: asyncio.Future[WantedRun],
    on_pods: OnPods,
    on_note: OnNote,
) -> None:
    """Look every two seconds until it is cancelled, or the right to look is missing.

    Args:
        cluster: where the run is.
        namespace: of the test.
        begun: the run, as soon as it has begun.
        on_pods: called with the pods of all runners.
        on_note: called with what a user should know besides.
    """
    run = await begun
    while True:
        try:
            on_pods(await cluster.runner_pods(namespace, run.name, run.number))
        except Forbidden:
            on_note(missing_right(namespace))
            return
        except ClusterError:
            pass  # an outage is told of by who follows the run; the pods last seen stay
        await asyncio.sleep(_LOOK_SECONDS)


def missing_right(namespace: str) -> str:
    """Why there is no table of runners, for who may not list pods."""
    return (
        f"no table of runners: that needs the right to list pods in namespace {namespace} "
        "(docs/kubectl-plugin.md)"
    )
