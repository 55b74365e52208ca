"""Stops runs, and on demand waits for their ends."""

from rich.console import Console

from purreal_kubectl.cluster.cluster import Cluster
from purreal_kubectl.deciding.run_of import WantedRun, is_active, run_to_watch
from purreal_kubectl.deciding.starting import WITHDRAWAL, stopping
from purreal_kubectl.following import settled
from purreal_kubectl.watching import followed
from purreal_operator.status.reading import status_of


async def stop(cluster: Cluster, namespace: str, wanted: WantedRun) -> bool:
    """Stop one run and no other, unless it is over.

    Returns:
        Whether it had not begun, because it waited for another one, and never does now.

    Raises:
        Failure: the run can't be found any more.
        ClusterError: a right is missing, the test is gone, or there is no answer.
    """
    change = stopping(wanted, await cluster.test(namespace, wanted.name))
    if change is not None:
        await cluster.change(namespace, wanted.name, dict(change))
    return change is WITHDRAWAL


async def cancelled(
    cluster: Cluster, namespace: str, name: str, *, wait: bool, timeout: float | None
) -> str:
    """Stop a run; returns in words what came of it.

    Args:
        cluster: where it runs.
        namespace: of the test.
        name: of the test.
        wait: until the run has ended.
        timeout: seconds to wait at most; None: as long as it takes.

    Raises:
        Failure: it did not end in time.
        ClusterError: a right is missing, the test is gone, or there is no answer.
    """
    before = await settled(cluster, namespace, name)
    status, wanted = status_of(before), run_to_watch(before)
    if wanted.number and wanted.number == status.run and not is_active(status):
        return f"run {status.run} of {name} is over already: {status.verdict}: {status.message}"
    await stop(cluster, namespace, wanted)
    if not wait:
        which = f"run {wanted.number}" if wanted.number else "the run that was asked for"
        return f"{which} of {name} is being cancelled"
    over = await followed(cluster, namespace, wanted, timeout, Console(stderr=True))
    return f"run {over.run} of {name}: {over.verdict}: {over.message}"
