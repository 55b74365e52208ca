"""Which runners are lost after the start, what share of the load they had, what that means."""

from collections.abc import Iterable

from purreal_operator.decide.observation import Observation
from purreal_operator.status.model import RunnersStatus
from purreal_runner.document.enums import LostRunnersPolicy
from purreal_runner.document.model import PoolLoadTest
from purreal_runner.load.split import split
from purreal_runner.pod.coordination import RunnerState


def lost_runners(seen: Observation) -> frozenset[int]:
    """The indexes that can't report any more; once lost, always lost.

    An index whose result is stored is not lost, whatever becomes of its pod.
    """
    alive = {pod.index: pod.uid for pod in seen.pods if pod.alive}
    gone = {index for index in seen.expected if _is_gone(seen, index, alive)}
    return (frozenset(seen.status.runners.lost) | gone) - seen.stored


def _is_gone(seen: Observation, index: int, alive: dict[int, str]) -> bool:
    runner = seen.runners.get(index)
    if index in seen.latecomers or index in seen.failed_indexes or index not in alive:
        return True
    if runner is None:
        return False
    # Another pod of that index: it was made in place of the one that had the load.
    replaced = runner.state is RunnerState.RUNNING and alive[index] != runner.pod_uid
    # Who has finished says so after its result is stored: without one, none will come.
    return replaced or runner.state in (RunnerState.FAILED, RunnerState.FINISHED)


def most_losable(document: PoolLoadTest) -> int:
    """How many runners may be lost before the run ends."""
    lost = document.spec.lost_runners
    if lost.policy is LostRunnersPolicy.FAIL:
        return 0
    return lost.maximum if lost.maximum is not None else document.spec.runners.replicas - 1


def planned_share(document: PoolLoadTest, indexes: Iterable[int]) -> float:
    """The share of the planned load (0 to 1) that these runners have."""
    spec = document.spec
    total = spec.load.stop.operations or spec.workers
    by_pool = split(total, spec.runners.pools)
    each = spec.runners.processes
    mine = sum(sum(by_pool[index * each : (index + 1) * each]) for index in indexes)
    return mine / total


def with_losses(seen: Observation, lost: frozenset[int]) -> RunnersStatus:
    """The runners' status with these lost, and with what else was seen of them."""
    runners = seen.status.runners
    skew = seen.start_skew_seconds
    return runners.model_copy(
        update={
            "display": f"{runners.expected - len(lost)}/{runners.expected}",
            "reported": len(seen.stored),
            "lost": tuple(sorted(lost)),
            "lost_share": f"{planned_share(seen.document, lost):.1%}" if lost else "",
            "start_skew_microseconds": (
                runners.start_skew_microseconds if skew is None else round(skew * 1e6)
            ),
            "trouble": troubles(seen),
        }
    )


def troubles(seen: Observation) -> tuple[str, ...]:
    """What keeps pods from running, each word once, at most eight."""
    words = [seen.hindered, seen.job_trouble, *(pod.trouble for pod in seen.pods)]
    return tuple(dict.fromkeys(word[:1024] for word in words if word))[:8]
