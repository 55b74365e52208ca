"""Follows a run before the user's eyes, for a limited time; reports nothing."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager

from rich.console import Console

from purreal_kubectl.cluster.cluster import Cluster
from purreal_kubectl.deciding.run_of import Look, WantedRun
from purreal_kubectl.failure import Failure
from purreal_kubectl.following import follow
from purreal_kubectl.runner_pods import watch_runner_pods
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
    begun: asyncio.Future[WantedRun] = asyncio.get_running_loop().create_future()
    with display(console) as shown:

        def seen(look: Look) -> None:
            on_look(look)
            shown.show(look)
            if look.begun and look.over is None and not begun.done():
                begun.set_result(look.wanted)

        async def runners() -> None:
            if shown.show_runners is not None:
                await watch_runner_pods(cluster, namespace, begun, shown.show_runners, shown.note)

        try:
            async with asyncio.timeout(timeout), _beside(runners()):
                return await follow(cluster, namespace, wanted, seen, shown.note)
        except TimeoutError:
            name = wanted.name
            raise Failure(
                f"the run of {name} did not end within {timeout:g} s (--timeout); it goes on: "
                f"kubectl purreal watch {name}, kubectl purreal cancel {name}",
                ExitCode.TIMED_OUT_WAITING,
            ) from None


@asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncGenerator[None]:
    """Do something else while the block lasts, and no longer."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()
