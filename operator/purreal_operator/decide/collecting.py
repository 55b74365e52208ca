"""Phase Collecting: last results arrive, tables are dropped, the report is made."""

from dataclasses import replace

from purreal_operator.decide.decision import Decision, Orders
from purreal_operator.decide.ending import conclude, finish
from purreal_operator.decide.losses import lost_runners, with_losses
from purreal_operator.decide.observation import Observation
from purreal_operator.decide.steps import in_phase_seconds, starts_at, stay
from purreal_operator.decide.target_watch import watched
from purreal_operator.status.model import PoolLoadTestStatus
from purreal_operator.status.words import Reason
from purreal_runner.pod.coordination import RunnerState

_STILL_THERE = frozenset({RunnerState.PREPARING, RunnerState.READY, RunnerState.RUNNING})
_LEAVE_UNSTARTED_SECONDS = 15.0
"""Runners of a load that never began have nothing to report, only tables to drop."""
_CLEAN_UP_SECONDS = 45.0


def collecting(seen: Observation) -> Decision:
    """What to do until everything is there, or can't come any more."""
    if seen.conclusion is not None:
        return finish(seen, seen.conclusion)
    started = seen.status.starts_at is not None
    orders = Orders(start_at=starts_at(seen), drain=seen.status.ending is not Reason.LOAD_ENDED)
    lost = lost_runners(seen) if started else frozenset[int]()
    if started and not seen.stored | lost >= seen.expected:
        if in_phase_seconds(seen) <= seen.document.spec.deadlines.collect_seconds:
            words = f"{len(seen.stored)} of {len(seen.expected)} runners reported"
            return Decision(_status(seen, lost, words), orders=orders, again_seconds=0.5)
        return Decision(_too_late(seen), orders=orders, again_seconds=0.0)
    status = _status(seen, lost, seen.status.message)
    cleaner = _cleaner(seen)
    if _clean_up_may_come(seen, cleaner, started=started):
        return Decision(status, orders=replace(orders, clean_up_by=cleaner), again_seconds=0.5)
    if status.runners.lost != seen.status.runners.lost:
        # Stored first: a report must not say more than the status that it is made from.
        return Decision(status, orders=orders, again_seconds=0.0)
    return conclude(status, orders)


def _status(seen: Observation, lost: frozenset[int], words: str) -> PoolLoadTestStatus:
    started = seen.status.starts_at is not None
    runners = with_losses(seen, lost) if started else seen.status.runners
    return stay(seen, words, runners=runners, target=watched(seen, load_runs=started))


def _too_late(seen: Observation) -> PoolLoadTestStatus:
    """Who has not reported by now is lost, and the reason is the deadline."""
    missing = seen.expected - seen.stored
    limit = seen.document.spec.deadlines.collect_seconds
    words = f"{len(missing)} runners did not report within {limit} s (deadlines.collectSeconds)"
    return _status(seen, missing, words).model_copy(update={"reason": Reason.RESULTS_MISSING})


def _cleaner(seen: Observation) -> int | None:
    """The runner that drops the run's tables: the first that has nothing else to do."""
    alive = {pod.uid for pod in seen.pods if pod.alive}
    idle = [
        index
        for index, runner in seen.runners.items()
        if runner.state is RunnerState.FINISHED and runner.pod_uid in alive
    ]
    return min(idle, default=None)


def _clean_up_may_come(seen: Observation, cleaner: int | None, *, started: bool) -> bool:
    if seen.cleaned_up:
        return False
    if started:
        limit = seen.document.spec.deadlines.collect_seconds + _CLEAN_UP_SECONDS
        return cleaner is not None and in_phase_seconds(seen) <= limit
    alive = {pod.uid for pod in seen.pods if pod.alive}
    # Only runner 0 prepares; it ends what it is doing, and then it is the cleaner.
    first = seen.runners.get(0)
    ending = first is not None and first.state in _STILL_THERE and first.pod_uid in alive
    return (ending or cleaner is not None) and in_phase_seconds(seen) <= _LEAVE_UNSTARTED_SECONDS
