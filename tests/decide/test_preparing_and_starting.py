"""Until the load starts: the target, the runners, their deadlines, tokens that were lost."""

from dataclasses import replace

import pytest

from purreal_operator.decide.decision import Action
from purreal_operator.decide.observation import PodSeen, RunnerSeen
from purreal_operator.status.moments import epoch
from purreal_operator.status.words import ConditionStatus, ConditionType, Phase, Reason
from purreal_runner.pod.coordination import Failure, FailureReason, RunnerState

NAMED = "  target: {type: StatefulSet, statefulSet: {name: db}}\n"
URL = "  target: {type: URL, url: {endpoint: 'ws://db:8000'}}\n"


def condition(status, kind):
    return next(each for each in status.conditions if each.type is kind)


def test_the_plan_comes_first_because_it_owns_everything_else(build, decided):
    decision = decided(replace(build.at(Phase.PREPARING), plan_exists=False))

    assert decision.actions == (Action.MAKE_PLAN,)


def test_an_ephemeral_target_is_made_and_waited_for(build, decided):
    seen = build.at(Phase.PREPARING)

    assert decided(seen).actions == (Action.MAKE_TARGET,)
    made = decided(replace(seen, target=build.target(ready=0)))
    assert (made.actions, made.status.phase) == ((), Phase.PREPARING)
    assert "0 of 1 pods ready" in made.status.message
    assert decided(replace(seen, target=build.target())).status.phase is Phase.STARTING


def test_a_target_that_exists_is_never_made(build, decided):
    seen = build.at(Phase.PREPARING, NAMED)

    decision = decided(replace(seen, target=None))

    assert decision.actions == ()
    assert "StatefulSet db is not there yet" in decision.status.message


def test_a_url_is_left_to_the_runners_to_look_at(build, decided):
    decision = decided(build.at(Phase.PREPARING, URL))

    assert decision.status.phase is Phase.STARTING
    ready = condition(decision.status, ConditionType.TARGET_READY)
    assert ready.status is ConditionStatus.UNKNOWN


@pytest.mark.parametrize(
    ("target", "reason"), [(None, Reason.TARGET_NOT_FOUND), (0, Reason.TARGET_NOT_READY)]
)
def test_a_target_that_is_not_ready_in_time_ends_the_run(build, decided, target, reason):
    seen = build.at(Phase.PREPARING, NAMED)
    looked = None if target is None else build.target(ready=target)

    just_in_time = decided(replace(seen, target=looked, now=build.now + 120)).status
    status = decided(replace(seen, target=looked, now=build.now + 121)).status

    assert just_in_time.phase is Phase.PREPARING
    assert (status.phase, status.ending) == (Phase.COLLECTING, reason)
    assert "targetSeconds: 120" in status.message
    assert condition(status, ConditionType.TARGET_READY).reason == reason


def test_what_keeps_the_target_from_running_is_said(build, decided):
    trouble = ("shop-1-db-0: the image x:1 can't be pulled",)
    target = replace(build.target(ready=0), trouble=trouble)

    status = decided(replace(build.at(Phase.PREPARING), target=target)).status

    assert trouble[0] in status.message
    assert trouble[0] in condition(status, ConditionType.TARGET_READY).message


def test_a_database_token_that_died_with_an_operator_is_replaced_before_it_is_used(build, decided):
    seen = replace(build.at(Phase.PREPARING), known_tokens=frozenset({"new-t"}))
    fresh = build.fresh.model_copy(update={"target": "new-t"})
    restarted = replace(seen, fresh_tokens=fresh)

    decision = decided(restarted)

    assert decision.status.tokens.target == "new-t"
    assert decision.actions == (), "its hash is stored first"
    stored = replace(restarted, status=decision.status)
    assert decided(stored).actions == (Action.MAKE_TARGET,)


def test_a_database_that_is_there_keeps_its_token(build, decided):
    seen = replace(
        build.at(Phase.PREPARING), known_tokens=frozenset(), target=build.target(ready=0)
    )

    assert decided(seen).status.tokens == seen.status.tokens


def test_runners_are_made_once_their_token_is_stored(build, decided):
    seen = replace(build.at(Phase.STARTING), job_exists=False)

    assert seen.status.tokens.runners == build.fresh.runners
    assert decided(seen).actions == (Action.MAKE_RUNNERS,)
    assert decided(replace(seen, job_exists=True)).actions == ()


def test_a_runner_token_that_died_with_an_operator_is_replaced_if_there_is_no_job(build, decided):
    seen = replace(build.at(Phase.STARTING), known_tokens=frozenset({"new-r"}))
    fresh = build.fresh.model_copy(update={"runners": "new-r"})

    without_job = decided(replace(seen, fresh_tokens=fresh))
    with_job = decided(replace(seen, fresh_tokens=fresh, job_exists=True))

    assert (without_job.status.tokens.runners, without_job.actions) == ("new-r", ())
    assert with_job.status.tokens.runners == build.fresh.runners


def test_the_start_is_fixed_when_all_are_ready_and_lies_ahead(build, decided):
    seen = replace(build.at(Phase.STARTING), job_exists=True)

    two = decided(replace(seen, pods=build.pods(0, 1, 2), runners=build.runners(0, 1))).status
    three = decided(replace(seen, pods=build.pods(0, 1, 2), runners=build.runners(0, 1, 2)))

    assert (two.phase, two.runners.display) == (Phase.STARTING, "2/3")
    assert three.status.phase is Phase.RUNNING
    assert epoch(three.status.starts_at) == pytest.approx(seen.now + 3.0)
    assert three.orders.start_at is None, "nobody is told a start that is not stored"


def test_a_runner_whose_pod_is_gone_is_not_ready_whatever_it_said(build, decided):
    seen = replace(build.at(Phase.STARTING), job_exists=True, runners=build.runners(0, 1, 2))

    status = decided(replace(seen, pods=build.pods(0, 2))).status

    assert (status.phase, status.runners.ready) == (Phase.STARTING, 2)


def test_a_pod_that_was_replaced_before_the_start_counts_once(build, decided):
    seen = replace(build.at(Phase.STARTING), job_exists=True)
    both = (
        PodSeen(index=0, uid="dead", alive=False, trouble="shop-1-0-x: killed"),
        *build.pods(0, 1, 2),
    )

    status = decided(replace(seen, pods=both, runners=build.runners(0, 1, 2))).status

    assert (status.phase, status.runners.display) == (Phase.RUNNING, "3/3")


@pytest.mark.parametrize(
    ("failure", "target_at_fault"),
    [
        (FailureReason.TARGET_UNREACHABLE, True),
        (FailureReason.SIGN_IN_FAILED, True),
        (FailureReason.TARGET_UNUSABLE, True),
        (FailureReason.SETUP_FAILED, True),
        (FailureReason.INVALID_WORKLOAD, False),
    ],
)
def test_a_failed_pre_flight_ends_the_run_at_once_with_its_cause(
    build, decided, failure, target_at_fault
):
    said = RunnerSeen("pod-1", RunnerState.FAILED, Failure(reason=failure, message="the cause"))
    seen = replace(build.at(Phase.STARTING), job_exists=True, pods=build.pods(0, 1, 2))

    status = decided(replace(seen, runners=build.runners(0) | {1: said})).status

    assert (status.phase, status.ending) == (Phase.COLLECTING, Reason(failure.value))
    assert "runner 1: the cause" in status.message
    ready = condition(status, ConditionType.TARGET_READY)
    assert (ready.reason == failure.value) is target_at_fault


def test_a_runner_that_breaks_before_the_start_is_replaced_not_fatal(build, decided):
    broke = Failure(reason=FailureReason.RUNNER_BROKE, message="no room for sockets")
    said = RunnerSeen("pod-1", RunnerState.FAILED, broke)
    seen = replace(build.at(Phase.STARTING), job_exists=True, pods=build.pods(0, 1, 2))

    status = decided(replace(seen, runners={1: said})).status

    assert status.phase is Phase.STARTING
    assert "no room for sockets" in status.message


def test_runners_that_are_not_ready_in_time_end_the_run_with_the_trouble(build, decided):
    stuck = PodSeen(index=0, uid="p", alive=True, trouble="shop-1-0-x: image can't be pulled")
    seen = replace(build.at(Phase.STARTING), job_exists=True, pods=(stuck,), now=build.now + 121)

    status = decided(seen).status

    assert (status.phase, status.ending) == (Phase.COLLECTING, Reason.RUNNERS_NOT_READY)
    assert "image can't be pulled" in status.message
    assert "readySeconds: 120" in status.message
    assert condition(status, ConditionType.RUNNERS_READY).status is ConditionStatus.FALSE


def test_a_quota_that_leaves_no_room_is_said(build, decided):
    seen = replace(build.at(Phase.STARTING), job_exists=True, job_trouble="exceeded quota: cpu")

    status = decided(seen).status

    assert status.runners.trouble == ("exceeded quota: cpu",)
    assert "exceeded quota" in condition(status, ConditionType.RUNNERS_READY).message


@pytest.mark.parametrize("phase", [Phase.PREPARING, Phase.STARTING])
def test_cancelling_before_the_load(build, decided, phase):
    status = decided(replace(build.at(phase), wish=build.wish(cancelled=True))).status

    assert (status.phase, status.ending) == (Phase.COLLECTING, Reason.CANCELLED)


@pytest.mark.parametrize("phase", [Phase.PREPARING, Phase.STARTING])
def test_what_the_cluster_refuses_for_good_ends_the_run(build, decided, phase):
    status = decided(replace(build.at(phase), refused="create Job: not allowed")).status

    assert (status.ending, status.ending_message) == (
        Reason.REFUSED_BY_CLUSTER,
        "create Job: not allowed",
    )


def test_a_deleted_plan_ends_the_run(build, decided):
    status = decided(replace(build.at(Phase.STARTING), plan_exists=False)).status

    assert status.phase is Phase.COLLECTING
    assert "plan was deleted" in status.message


@pytest.mark.parametrize("plan_exists", [False, True], ids=["the plan", "the target"])
def test_a_quota_that_leaves_no_room_is_said_and_ends_by_the_deadline(build, decided, plan_exists):
    full = replace(build.at(Phase.PREPARING), plan_exists=plan_exists, hindered="exceeded quota")

    waiting = decided(full).status
    late = decided(replace(full, now=build.now + 121)).status

    assert "exceeded quota" in waiting.message
    assert (late.phase, late.ending) == (Phase.COLLECTING, Reason.TARGET_NOT_FOUND)
    assert "exceeded quota" in late.message
