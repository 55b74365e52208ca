"""What each runner of a run does, from its pod and the run's status; reads no cluster, no clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from purreal_operator.cluster.trouble import TroubleKind
from purreal_operator.cluster.views import PodView
from purreal_operator.foreign_text import printable
from purreal_operator.status.model import PoolLoadTestStatus
from purreal_operator.status.moments import epoch
from purreal_operator.status.words import Phase


@dataclass(frozen=True, slots=True)
class RunnerRow:
    """A runner, in words that a terminal can be given.

    Attributes:
        index: of the runner, from 0.
        pod: its name; empty if there is none (any more).
        node: where it is; empty before it has one.
        restarts: of its container, and pods that were put in the place of earlier ones.
        state: what it does, or what is wrong, in one line.
        in_trouble: something is wrong.
    """

    index: int
    pod: str
    node: str
    restarts: int
    state: str
    in_trouble: bool


def runner_rows(
    pods: Iterable[PodView], status: PoolLoadTestStatus, now: float
) -> tuple[RunnerRow, ...]:
    """One row for each runner: those in trouble first, then by index.

    Args:
        pods: of the run's runners; of several of one index the one that works counts, else the
            latest.
        status: of the run.
        now: seconds since 1970; the operator's clock is taken for ours.
    """
    by_index = {
        pod.index: pod
        for pod in sorted(pods, key=lambda pod: (pod.alive, pod.created_at))
        if pod.index is not None
    }
    lost = set(status.runners.lost)
    at_work = _at_work(status, now)
    rows = [
        _row(index, by_index.get(index), index in lost, at_work)
        for index in sorted(by_index.keys() | lost)
    ]
    return tuple(sorted(rows, key=lambda row: not row.in_trouble))


def rows_that_fit(rows: Sequence[RunnerRow], lines: int) -> Sequence[RunnerRow]:
    """The rows to show where there are so many lines, one of them for how many are left out."""
    if len(rows) <= lines:
        return rows
    return rows[: max(0, lines - 1)]


def _row(index: int, pod: PodView | None, is_lost: bool, at_work: str) -> RunnerRow:
    if pod is None:
        return RunnerRow(index, "", "", 0, "lost: its pod is gone", in_trouble=True)
    trouble = _lost(pod) if is_lost else _trouble(pod)
    return RunnerRow(
        index=index,
        pod=printable(pod.name),
        node=printable(pod.node),
        restarts=pod.restarts + pod.failures_of_index,
        state=printable(trouble or _state(pod, at_work)),
        in_trouble=bool(trouble),
    )


def _lost(pod: PodView) -> str:
    why = pod.trouble or pod.last_end
    return f"lost: {why.message}" if why else "lost"


def _trouble(pod: PodView) -> str:
    """What is wrong with a pod; empty if nothing is."""
    if pod.trouble is None:
        return "its node does not answer" if pod.phase == "Unknown" else ""
    if pod.trouble.kind is TroubleKind.UNSCHEDULABLE:
        return f"waiting for a node: {pod.trouble.message}"
    return pod.trouble.message


def _state(pod: PodView, at_work: str) -> str:
    if pod.phase == "Succeeded":
        return "done"
    if pod.terminating:
        return "ending"
    if pod.phase == "Running":
        return at_work
    if not pod.node:
        return "waiting for a node"
    return "pulling image" if pod.prepared else "starting"


def _at_work(status: PoolLoadTestStatus, now: float) -> str:
    """What a runner does whose container runs: the pod does not tell, the run as a whole does."""
    runners = status.runners
    if status.phase is Phase.COLLECTING:
        return "reporting"
    if status.phase is Phase.RUNNING:
        waits = status.starts_at is not None and now < epoch(status.starts_at)
        return "ready" if waits else "running"
    all_ready = 0 < runners.expected <= runners.ready
    return "ready" if all_ready else "getting ready"
