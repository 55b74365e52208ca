"""Which run a command means, and how far it is, from what is stored."""

import pytest

from purreal_kubectl.deciding.ending import exit_code_of
from purreal_kubectl.deciding.run_of import (
    WantedRun,
    finished_run,
    is_settled,
    look_at,
    run_to_watch,
)
from purreal_kubectl.failure import Failure
from purreal_operator.status.model import FinishedRun, PoolLoadTestStatus
from tests.kubectl_plugin.stored import UID, active, ended, history_entry, resource

ASKED = WantedRun("shop", UID, token="now")


def test_a_run_is_found_by_what_asked_for_it_and_keeps_its_number() -> None:
    look = look_at(ASKED, resource(active(run=4) | {"rerunAt": "now"}, asked="now"))

    assert look.begun
    assert look.wanted.number == 4
    later = look_at(look.wanted, resource(ended(run=4), asked="somebody else's"))
    assert later.over is not None


def test_a_finished_run_before_the_wanted_one_is_not_taken_for_it() -> None:
    look = look_at(ASKED, resource(ended(run=3, rerunAt="before"), asked="now"))

    assert not look.begun
    assert look.over is None


def test_a_run_that_somebody_replaced_before_it_began_never_comes() -> None:
    with pytest.raises(Failure, match="somebody asked for another run of shop"):
        look_at(ASKED, resource(ended(run=3, rerunAt="before"), asked="later"))


def test_a_run_that_the_history_has_lost_can_not_be_found() -> None:
    entries = [history_entry(run) for run in range(20, 10, -1)]
    status = active(run=21) | {"history": entries}

    with pytest.raises(Failure, match="no finished run 7; the status has the last ten: 20, 19"):
        look_at(WantedRun("shop", UID, number=7), resource(status))


def test_a_run_of_the_history_is_found_by_its_number() -> None:
    status = PoolLoadTestStatus.model_validate(
        ended(run=2) | {"history": [history_entry(2), history_entry(1, "Failed")]}
    )

    assert finished_run(status, 1, "shop").verdict == "Failed"


@pytest.mark.parametrize(
    ("stored", "number", "token"),
    [
        (resource(), 1, ""),
        (resource(active(run=3)), 3, ""),
        (resource(ended(run=3)), 3, ""),
        (resource(ended(run=3, rerunAt="then"), asked="then"), 3, ""),
        (resource(ended(run=3, rerunAt="then"), asked="now"), 0, "now"),
        (resource(active(run=3, rerunAt="then"), asked="now"), 3, ""),
        (resource(ended(run=3), generation=2), 4, ""),
        (resource(active(run=3), generation=2), 3, ""),
    ],
    ids=[
        "new",
        "active",
        "over",
        "over, by annotation",
        "asked again",
        "active, asked again",
        "over, changed",
        "active, changed",
    ],
)
def test_watching_means_the_run_that_is_on_or_asked_for_or_the_last(
    stored: dict[str, object], number: int, token: str
) -> None:
    assert run_to_watch(stored) == WantedRun("shop", UID, number=number, token=token)


def test_a_test_is_settled_when_no_run_of_its_spec_is_still_to_begin() -> None:
    assert is_settled(resource(ended()))
    assert is_settled(resource(active(), generation=7))
    assert not is_settled(resource(ended(), generation=2))
    assert not is_settled(resource())


@pytest.mark.parametrize(
    ("verdict", "reason", "code"),
    [
        ("Passed", "ThresholdsMet", 0),
        ("Completed", "NoThresholds", 0),
        ("Failed", "ThresholdsMissed", 99),
        ("Inconclusive", "GeneratorLimited", 98),
        ("Cancelled", "Cancelled", 105),
        ("Error", "TargetUnreachable", 1),
        ("Error", "RunTooLong", 102),
        ("Error", "InvalidSpec", 104),
    ],
)
def test_the_exit_code_is_that_of_a_local_run(verdict: str, reason: str, code: int) -> None:
    run = FinishedRun.model_validate(history_entry(1, verdict, reason=reason))

    assert exit_code_of(run) == code
