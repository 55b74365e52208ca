"""Decides what a runner shall do now; pure: no clock, no room, no wire.

A runner that was told to start is its index's starter. Once the load has begun nobody else may join
for that index: the totals were split for the pods that began.
"""

from dataclasses import dataclass
from typing import Final

from purreal_operator.receiver.plan import Instruction
from purreal_runner.pod.coordination import OperatorSays, Order, RunnerSays, RunnerState

GRACE_SECONDS: Final = 5.0
"""Who gets ready so shortly after the start still joins, if nobody began for its index."""
_SHORTEST_INTERVAL_SECONDS: Final = 0.5
_QUESTIONS_PER_SECOND: Final = 200.0


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What the answer to one runner depends on besides its own words.

    Attributes:
        now: monotonic seconds.
        runners: how many the run has.
        index: of the one that asks.
        instruction: what the operator wants.
        starter: uid of the pod that was told to start for this index, or runs for it.
        superseded: a newer pod has taken this index over from the one that asks.
        stored_by: uid of the pod whose final export is stored for this index.
        cleaned_up: somebody has dropped the run's tables, or tried to.
    """

    now: float
    runners: int
    index: int
    instruction: Instruction
    starter: str | None = None
    superseded: bool = False
    stored_by: str | None = None
    cleaned_up: bool = False


def answer(facts: RoomFacts, says: RunnerSays) -> OperatorSays:
    """What this runner shall do, and when it shall ask again."""
    order = _order(facts, says)
    return OperatorSays(
        order=order,
        remaining_seconds=_remaining(facts) if order is Order.START else None,
        ask_again_seconds=max(_SHORTEST_INTERVAL_SECONDS, facts.runners / _QUESTIONS_PER_SECOND),
    )


def _remaining(facts: RoomFacts) -> float:
    start_at = facts.instruction.start_at
    return 0.0 if start_at is None else max(0.0, start_at - facts.now)


def _order(facts: RoomFacts, says: RunnerSays) -> Order:
    if says.state is RunnerState.FAILED or facts.stored_by not in (None, says.pod_uid):
        return Order.LEAVE
    if says.state is RunnerState.FINISHED:
        return _after_the_load(facts, says)
    if _too_late(facts, says):
        return Order.TOO_LATE
    if facts.superseded:
        return Order.WAIT  # it is about to be killed; leaving would look like success
    if facts.instruction.drain or facts.instruction.finished:
        return Order.DRAIN
    if says.state is RunnerState.RUNNING:
        return Order.RUN
    if says.state is RunnerState.READY and _start_is_known(facts):
        return Order.START
    return Order.WAIT


def _start_is_known(facts: RoomFacts) -> bool:
    """Agreed, or gone by (then who asks is the starter: anybody else was too late)."""
    return facts.instruction.start_at is not None or facts.instruction.started


def _too_late(facts: RoomFacts, says: RunnerSays) -> bool:
    if facts.starter == says.pod_uid or not facts.instruction.begun(facts.now):
        return False
    if facts.starter is not None:
        return True
    if says.state is RunnerState.RUNNING:
        return False  # it began before the operator was restarted
    start_at = facts.instruction.start_at
    # One that was ready in time was waited for, even if the operator died before it could say so.
    ready_at = facts.now - (says.ready_for_seconds or 0.0)
    return start_at is None or ready_at > start_at + GRACE_SECONDS


def _after_the_load(facts: RoomFacts, says: RunnerSays) -> Order:
    if facts.instruction.finished or facts.cleaned_up or says.cleaned_up:
        return Order.LEAVE
    if facts.instruction.clean_up_by == facts.index:
        return Order.CLEAN_UP
    return Order.WAIT
