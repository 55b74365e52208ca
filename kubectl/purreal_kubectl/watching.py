"""Follows a run before the user's eyes, for a limited time; reports nothing."""

import asyncio
from collections.abc import Callable

from rich.console import Console

from purreal_kubectl.cluster.cluster import Cluster
from purreal_kubectl.deciding.run_of import Look, WantedRun
from purreal_kubectl.failure import Failure
from purreal_kubectl.following import follow
from purreal_kubectl.showing.display import display
from purreal_operator.status.model import FinishedRun
from purreal_runner.exit_codes import ExitCode


async def followed(
    cluster: Cluster,
    namespace: str,
    wanted: WantedRun,
    timeout: float | None,
    console: Console,
    on_look: Callable[[Look], None] = lambda _: None,
) -> FinishedRun:
    """Follow a run to its end and show it meanwhile.

    Raises:
        Failure: it did not end in time, or can't be followed any more.
        ClusterError: a right is missing, or there was no answer for long.
    """
    with display(console) as shown:

        def seen(look: Look) -> None:
            on_look(look)
            shown.show(look)

        try:
            async with asyncio.timeout(timeout):
                return await follow(cluster, namespace, wanted, seen, shown.note)
        except TimeoutError:
            name = wanted.name
            raise Failure(
                f"the run of {name} did not end within {timeout:g} s (--timeout); it goes on: "
                f"kubectl purreal watch {name}, kubectl purreal cancel {name}",
                ExitCode.TIMED_OUT_WAITING,
            ) from None
