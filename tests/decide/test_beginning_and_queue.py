"""Whether a run is wanted, and whether it may go ahead."""

from dataclasses import replace

import pytest

from purreal_operator.decide.decision import Action
from purreal_operator.decide.queueing import Claim, ahead_of, target_key
from purreal_operator.status.model import ReportReference
from purreal_operator.status.words import (
    ACTIVE_PHASES,
    ConditionStatus,
    ConditionType,
    Phase,
    Reason,
)
from purreal_runner.judge.verdict import Verdict


def condition(status, kind):
    return next(each for each in status.conditions if each.type is kind)


def test_a_new_test_begins_run_one_and_freezes_what_it_comes_to(build, decided):
    decision = decided(build.at(None))

    status = decision.status
    assert (status.run, status.phase, status.spec_hash) == (1, Phase.PREPARING, "aaaa")
    assert status.effective.pools == 3
    assert status.effective.run_seconds == 123
    assert status.effective.lend == "Auto"
    assert status.tokens.target == build.fresh.target
    assert decision.actions == (), "nothing is made before the status says so"
    assert condition(status, ConditionType.ACCEPTED).status is ConditionStatus.TRUE
    assert condition(status, ConditionType.FINISHED).status is ConditionStatus.FALSE


def test_all_conditions_are_there_from_the_first_look(build, decided):
    status = decided(build.at(None)).status

    assert {each.type for each in status.conditions} == set(ConditionType)


def test_a_document_that_can_not_run_ends_at_once_with_the_problem(build, decided):
    wish = build.wish(document=None, problem="spec.workload.mix[0].query: no such template")

    status = decided(replace(build.at(None), wish=wish)).status

    assert (status.phase, status.verdict) == (Phase.FINISHED, Verdict.ERROR)
    assert status.reason == Reason.INVALID_SPEC
    assert condition(status, ConditionType.ACCEPTED).status is ConditionStatus.FALSE
    assert "no such template" in condition(status, ConditionType.SUCCEEDED).message
    assert condition(status, ConditionType.FINISHED).status is ConditionStatus.TRUE


def test_a_test_that_is_cancelled_before_it_began_ends_cancelled(build, decided):
    status = decided(replace(build.at(None), wish=build.wish(cancelled=True))).status

    assert (status.phase, status.verdict) == (Phase.FINISHED, Verdict.CANCELLED)


@pytest.mark.parametrize(
    ("policy", "phase", "reason"),
    [
        ("Queue", Phase.PENDING, Reason.WAITING_FOR_TARGET),
        ("Refuse", Phase.FINISHED, Reason.TARGET_BUSY),
        ("Allow", Phase.PREPARING, Reason.TARGET_STARTS),
    ],
)
def test_a_target_in_use(build, decided, policy, phase, reason):
    seen = build.at(None, f"  targetConcurrency: {policy}\n")

    status = decided(replace(seen, ahead=("ns/other",))).status

    assert (status.phase, status.reason) == (phase, reason)
    if policy != "Allow":
        assert "ns/other" in status.message


def test_a_queued_test_waits_without_a_deadline_and_goes_on_when_it_is_its_turn(build, decided):
    waiting = build.at(Phase.PENDING)
    later = replace(waiting, now=build.now + 1e6, ahead=("ns/other",))

    assert decided(later).status.phase is Phase.PENDING
    assert decided(replace(later, ahead=())).status.phase is Phase.PREPARING


def test_what_is_changed_while_a_test_is_queued_is_part_of_its_run(build, decided):
    waiting = build.at(Phase.PENDING)
    changed = build.wish(generation=2, spec_hash="bbbb")

    status = decided(replace(waiting, wish=changed, ahead=())).status

    assert (status.run, status.spec_hash, status.observed_generation) == (1, "bbbb", 2)


def test_cancelling_a_queued_test_ends_it(build, decided):
    waiting = replace(build.at(Phase.PENDING), ahead=("ns/o",), wish=build.wish(cancelled=True))

    assert decided(waiting).status.verdict is Verdict.CANCELLED


@pytest.fixture
def over(build, decided, conclusion):
    """A run that is finished and cleaned away."""
    seen = replace(build.at(Phase.COLLECTING), conclusion=conclusion())
    status = decided(seen).status
    return replace(seen, status=status, plan_exists=False, conclusion=None)


def test_a_finished_test_stays_finished_while_nothing_is_asked_for(over, decided):
    decision = decided(over)

    assert decision.status == over.status
    assert decision.again_seconds is None


@pytest.mark.parametrize("asked", [{"spec_hash": "bbbb"}, {"rerun_at": "2027-01-01T00:00:00Z"}])
def test_another_spec_or_another_annotation_asks_for_the_next_run(over, build, decided, asked):
    status = decided(replace(over, wish=build.wish(generation=2, **asked))).status

    assert (status.run, status.phase) == (2, Phase.PREPARING)
    assert status.verdict is None
    assert status.finished_at is None
    assert [each.run for each in status.history] == [1]
    assert condition(status, ConditionType.FINISHED).status is ConditionStatus.FALSE
    assert condition(status, ConditionType.FINISHED).observed_generation == 2


def test_an_annotation_that_was_heeded_asks_for_nothing_more(over, build, decided):
    again = build.wish(rerun_at="monday")
    second = decided(replace(over, wish=again)).status
    finished = over.status.model_copy(update={"rerun_at": second.rerun_at})

    assert decided(replace(over, status=finished, wish=again)).status.run == 1


def test_a_change_of_retention_alone_runs_nothing_but_keeps_conditions_current(
    over, build, decided
):
    wish = build.wish("  retention: {ttlSecondsAfterSuccess: 50}\n", generation=7)

    status = decided(replace(over, wish=wish)).status

    assert status.run == 1
    assert {each.observed_generation for each in status.conditions} == {7}


def test_the_next_run_begins_only_when_the_last_one_is_cleaned_away(over, build, decided):
    wish = build.wish(spec_hash="bbbb", generation=2)
    wanted = replace(over, wish=wish, plan_exists=True)

    decision = decided(wanted)

    # Or whoever waits for the new spec's end would take this one for it.
    assert decision.status == over.status
    assert decision.actions == (Action.REMOVE_RUN,)


def test_the_history_keeps_ten_runs(over, build, decided, conclusion):
    entry = over.status.history[0]
    full = tuple(entry.model_copy(update={"run": run}) for run in range(30, 20, -1))
    status = over.status.model_copy(
        update={"phase": Phase.COLLECTING, "run": 31, "history": full, "ending": Reason.LOAD_ENDED}
    )
    report = ReportReference(config_map="shop-31-report", key="report.json.gz", bytes=1)

    ended = decided(
        replace(over, status=status, plan_exists=True, conclusion=conclusion(report=report))
    ).status

    assert [each.run for each in ended.history] == list(range(31, 21, -1))


@pytest.mark.parametrize(
    ("spec", "after", "deleted"),
    [
        ("  retention: {ttlSecondsAfterSuccess: 50}\n", 49.0, False),
        ("  retention: {ttlSecondsAfterSuccess: 50}\n", 51.0, True),
        ("  retention: {ttlSecondsAfterFailure: 50}\n", 1e6, False),
        ("", 1e9, False),
    ],
)
def test_retention(over, build, decided, spec, after, deleted):
    finished = over.now
    decision = decided(replace(over, wish=build.wish(spec), now=finished + after))

    assert (Action.DELETE_TEST in decision.actions) is deleted


def test_who_is_ahead_on_a_target():
    def claim(test, phase, since="", target="URL/ws://db:1"):
        return Claim(test=test, target=target, phase=phase, since=since)

    mine = claim("ns/mine", Phase.PENDING, "2027-01-01T00:00:05.000Z")
    others = [
        mine,
        claim("ns/active", Phase.RUNNING),
        claim("ns/older", Phase.PENDING, "2027-01-01T00:00:01.000Z"),
        claim("ns/newer", Phase.PENDING, "2027-01-01T00:00:09.000Z"),
        claim("ns/done", Phase.FINISHED),
        claim("ns/elsewhere", Phase.RUNNING, target="URL/ws://other:1"),
    ]

    assert ahead_of(mine, others) == ("ns/active", "ns/older")


def test_of_two_pending_tests_never_both_go_ahead():
    first = Claim("ns/a", "t", Phase.PENDING, "2027-01-01T00:00:01.000Z")
    second = Claim("ns/b", "t", Phase.PENDING, "2027-01-01T00:00:01.000Z")

    assert [bool(ahead_of(first, [second])), bool(ahead_of(second, [first]))] == [False, True]


def test_only_targets_that_exist_already_are_shared(build):
    url = "  target: {type: URL, url: {endpoint: 'ws://db:8000'}}\n"
    named = "  target: {type: StatefulSet, statefulSet: {name: db}}\n"

    assert target_key("ns", build.document()) is None
    assert target_key("ns", build.document(url)) == "URL/ws://db:8000"
    assert target_key("ns", build.document(named)) == "StatefulSet/ns/db"
    assert target_key("other", build.document(named)) != target_key("ns", build.document(named))


@pytest.mark.parametrize("phase", sorted(ACTIVE_PHASES))
def test_a_run_whose_document_can_not_be_read_any_more_ends(build, decided, phase):
    seen = build.at(phase)
    unreadable = build.wish(document=None, problem="spec.pool: unknown field")

    status = decided(replace(seen, frozen=None, wish=unreadable)).status

    assert (status.phase, status.verdict, status.reason) == ("Finished", "Error", "InvalidSpec")
    assert "spec.pool: unknown field" in status.message


def test_a_new_version_that_reads_the_same_spec_otherwise_runs_nothing(over, build, decided):
    seen = replace(over, wish=build.wish(spec_hash="read-otherwise"))

    decision = decided(seen)

    assert (decision.status.run, decision.status.phase) == (1, Phase.FINISHED)
