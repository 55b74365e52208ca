"""From the start to the verdict: losses, deadlines, cancelling, last results, the end."""

from dataclasses import replace

import pytest

from purreal_operator.decide.decision import Action, Orders
from purreal_operator.decide.losses import planned_share
from purreal_operator.decide.observation import PodSeen, RunnerSeen
from purreal_operator.status.model import OperationCounts
from purreal_operator.status.moments import epoch
from purreal_operator.status.words import ConditionStatus, ConditionType, Phase, Reason
from purreal_runner.judge.verdict import Verdict
from purreal_runner.pod.coordination import Failure, FailureReason, RunnerState

CONTINUE = "  lostRunners: {policy: Continue, maximum: 1}\n"
RUNNING = RunnerState.RUNNING
FINISHED = RunnerState.FINISHED


def condition(status, kind):
    return next(each for each in status.conditions if each.type is kind)


@pytest.fixture
def running(build):
    """Ten seconds into the load."""

    def make(spec="", **changes):
        seen = build.at(Phase.RUNNING, spec)
        going = replace(seen, now=build.now + 13, runners=build.runners(0, 1, 2, state=RUNNING))
        return replace(going, **changes)

    return make


def test_runners_are_told_the_start_that_is_stored(running, decided):
    seen = running()

    assert decided(seen).orders == Orders(start_at=epoch(seen.status.starts_at))


def test_the_load_goes_on_while_nothing_happens(running, decided):
    decision = decided(running())

    assert (decision.status.phase, decision.actions) == (Phase.RUNNING, ())
    assert decision.status.runners.lost == ()


def test_the_load_is_over_when_all_results_are_stored(running, decided):
    two = decided(running(stored=frozenset({0, 1}))).status
    three = decided(running(stored=frozenset({0, 1, 2}))).status

    assert two.phase is Phase.RUNNING
    assert (three.phase, three.ending) == (Phase.COLLECTING, Reason.LOAD_ENDED)


def gone(build, index):
    return {"pods": tuple(pod for pod in build.pods(0, 1, 2) if pod.index != index)}


LOSSES = {
    "its pod is gone": lambda build: gone(build, 1),
    "its pod failed": lambda build: {
        "pods": (*build.pods(0, 2), PodSeen(index=1, uid="pod-1", alive=False, trouble="OOM"))
    },
    "another pod has its index": lambda build: {
        "pods": (*build.pods(0, 2), PodSeen(index=1, uid="other", alive=True))
    },
    "its new pod came too late": lambda build: {"latecomers": frozenset({1})},
    "its job gave it up": lambda build: {"failed_indexes": frozenset({1})},
    "it has finished without a result": lambda build: {
        "runners": build.runners(0, 2, state=RUNNING) | build.runners(1, state=FINISHED)
    },
    "it says that it broke": lambda build: {
        "runners": build.runners(0, 2, state=RUNNING)
        | {
            1: RunnerSeen(
                "pod-1",
                RunnerState.FAILED,
                Failure(reason=FailureReason.RUNNER_BROKE, message="a process ended"),
            )
        }
    },
}


@pytest.mark.parametrize("how", LOSSES)
def test_a_lost_runner_ends_the_run_under_the_policy_fail(running, build, decided, how):
    status = decided(running(**LOSSES[how](build))).status

    assert (status.phase, status.ending) == (Phase.COLLECTING, Reason.RUNNERS_LOST)
    assert (status.runners.lost, status.runners.display) == ((1,), "2/3")
    assert status.runners.lost_share == "33.3%"


@pytest.mark.parametrize("how", LOSSES)
def test_a_lost_runner_is_survived_under_the_policy_continue(running, build, decided, how):
    status = decided(running(CONTINUE, **LOSSES[how](build))).status

    assert (status.phase, status.runners.lost) == (Phase.RUNNING, (1,))


def test_more_losses_than_the_policy_allows_end_the_run(running, build, decided):
    status = decided(running(CONTINUE, pods=build.pods(0))).status

    assert (status.ending, status.runners.lost) == (Reason.RUNNERS_LOST, (1, 2))


def test_a_runner_that_was_lost_stays_lost_when_its_index_has_a_pod_again(running, build, decided):
    lost = decided(running(CONTINUE, **gone(build, 1)))

    again = decided(running(CONTINUE, status=lost.status, pods=build.pods(0, 1, 2))).status

    assert again.runners.lost == (1,)


def test_a_stored_result_is_never_lost(running, build, decided):
    status = decided(running(stored=frozenset({1}), **gone(build, 1))).status

    assert (status.phase, status.runners.lost) == (Phase.RUNNING, ())


def test_the_survivors_results_end_a_degraded_run(running, build, decided):
    seen = running(CONTINUE, stored=frozenset({0, 2}), **gone(build, 1))

    status = decided(seen).status

    assert (status.ending, status.runners.lost) == (Reason.LOAD_ENDED, (1,))


def test_a_restarted_operator_loses_nobody_for_not_having_asked_yet(running, decided):
    assert decided(running(runners={})).status.phase is Phase.RUNNING


def test_a_load_that_does_not_end_in_time_is_stopped(running, build, decided):
    limit = 123  # 300 operations at 100 per second and 120 seconds

    assert decided(running(now=build.now + 3 + limit)).status.phase is Phase.RUNNING
    late = decided(running(now=build.now + 3 + limit + 1)).status
    assert (late.ending, "runSeconds" in late.message) == (Reason.RUN_TOO_LONG, True)


def test_cancelling_drains(running, build, decided):
    status = decided(running(wish=build.wish(cancelled=True))).status
    collecting = running(status=status, wish=build.wish(cancelled=True))

    assert status.ending is Reason.CANCELLED
    assert decided(collecting).orders.drain


def test_readiness_and_restarts_of_the_target_are_recorded(running, build, decided):
    status = decided(running(target=build.target(ready=0, restarts=1))).status

    assert (status.target.before.ready, status.target.least_ready) == (1, 0)
    assert status.target.disturbed == "1 container restart"
    back = decided(running(status=status, target=build.target(pods=("db2",)))).status
    assert (back.target.least_ready, back.target.last.ready) == (0, 1)
    assert back.target.disturbed == "1 pod gone or replaced"


@pytest.mark.parametrize("change", [{"restarts": 1}, {"pods": ("db2",)}], ids=["container", "pod"])
def test_a_database_that_was_away_between_two_looks_was_not_ready(running, build, decided, change):
    status = decided(running(target=build.target(**change))).status

    assert (status.target.last.ready, status.target.least_ready) == (1, 0)


def test_planned_shares_add_up(build):
    document = build.document()

    assert planned_share(document, [0, 1, 2]) == pytest.approx(1.0)
    assert planned_share(document, []) == 0.0


@pytest.fixture
def collecting(build):
    """The load ended; everything is stored, the runners wait for leave."""

    def make(spec="", **changes):
        return replace(build.at(Phase.COLLECTING, spec), **changes)

    return make


def test_the_first_idle_runner_drops_the_tables_before_the_report_is_made(collecting, decided):
    decision = decided(collecting())

    assert (decision.actions, decision.orders.clean_up_by) == ((), 0)


def test_another_runner_drops_the_tables_when_the_first_is_gone(collecting, build, decided):
    decision = decided(collecting(pods=build.pods(1, 2)))

    assert decision.orders.clean_up_by == 1


@pytest.mark.parametrize(
    "changes",
    [{"cleaned_up": True}, {"pods": (), "runners": {}}, {"now": 1_800_000_000.0 + 60 + 106}],
    ids=["cleaned up", "nobody is left", "it takes too long"],
)
def test_then_the_report_is_made(collecting, decided, changes):
    assert decided(collecting(**changes)).actions == (Action.CONCLUDE,)


def test_results_under_way_are_waited_for_until_the_deadline(running, build, decided, conclusion):
    status = decided(running(wish=build.wish(cancelled=True), stored=frozenset({0}))).status
    seen = running(
        status=status, wish=build.wish(cancelled=True), stored=frozenset({0}), cleaned_up=True
    )

    waiting = decided(seen)
    assert (waiting.status.phase, waiting.actions) == (Phase.COLLECTING, ())
    late = decided(replace(seen, now=seen.now + 61))
    assert late.status.runners.lost == (1, 2)
    after = decided(replace(seen, now=seen.now + 61, status=late.status))
    assert after.actions == (Action.CONCLUDE,)
    ended = decided(replace(seen, status=late.status, conclusion=conclusion())).status
    complete = condition(ended, ConditionType.RESULTS_COMPLETE)
    assert (complete.status, complete.reason) == (ConditionStatus.FALSE, Reason.RESULTS_MISSING)


def test_what_a_report_says_is_in_the_status(collecting, decided, conclusion):
    told = conclusion(peak_leases=30, peak_sockets=4, lend="Session")
    status = decided(collecting(conclusion=told)).status

    assert (status.phase, status.verdict) == (Phase.FINISHED, Verdict.PASSED)
    assert (status.summary.success, status.effective.peak_leases) == ("100%", 30)
    assert (status.effective.lend, status.effective.peak_sockets) == ("Session", 4)
    assert {each.type: each.status for each in status.conditions} == dict.fromkeys(
        ConditionType, ConditionStatus.TRUE
    )
    assert [entry.run for entry in status.history] == [1]


@pytest.mark.parametrize(
    ("verdict", "succeeded"),
    [(verdict, verdict in ("Passed", "Completed")) for verdict in Verdict],
)
def test_every_verdict_is_finished_and_only_good_ones_succeeded(
    collecting, decided, conclusion, verdict, succeeded
):
    status = decided(collecting(conclusion=conclusion(verdict=verdict))).status

    assert condition(status, ConditionType.FINISHED).status is ConditionStatus.TRUE
    expected = ConditionStatus.TRUE if succeeded else ConditionStatus.FALSE
    assert condition(status, ConditionType.SUCCEEDED).status is expected


def test_lost_runners_make_the_results_incomplete(running, build, decided, conclusion):
    lost = decided(running(CONTINUE, stored=frozenset({0, 2}), **gone(build, 1))).status
    seen = running(CONTINUE, status=lost, stored=frozenset({0, 2}), conclusion=conclusion())

    status = decided(seen).status

    complete = condition(status, ConditionType.RESULTS_COMPLETE)
    assert (complete.status, complete.reason) == (ConditionStatus.FALSE, Reason.RUNNERS_LOST)
    assert "33.3%" in complete.message


def test_sums_that_disagree_are_a_condition(collecting, decided, conclusion):
    wrong = conclusion(consistent=False, inconsistency="pool 1 is missing")

    found = condition(
        decided(collecting(conclusion=wrong)).status, ConditionType.RESULTS_CONSISTENT
    )

    assert (found.status, found.message) == (ConditionStatus.FALSE, "pool 1 is missing")


def test_parts_that_can_not_be_merged_are_a_condition(collecting, decided, conclusion):
    words = "runner 0: it is of another version"
    nothing = conclusion(operations=OperationCounts(), consistent=False, inconsistency=words)

    found = condition(
        decided(collecting(conclusion=nothing)).status, ConditionType.RESULTS_CONSISTENT
    )

    assert (found.status, found.message) == (ConditionStatus.FALSE, words)


@pytest.mark.parametrize("phase", [Phase.PREPARING, Phase.STARTING])
def test_a_run_without_load_ends_with_its_reason(build, decided, conclusion, phase):
    cancelled = replace(build.at(phase), wish=build.wish(cancelled=True))
    ended = replace(cancelled, status=decided(cancelled).status)

    assert decided(ended).actions == (Action.CONCLUDE,)
    came_out = conclusion(verdict=Verdict.CANCELLED, reason=Reason.CANCELLED)
    status = decided(replace(ended, conclusion=came_out)).status
    complete = condition(status, ConditionType.RESULTS_COMPLETE)
    assert (complete.status, complete.reason) == (ConditionStatus.FALSE, Reason.CANCELLED)


def test_the_runner_that_prepared_drops_its_tables_also_when_no_load_came(build, decided):
    seen = replace(
        build.at(Phase.STARTING),
        job_exists=True,
        pods=build.pods(0, 1),
        runners=build.runners(0, 1),
        wish=build.wish(cancelled=True),
    )
    ended = replace(seen, status=decided(seen).status)

    still_ending = decided(ended)
    assert (still_ending.orders.drain, still_ending.actions) == (True, ())
    idle = decided(replace(ended, runners=build.runners(0, 1, state=FINISHED)))
    assert idle.orders.clean_up_by == 0
    assert decided(replace(ended, now=ended.now + 16)).actions == (Action.CONCLUDE,)


def test_a_finished_run_is_removed(collecting, decided, conclusion):
    seen = collecting(conclusion=conclusion())
    over = replace(seen, status=decided(seen).status)

    decision = decided(over)

    assert decision.actions == (Action.REMOVE_RUN,)
    assert decision.orders.leave
