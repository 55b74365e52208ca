"""Owns the proof that the guide's layouts come out letter by letter, from the guide's numbers."""

from collections.abc import Callable
from typing import Any

import pytest

from purreal_runner.judge.verdict import Verdict
from purreal_runner.report import guide
from purreal_runner.report.model import Latencies, Report

QUICK_STRESS_TEST = """\
================================================================================
QUICK STRESS TEST: 500 concurrent connections
================================================================================

✓ Pool initialized: 50 initial connections

Launching 500 concurrent workers...

================================================================================
RESULTS:
  Duration:    2.34s
  Operations:  5000 total
  Successful:  5000 (100.0%)
  Failed:      0 (0.0%)
  Throughput:  2137 ops/sec
  Pool stats:  543 connections, 43 available

✓ SUCCESS: Pool handled 500 concurrent connections!
================================================================================
"""

LOAD_TEST_REPORT = """\
================================================================================
LOAD TEST REPORT
================================================================================

Operations:
  Total:      5,000
  Successful: 5,000
  Failed:     0
  Success Rate: 100.00%

Throughput:
  Duration: 4.56s
  Ops/sec:  1096.49
  Peak Concurrent: 500

Connection Acquisition (ms):
  MIN:  0.12
  MAX:  45.67
  AVG:  2.34
  P50:  1.89
  P95:  8.92
  P99:  15.43

Query Execution (ms):
  MIN:  0.45
  MAX:  12.34
  AVG:  2.11
  P50:  1.92
  P95:  4.56
  P99:  7.89
"""

MONITOR_BAR = (
    "[████████████████████████████████░░░░░░░░] "
    "Total:  543 | Used:  500 | Free:   43 | Util:  92.1%"
)


def test_the_quick_stress_test_prints_what_the_guide_prints(
    guide_report: Callable[..., Report],
) -> None:
    printed = [
        guide.quick_stress_banner(500),
        "",
        guide.pool_initialized(50),
        "",
        guide.launching(500),
        "",
        guide.quick_stress_results(guide_report()),
        "",
    ]

    assert "\n".join(printed) == QUICK_STRESS_TEST


def test_the_load_test_report_is_the_one_of_the_guide(
    guide_report: Callable[..., Report],
) -> None:
    assert guide.load_test_report(guide_report(duration=4.56)) + "\n" == LOAD_TEST_REPORT


def test_the_bar_is_the_one_of_the_guide(gauges: Any) -> None:
    assert guide.monitor_bar(gauges(open=543, leased=500, max_size=625)) == MONITOR_BAR


@pytest.mark.parametrize(
    ("reading", "filled", "words"),
    [
        ((0, 0, 600), 0, "Total:    0 | Used:    0 | Free:    0 | Util:   0.0%"),
        ((50, 0, 600), 0, "Total:   50 | Used:    0 | Free:   50 | Util:   0.0%"),
        ((50, 50, 600), 3, "Total:   50 | Used:   50 | Free:    0 | Util: 100.0%"),
        ((600, 600, 600), 40, "Total:  600 | Used:  600 | Free:    0 | Util: 100.0%"),
        ((12000, 9000, 12000), 30, "Total: 12000 | Used: 9000 | Free: 3000 | Util:  75.0%"),
    ],
)
def test_the_bar_shows_used_of_max_size_and_says_used_of_open(
    gauges: Any, reading: tuple[int, int, int], filled: int, words: str
) -> None:
    opened, used, max_size = reading

    bar = guide.monitor_bar(gauges(open=opened, leased=used, max_size=max_size))

    assert bar == f"[{'█' * filled}{'░' * (40 - filled)}] {words}"


def test_a_failure_is_told_in_place_of_the_success(guide_report: Callable[..., Report]) -> None:
    lines = guide.quick_stress_results(guide_report(failed=3)).splitlines()

    assert "  Successful:  4997 (99.9%)" in lines
    assert "  Failed:      3 (0.1%)" in lines
    assert lines[-2] == "✗ FAILED: 3 of 5000 operations failed at 500 concurrent connections"


def test_success_means_that_everything_issued_succeeded(
    guide_report: Callable[..., Report],
) -> None:
    nothing = guide_report().operations.model_copy(update={"issued": 0, "succeeded": 0})

    assert guide.all_succeeded(guide_report())
    assert not guide.all_succeeded(guide_report(failed=1))
    assert not guide.all_succeeded(guide_report().model_copy(update={"operations": nothing}))


def test_a_run_that_was_cut_short_is_no_success(guide_report: Callable[..., Report]) -> None:
    whole = guide_report()
    planned_more = whole.run.model_copy(update={"operations": 6000})
    interrupted = whole.run.model_copy(update={"interrupted": True})

    assert not guide.all_succeeded(whole.model_copy(update={"run": planned_more}))
    assert not guide.all_succeeded(whole.model_copy(update={"run": interrupted}))
    assert not guide.all_succeeded(whole.model_copy(update={"verdict": Verdict.ERROR}))


def test_a_run_that_was_interrupted_says_how_far_it_came(
    guide_report: Callable[..., Report],
) -> None:
    report = guide_report(failed=3)
    run = report.run.model_copy(update={"operations": 6000, "interrupted": True})

    lines = guide.quick_stress_results(report.model_copy(update={"run": run})).splitlines()

    assert lines[-2] == (
        "✗ STOPPED: 4997 of 6000 operations succeeded before the run was interrupted"
    )


def test_one_failure_in_a_million_does_not_round_to_all_or_nothing(
    guide_report: Callable[..., Report],
) -> None:
    report = guide_report()
    operations = report.operations.model_copy(update={"issued": 10**6, "succeeded": 10**6 - 1})
    report = report.model_copy(update={"operations": operations})

    assert "  Successful:  999999 (99.9%)" in guide.quick_stress_results(report)
    assert "  Failed:      1 (0.1%)" in guide.quick_stress_results(report)
    assert "  Success Rate: 99.99%" in guide.load_test_report(report)


def test_a_share_of_no_operation_is_a_dash(guide_report: Callable[..., Report]) -> None:
    report = guide_report()
    operations = report.operations.model_copy(update={"issued": 0, "succeeded": 0})
    report = report.model_copy(update={"operations": operations})

    assert "  Success Rate: -" in guide.load_test_report(report)


def test_without_a_single_measurement_there_are_dashes(
    guide_report: Callable[..., Report],
) -> None:
    report = guide_report().model_copy(update={"latencies": Latencies()})

    assert "  P99:  -" in guide.load_test_report(report)


def test_the_progressive_series_ends_with_a_table(guide_report: Callable[..., Report]) -> None:
    table = guide.progressive_summary([(100, guide_report()), (1000, guide_report(failed=3))])

    assert table.splitlines() == [
        "=" * 80,
        "PROGRESSIVE STRESS TEST: SUMMARY",
        "=" * 80,
        "",
        "Connections  Operations  Successful  Failed   Ops/sec  P95 acquire  Result",
        "        100        5000        5000       0      2137       8.92ms  ✓ OK",
        "       1000        5000        4997       3      2135       8.92ms  ✗ FAILED",
        "=" * 80,
    ]
