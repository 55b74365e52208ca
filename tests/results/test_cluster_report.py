"""The report of a run on a cluster: merged, judged, and what became of its runners."""

import pytest
from rich.console import Console

from purreal_operator.results.report import cluster_report
from purreal_operator.status.model import RunnersStatus
from purreal_operator.status.words import Reason
from purreal_runner.judge.verdict import Verdict
from purreal_runner.report.on_cluster import DatabaseUse, LogTail, SlowOperation, SpanLine
from purreal_runner.report.text import render

THRESHOLD = "  thresholds: [{metric: QueryP95, below: 20ms}]\n"


def test_parts_of_all_runners_are_merged_and_judged_once(make, three_parts):
    report = cluster_report(make.evidence(*three_parts(), spec=THRESHOLD))

    assert (report.verdict, report.operations.issued) == (Verdict.PASSED, 300)
    assert report.latencies.query.count == 300
    assert (report.effective.pools, report.effective.peak_leases) == (3, 30)
    assert report.target.version == "surrealdb-3.3.5"
    assert report.on_cluster.inconsistencies == ()
    assert [each.name for each in report.on_cluster.phases] == ["Preparing", "Starting"]


def test_a_missed_threshold_fails(make, three_parts):
    report = cluster_report(make.evidence(*three_parts(ms=50.0), spec=THRESHOLD))

    assert report.verdict is Verdict.FAILED


def test_a_run_that_ended_for_another_reason_is_an_error_in_its_words(make):
    ended = {"ending": Reason.TARGET_NOT_READY, "ending_message": "0 of 1 pods", "starts_at": None}

    report = cluster_report(make.evidence(**ended))

    assert (report.verdict, report.reason) == (Verdict.ERROR, "0 of 1 pods")
    assert report.operations.issued == 0


def test_a_cancelled_run_keeps_what_was_measured(make, three_parts):
    report = cluster_report(make.evidence(*three_parts(issued=40), ending=Reason.CANCELLED))

    assert (report.verdict, report.operations.issued) == (Verdict.CANCELLED, 120)
    assert report.on_cluster.inconsistencies == (), "the plan does not count when it was stopped"


def test_lost_runners_degrade_a_report_and_count_for_nothing(make):
    lost = RunnersStatus(expected=3, ready=3, lost=(1,), lost_share="33.3%")

    report = cluster_report(make.evidence(make.part(0), make.part(2), runners=lost))

    assert report.verdict is Verdict.COMPLETED
    assert (report.on_cluster.runners.lost, report.on_cluster.runners.reported) == ((1,), 2)
    assert any("degraded" in note and "33.3%" in note for note in report.run.notes)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (lambda make: [make.part(0), make.part(1)], "pool 2 is missing"),
        (lambda make: [*(make.part(i) for i in range(3)), make.part(2)], "reported twice"),
        (
            lambda make: [make.part(0), make.part(1), make.part(2, issued=99)],
            "pool 2 issued 99 operations, but its share is 100",
        ),
        (
            lambda make: [make.part(0), make.part(1), make.part(2, succeeded=97)],
            "100 operations were issued, but 97 ended",
        ),
    ],
    ids=["a part is missing", "a part is doubled", "one too few", "one never ended"],
)
def test_sums_that_do_not_agree_are_an_error(make, parts, words):
    report = cluster_report(make.evidence(*parts(make)))

    assert report.verdict is Verdict.ERROR
    found = (*report.on_cluster.mismatches, *report.on_cluster.inconsistencies)
    assert any(words in each for each in found), found


def test_the_text_report_shows_what_the_cluster_adds(make, three_parts):
    report = cluster_report(make.evidence(*three_parts()))
    added = report.on_cluster.model_copy(
        update={
            "database": DatabaseUse(
                peak_cpu_percent=92.1, peak_sessions=30, statements=7, statement_mean_seconds=0.0004
            ),
            "slowest": (
                SlowOperation(
                    span_id="a",
                    duration_seconds=0.02,
                    spans=(
                        SpanLine(
                            depth=0,
                            name="operation",
                            source="runner 0",
                            start_offset_seconds=0,
                            duration_seconds=0.02,
                            span_id="a",
                        ),
                    ),
                ),
            ),
            "logs": (LogTail(source="shop-1-db-0", lines=("it broke",)),),
        }
    )
    console = Console(width=120, record=True, file=None, quiet=False)
    with console.capture() as captured:
        render(report.model_copy(update={"on_cluster": added}), console)

    text = captured.get()
    assert "3 of 3 reported, all started within 5.00 ms" in text
    assert "processor up to 92 % of a core" in text
    assert "operation 20.0 ms" in text
    assert "log of shop-1-db-0" in text
    assert "it broke" in text
