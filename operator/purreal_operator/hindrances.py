"""Says in words why pods do not come up, reading events where no status tells; decides nothing."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from purreal_operator.cluster.cluster import Cluster
from purreal_operator.cluster.errors import ClusterError
from purreal_operator.cluster.trouble import PodTrouble, trouble_of_events
from purreal_operator.cluster.views import JobView, PodView, StatefulSetView

logger = logging.getLogger(__name__)

_MOST = 4


async def of_target(
    cluster: Cluster, namespace: str, found: StatefulSetView, pods: Sequence[PodView]
) -> tuple[str, ...]:
    """What keeps the target's pods from running, or from being made."""
    pods = await with_events(cluster, namespace, pods)
    words = [in_words(pod) for pod in pods if pod.trouble]
    if len(pods) < found.replicas:
        words.append(await _of_maker(cluster, namespace, found.uid, "StatefulSet"))
    return tuple(filter(None, words))[:_MOST]


async def of_job(
    cluster: Cluster, namespace: str, job: JobView, pods: Sequence[PodView], replicas: int
) -> str:
    """What keeps the runners' Job from making all its pods; empty if nothing does."""
    failed = job.conditions.get("Failed")
    if failed is not None and failed.status == "True":
        return f"the runners' Job failed: {failed.message or failed.reason}"
    if len(pods) >= replicas:
        return ""
    return await _of_maker(cluster, namespace, job.uid, "Job")


async def with_events(
    cluster: Cluster, namespace: str, pods: Sequence[PodView]
) -> tuple[PodView, ...]:
    """The same pods, with what events tell of the first that is on a node and does not start.

    A volume whose Secret or ConfigMap is missing shows nowhere else. One pod is enough: all are
    made alike, and each costs a question.
    """
    waiting = next((pod for pod in pods if _waits(pod)), None)
    trouble = None if waiting is None else await _events(cluster, namespace, waiting.uid, "Pod")
    return tuple(replace(pod, trouble=trouble) if pod is waiting else pod for pod in pods)


def in_words(pod: PodView) -> str:
    """Which pod is in what trouble; empty without any."""
    return f"{pod.name}: {pod.trouble.message}" if pod.trouble else ""


def _waits(pod: PodView) -> bool:
    return pod.alive and pod.phase == "Pending" and bool(pod.node) and pod.trouble is None


async def _of_maker(cluster: Cluster, namespace: str, uid: str, kind: str) -> str:
    """Why no pod is made: a quota, a policy; only its controller's events tell."""
    trouble = await _events(cluster, namespace, uid, kind)
    return trouble.message if trouble is not None else ""


async def _events(cluster: Cluster, namespace: str, uid: str, kind: str) -> PodTrouble | None:
    try:
        return trouble_of_events(await cluster.events_of(namespace, uid, kind))
    except ClusterError as error:
        # They only add words; a look without them is better than none.
        logger.debug("events of %s %s: %s", kind, uid, error)
        return None
