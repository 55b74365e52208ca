"""What becomes an event, and how conditions change."""

import pytest

from purreal_operator.news import news_between
from purreal_operator.objects.event import EventType
from purreal_operator.status.conditions import AWAITED, no, with_findings, yes
from purreal_operator.status.model import PoolLoadTestStatus, RunnersStatus, TargetStatus
from purreal_operator.status.moments import epoch, moment
from purreal_operator.status.words import ConditionStatus, ConditionType, Phase, Reason
from purreal_runner.judge.verdict import Verdict

NOW = 1_800_000_000.25


def status(**fields):
    return PoolLoadTestStatus(**({"run": 1, "phase": Phase.RUNNING} | fields))


def test_nothing_new_is_no_news():
    assert list(news_between(status(), status())) == []


def test_each_phase_is_news():
    [news] = news_between(status(phase=Phase.STARTING), status(message="the load runs"))

    assert (news.type, news.reason, news.message) == (
        EventType.NORMAL,
        "Running",
        "run 1: the load runs",
    )


@pytest.mark.parametrize(
    ("verdict", "kind"), [("Passed", EventType.NORMAL), ("Failed", EventType.WARNING)]
)
def test_the_verdict_is_news(verdict, kind):
    after = status(phase=Phase.FINISHED, verdict=Verdict(verdict), message="2 of 3 missed")

    [news] = news_between(status(), after)

    assert (news.type, news.reason) == (kind, verdict)
    assert "2 of 3 missed" in news.message


def test_trouble_is_news_once():
    before = status(runners=RunnersStatus(trouble=("image can't be pulled",)))
    after = status(runners=RunnersStatus(trouble=("image can't be pulled", "quota")))

    [news] = news_between(before, after)

    assert (news.type, news.message) == (EventType.WARNING, "quota")


def test_each_lost_runner_and_each_disturbance_is_news():
    after = status(
        runners=RunnersStatus(lost=(1, 2)), target=TargetStatus(disturbed="1 container restart")
    )

    found = list(news_between(status(runners=RunnersStatus(lost=(1,))), after))

    assert {(each.reason, each.key) for each in found} == {
        ("TargetDisturbed", "1 container restart"),
        ("RunnerLost", "2"),
    }


def test_moments_survive_being_written():
    assert moment(NOW) == "2027-01-15T08:00:00.250Z"
    assert epoch(moment(NOW)) == NOW


def test_a_condition_keeps_its_transition_time_while_its_status_stays():
    accepted = ConditionType.ACCEPTED
    first = with_findings((), {accepted: no(Reason.AWAITED)}, generation=1, now=NOW)
    same = with_findings(first, {accepted: no(Reason.TARGET_BUSY)}, generation=2, now=NOW + 5)
    other = with_findings(same, {accepted: yes(Reason.SPEC_ACCEPTED)}, generation=2, now=NOW + 9)

    times = [each[0].last_transition_time for each in (first, same, other)]
    assert times == [moment(NOW), moment(NOW), moment(NOW + 9)]
    assert (same[0].reason, same[0].observed_generation) == (Reason.TARGET_BUSY, 2)


def test_conditions_without_a_finding_stay_but_are_of_the_present_generation():
    first = with_findings((), {}, generation=1, now=NOW)
    later = with_findings(first, {}, generation=4, now=NOW + 5)

    assert {each.status for each in first} == {ConditionStatus.UNKNOWN}
    assert {each.reason for each in first} == {AWAITED.reason}
    assert {each.observed_generation for each in later} == {4}
    assert {each.last_transition_time for each in later} == {moment(NOW)}


def test_a_long_message_fits_into_the_schema():
    [found] = [
        each
        for each in with_findings(
            (), {ConditionType.ACCEPTED: no(Reason.INVALID_SPEC, "x" * 5_000)}, generation=1, now=0
        )
        if each.type is ConditionType.ACCEPTED
    ]

    assert len(found.message) == 1_024
