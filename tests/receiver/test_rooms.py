"""Rooms: what is heard, which pod counts, and that two threads may use them."""

import threading

import pytest

from purreal_operator.receiver.plan import Instruction
from purreal_operator.receiver.refusals import Reason, Refused
from purreal_operator.receiver.rooms import PodParts, Rooms
from purreal_runner.pod.coordination import Failure, FailureReason, Order, RunnerState
from tests.receiver.sending import RUN, TOKEN, hash_of, pods_parts, room_plan, says

PREPARING, READY, RUNNING = RunnerState.PREPARING, RunnerState.READY, RunnerState.RUNNING


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def rooms(clock):
    rooms = Rooms(clock)
    rooms.open(room_plan())
    return rooms


def sent(index=0, issued=10, *, pod="pod-a", final=False, started=0.0):
    return PodParts(index, pod, final, tuple(pods_parts(index, issued, started=started)))


def take(rooms, parts):
    rooms.check(RUN, parts)
    rooms.take_parts(RUN, parts)


def test_an_unknown_room_has_no_view_and_takes_no_instruction(rooms):
    assert rooms.view("uid-2") is None
    rooms.instruct("uid-2", Instruction(drain=True))
    rooms.mark_stored("uid-2", 0)
    rooms.close("uid-2")
    assert rooms.view("uid-2") is None


def test_a_closed_room_is_forgotten(rooms):
    rooms.close(RUN)
    assert rooms.view(RUN) is None
    with pytest.raises(Refused) as refused:
        rooms.hear(RUN, 0, says(READY))
    assert refused.value.reason is Reason.NOT_READY


def test_opening_again_takes_the_new_token_and_keeps_what_was_heard(rooms):
    rooms.hear(RUN, 0, says(READY))
    rooms.instruct(RUN, Instruction(drain=True))
    rooms.open(room_plan(token="the next one"))
    assert rooms.view(RUN).runners[0].state is READY
    assert rooms.hear(RUN, 0, says(READY)).order is Order.DRAIN
    rooms.admit(RUN, hash_of("the next one"))
    with pytest.raises(Refused, match="not the one"):
        rooms.admit(RUN, hash_of(TOKEN))


@pytest.mark.parametrize(
    ("run", "token", "reason"),
    [
        (RUN, "guess", Reason.WRONG_TOKEN),
        (RUN, "token-of-2", Reason.WRONG_RUN),
        ("uid-9", "token-of-2", Reason.WRONG_RUN),
        ("uid-9", "guess", Reason.NOT_READY),
        ("uid-3", "guess", Reason.NOT_READY),
    ],
)
def test_who_may_talk_is_decided_by_the_run_and_its_token(rooms, run, token, reason):
    rooms.open(room_plan("uid-2", "token-of-2"))
    rooms.open(room_plan("uid-3", None))
    rooms.admit(RUN, hash_of(TOKEN))
    with pytest.raises(Refused) as refused:
        rooms.admit(run, hash_of(token))
    assert refused.value.reason is reason


def test_what_a_runner_says_last_is_seen(rooms):
    failure = Failure(reason=FailureReason.SIGN_IN_FAILED, message="no such user")
    rooms.hear(RUN, 1, says(PREPARING))
    rooms.hear(RUN, 1, says(RunnerState.FAILED, failure=failure, notes=("slow", "slow")))
    view = rooms.view(RUN)
    assert view.runners[1].failure == failure
    assert view.runners[1].pod_name == "name-pod-a"
    assert view.notes == ("slow",)


def test_a_pod_replaced_before_the_start_is_not_counted_twice(rooms):
    rooms.hear(RUN, 0, says(READY, "first"))
    rooms.hear(RUN, 0, says(PREPARING, "second"))
    assert rooms.hear(RUN, 0, says(READY, "first")).order is Order.WAIT
    assert [each.pod_uid for each in rooms.view(RUN).runners.values()] == ["second"]
    with pytest.raises(Refused) as refused:
        rooms.check(RUN, sent(pod="first"))
    assert refused.value.reason is Reason.DUPLICATE


def test_a_pod_replaced_between_order_and_start_has_a_successor(rooms, clock):
    rooms.instruct(RUN, Instruction(start_at=1003.0))
    assert rooms.hear(RUN, 0, says(READY, "first")).order is Order.START
    clock.now = 1001.0
    rooms.hear(RUN, 0, says(PREPARING, "second"))
    clock.now = 1004.0
    said = rooms.hear(RUN, 0, says(READY, "second"))
    assert (said.order, said.remaining_seconds) == (Order.START, 0.0)
    assert rooms.hear(RUN, 0, says(RUNNING, "first")).order is Order.TOO_LATE
    assert not rooms.view(RUN).latecomers


def test_a_pod_that_comes_after_the_start_is_too_late_and_changes_nothing(rooms, clock):
    rooms.instruct(RUN, Instruction(start_at=1000.0))
    rooms.hear(RUN, 0, says(READY))
    rooms.hear(RUN, 0, says(RUNNING))
    clock.now = 1002.0
    assert rooms.hear(RUN, 0, says(PREPARING, "pod-b")).order is Order.TOO_LATE
    view = rooms.view(RUN)
    assert view.runners[0].pod_uid == "pod-a"
    assert view.runners[0].state is RUNNING
    assert view.latecomers == {0}


def test_who_was_told_may_start_late_and_who_was_not_is_a_latecomer(rooms, clock):
    rooms.instruct(RUN, Instruction(start_at=1001.0))
    rooms.hear(RUN, 0, says(READY))
    clock.now = 1007.0
    assert rooms.hear(RUN, 0, says(READY)).order is Order.START
    assert rooms.hear(RUN, 1, says(READY)).order is Order.TOO_LATE
    assert rooms.view(RUN).latecomers == {1}


def test_a_start_that_is_taken_back_binds_nobody(rooms):
    rooms.instruct(RUN, Instruction(start_at=1003.0))
    rooms.hear(RUN, 0, says(READY))
    rooms.instruct(RUN, Instruction())
    assert rooms.hear(RUN, 0, says(READY)).order is Order.WAIT


def test_runners_go_on_after_a_restart_of_the_operator(rooms):
    rooms.instruct(RUN, Instruction(started=True))
    assert rooms.hear(RUN, 0, says(RUNNING)).order is Order.RUN
    assert rooms.hear(RUN, 0, says(READY, "pod-b")).order is Order.TOO_LATE


def test_the_start_is_estimated_by_the_quickest_question(rooms, clock):
    def hear(index, running_for, round_trip):
        rooms.hear(
            RUN,
            index,
            says(RUNNING, running_for_seconds=running_for, round_trip_seconds=round_trip),
        )

    assert rooms.view(RUN).start_skew_seconds is None
    hear(0, 1.0, 0.4)
    assert rooms.view(RUN).runners[0].started_at == pytest.approx(998.8)
    clock.now = 1002.0
    hear(0, 3.1, 0.02)
    hear(0, 3.0, 0.8)
    hear(1, 2.9, 0.02)
    view = rooms.view(RUN)
    assert view.runners[0].started_at == pytest.approx(998.89)
    assert view.start_skew_seconds == pytest.approx(0.2)


@pytest.mark.parametrize("seconds", [float("inf"), float("nan"), 1e300, -1.0])
@pytest.mark.parametrize("time", ["ready_for_seconds", "running_for_seconds"])
def test_a_time_that_can_not_be_changes_nothing(rooms, time, seconds):
    odd = says(RUNNING).model_copy(update={time: seconds})
    with pytest.raises(Refused) as refused:
        rooms.hear(RUN, 0, odd)
    assert refused.value.reason is Reason.MALFORMED
    assert not rooms.view(RUN).runners


def test_clean_up_is_ordered_once_and_then_all_may_leave(rooms):
    rooms.instruct(RUN, Instruction(started=True, clean_up_by=1))
    finished = says(RunnerState.FINISHED)
    assert rooms.hear(RUN, 0, finished).order is Order.WAIT
    assert rooms.hear(RUN, 1, finished).order is Order.CLEAN_UP
    done = finished.model_copy(update={"cleaned_up": True})
    assert rooms.hear(RUN, 1, done).order is Order.LEAVE
    assert rooms.hear(RUN, 0, finished).order is Order.LEAVE
    assert rooms.view(RUN).cleaned_up


def test_newer_parts_replace_older_ones_and_never_go_back(rooms):
    take(rooms, sent(issued=10))
    take(rooms, sent(1, issued=5))
    assert rooms.view(RUN).live.counts.issued == 30
    take(rooms, sent(issued=20))
    take(rooms, sent(issued=15))
    assert rooms.view(RUN).live.counts.issued == 50


def test_counts_that_begin_anew_after_the_warm_up_are_newer(rooms):
    take(rooms, sent(issued=100))
    take(rooms, sent(issued=3, started=5.0))
    assert rooms.view(RUN).live.counts.issued == 6


def test_nothing_replaces_final_parts_but_final_parts(rooms):
    take(rooms, sent(issued=10, final=True))
    take(rooms, sent(issued=20))
    view = rooms.view(RUN)
    assert view.live.counts.issued == 20
    assert view.stored == {0}


def test_a_successor_before_the_start_begins_anew(rooms):
    take(rooms, sent(issued=10))
    take(rooms, sent(issued=1, pod="pod-b"))
    assert rooms.view(RUN).live.counts.issued == 2


@pytest.mark.parametrize(
    ("index", "parts", "final", "reason"),
    [
        (3, pods_parts(3), False, Reason.UNKNOWN_INDEX),
        (-1, pods_parts(0), False, Reason.UNKNOWN_INDEX),
        (0, pods_parts(1), False, Reason.LAYOUT_MISMATCH),
        (0, pods_parts(0)[:1], True, Reason.LAYOUT_MISMATCH),
    ],
)
def test_parts_of_other_pools_are_refused(rooms, index, parts, final, reason):
    with pytest.raises(Refused) as refused:
        rooms.check(RUN, PodParts(index, "pod-a", final, tuple(parts)))
    assert refused.value.reason is reason
    rooms.count_refusal(refused.value)
    view = rooms.view(RUN)
    assert view.refusals == {reason: 1}
    assert len(view.mismatches) == (reason is Reason.LAYOUT_MISMATCH)
    assert view.live is None


def test_whose_results_another_pod_has_stored_leaves(rooms):
    rooms.mark_stored(RUN, 0, "pod-b")
    rooms.mark_stored(RUN, 1)
    assert rooms.hear(RUN, 0, says(RunnerState.FINISHED)).order is Order.LEAVE
    assert rooms.hear(RUN, 1, says(RunnerState.FINISHED)).order is Order.WAIT
    assert rooms.view(RUN).stored == {0, 1}


def test_a_run_that_asks_too_often_is_slowed_down_alone(rooms, clock):
    rooms.open(room_plan("uid-2", "token-of-2"))
    for _ in range(65):
        rooms.admit(RUN, hash_of(TOKEN))
    with pytest.raises(Refused) as refused:
        rooms.admit(RUN, hash_of(TOKEN))
    assert refused.value.reason is Reason.TOO_MANY
    rooms.admit("uid-2", hash_of("token-of-2"))
    clock.now += 0.1
    rooms.admit(RUN, hash_of(TOKEN))


def test_two_threads_may_use_rooms_at_once(rooms):
    failures = []

    def reconcile():
        try:
            for turn in range(300):
                rooms.open(room_plan())
                rooms.instruct(RUN, Instruction(drain=bool(turn % 2)))
                rooms.view(RUN)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=reconcile)
    thread.start()
    for turn in range(300):
        rooms.hear(RUN, turn % 3, says(READY, f"pod-{turn}"))
        take(rooms, sent(turn % 3, issued=turn, pod=f"pod-{turn}"))
    thread.join()
    assert not failures
    assert len(rooms.view(RUN).runners) == 3
