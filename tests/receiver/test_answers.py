"""What a runner is told, as a table: its state and the room's, and the order."""

import pytest

from purreal_operator.receiver.answers import RoomFacts, answer
from purreal_operator.receiver.plan import Instruction
from purreal_runner.pod.coordination import Order, RunnerState
from tests.receiver.sending import says

PREPARING, READY, RUNNING = RunnerState.PREPARING, RunnerState.READY, RunnerState.RUNNING
FINISHED, FAILED = RunnerState.FINISHED, RunnerState.FAILED
NOW = 1000.0
NOTHING = Instruction()
SOON = Instruction(start_at=NOW + 3)
JUST_BEGUN = Instruction(start_at=NOW - 4, started=True)
BEGUN = Instruction(start_at=NOW - 6, started=True)
FORGOTTEN = Instruction(started=True)
DRAIN = Instruction(drain=True)
OVER = Instruction(finished=True)
CLEAN = Instruction(started=True, clean_up_by=0)
ME, OTHER = "pod-a", "pod-b"


def told(state, instruction, *, cleaned_up=False, **facts):
    facts = RoomFacts(now=NOW, runners=3, index=0, instruction=instruction, **facts)
    return answer(facts, says(state, ME, cleaned_up=cleaned_up))


@pytest.mark.parametrize(
    ("state", "instruction", "facts", "order"),
    [
        # before anything is agreed
        (PREPARING, NOTHING, {}, Order.WAIT),
        (READY, NOTHING, {}, Order.WAIT),
        (READY, NOTHING, {"starter": ME}, Order.WAIT),
        # a start is agreed
        (PREPARING, SOON, {}, Order.WAIT),
        (READY, SOON, {}, Order.START),
        (READY, SOON, {"starter": OTHER}, Order.START),
        (RUNNING, SOON, {"starter": ME}, Order.RUN),
        # the load has just begun
        (READY, JUST_BEGUN, {}, Order.START),
        (READY, JUST_BEGUN, {"starter": ME}, Order.START),
        (READY, JUST_BEGUN, {"starter": OTHER}, Order.TOO_LATE),
        (PREPARING, JUST_BEGUN, {}, Order.WAIT),
        (PREPARING, JUST_BEGUN, {"starter": OTHER}, Order.TOO_LATE),
        # it began long ago
        (READY, BEGUN, {}, Order.TOO_LATE),
        (READY, BEGUN, {"starter": ME}, Order.START),
        (PREPARING, BEGUN, {}, Order.TOO_LATE),
        (RUNNING, BEGUN, {"starter": ME}, Order.RUN),
        (RUNNING, BEGUN, {"starter": OTHER}, Order.TOO_LATE),
        # it began before the operator was restarted
        (READY, FORGOTTEN, {}, Order.TOO_LATE),
        (PREPARING, FORGOTTEN, {}, Order.TOO_LATE),
        (RUNNING, FORGOTTEN, {}, Order.RUN),
        (RUNNING, FORGOTTEN, {"starter": ME}, Order.RUN),
        # a pod whose successor was heard
        (READY, SOON, {"superseded": True}, Order.WAIT),
        (READY, BEGUN, {"superseded": True, "starter": OTHER}, Order.TOO_LATE),
        # cancelled, or over for another reason
        (PREPARING, DRAIN, {}, Order.DRAIN),
        (READY, DRAIN, {}, Order.DRAIN),
        (READY, Instruction(start_at=NOW + 3, drain=True), {}, Order.DRAIN),
        (RUNNING, Instruction(started=True, drain=True), {"starter": ME}, Order.DRAIN),
        (READY, Instruction(started=True, drain=True), {}, Order.TOO_LATE),
        (RUNNING, OVER, {}, Order.DRAIN),
        # after the load
        (FINISHED, BEGUN, {}, Order.WAIT),
        (FINISHED, DRAIN, {}, Order.WAIT),
        (FINISHED, CLEAN, {}, Order.CLEAN_UP),
        (FINISHED, Instruction(clean_up_by=1), {}, Order.WAIT),
        (FINISHED, CLEAN, {"cleaned_up": True}, Order.LEAVE),
        (FINISHED, OVER, {}, Order.LEAVE),
        (FINISHED, Instruction(finished=True, clean_up_by=0), {}, Order.LEAVE),
        (FINISHED, BEGUN, {"stored_by": ME}, Order.WAIT),
        (FINISHED, BEGUN, {"stored_by": OTHER}, Order.LEAVE),
        (RUNNING, BEGUN, {"stored_by": OTHER}, Order.LEAVE),
        # it can't do its part
        (FAILED, NOTHING, {}, Order.LEAVE),
        (FAILED, BEGUN, {"starter": OTHER}, Order.LEAVE),
    ],
)
def test_the_order_follows_from_the_states(state, instruction, facts, order):
    assert told(state, instruction, **facts).order is order


def test_a_runner_that_has_cleaned_up_may_leave():
    assert told(FINISHED, CLEAN, cleaned_up=True).order is Order.LEAVE


@pytest.mark.parametrize(("ready_for", "order"), [(2.0, Order.START), (0.5, Order.TOO_LATE)])
def test_who_was_ready_in_time_still_joins_however_long_the_operator_was_away(ready_for, order):
    facts = RoomFacts(now=NOW, runners=3, index=0, instruction=BEGUN)
    assert answer(facts, says(READY, ME, ready_for_seconds=ready_for)).order is order


@pytest.mark.parametrize(("instruction", "seconds"), [(SOON, 3.0), (JUST_BEGUN, 0.0)])
def test_the_start_is_told_as_the_seconds_that_remain(instruction, seconds):
    assert told(READY, instruction).remaining_seconds == seconds


def test_only_a_start_has_remaining_seconds():
    assert told(READY, NOTHING).remaining_seconds is None


@pytest.mark.parametrize(("runners", "seconds"), [(1, 0.5), (100, 0.5), (500, 2.5)])
def test_many_runners_ask_less_often(runners, seconds):
    facts = RoomFacts(now=NOW, runners=runners, index=0, instruction=NOTHING)
    assert answer(facts, says(READY)).ask_again_seconds == seconds
