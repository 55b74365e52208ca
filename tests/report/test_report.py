"""Owns the proof that a report holds what was measured and survives its way through JSON."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from purreal_runner.document import parse_threshold_expression
from purreal_runner.exit_codes import ExitCode
from purreal_runner.judge.advice import Fix
from purreal_runner.judge.facts import PoolFacts, RunFacts
from purreal_runner.judge.verdict import Verdict
from purreal_runner.judge.warning_signs import Sign
from purreal_runner.measure import Histogram, Merged, ProcessHealth
from purreal_runner.measure.part import PoolPeak, PoolRecord
from purreal_runner.report.build import build_report
from purreal_runner.report.model import Report

Facts = Callable[..., RunFacts]
Measured = Callable[..., Merged]


def test_the_report_holds_what_was_measured(good_report: Report) -> None:
    operations = good_report.operations
    assert (operations.issued, operations.succeeded, operations.success_ratio) == (1000, 1000, 1.0)
    assert good_report.duration_seconds == pytest.approx(4.9)
    assert good_report.throughput == pytest.approx(1000 / 4.9)
    assert good_report.latencies.acquire.max == pytest.approx(0.010)
    assert good_report.latencies.query.mean == pytest.approx(0.0025)
    assert good_report.latencies.operation.count == 1000
    assert (good_report.pool.peak_open, good_report.pool.peak_used) == (543, 500)
    assert good_report.effective.peak_leases == 500
    assert good_report.verdict is Verdict.PASSED
    assert good_report.exit_code() is ExitCode.OK


def test_a_failed_run_says_why_and_what_to_do(bad_report: Report) -> None:
    assert bad_report.verdict is Verdict.FAILED
    assert bad_report.exit_code() is ExitCode.THRESHOLD_FAILED
    assert {each.sign for each in bad_report.warning_signs} == {
        Sign.FAILED_OPERATIONS,
        Sign.ERRORS_IN_LOGS,
    }
    assert [each.fix for each in bad_report.advice] == [Fix.RAISE_ACQUIRE_TIMEOUT]
    assert [(each.type, each.count) for each in bad_report.errors] == [("AcquireTimeout", 7)]


def test_json_brings_back_the_same_report(good_report: Report, bad_report: Report) -> None:
    assert Report.model_validate_json(good_report.to_json()) == good_report
    assert Report.model_validate_json(bad_report.to_json()) == bad_report


def test_json_has_a_schema_version_and_camel_case_names(good_report: Report) -> None:
    data = json.loads(good_report.to_json())

    assert data["schemaVersion"] == 1
    assert data["verdict"] == "Passed"
    assert data["operations"]["timedOut"] == 0
    assert data["whereTimeWent"]["rows"][1]["percent"] == 95.0
    assert not [name for name in _names(data) if "_" in name]


def _names(data: Any) -> set[str]:
    """All field names; loggers keep theirs."""
    if isinstance(data, list):
        return {name for each in data for name in _names(each)}
    if not isinstance(data, dict):
        return set()
    kept = {name: value for name, value in data.items() if name != "logs"}
    return set(kept) | {name for value in kept.values() for name in _names(value)}


def test_a_report_of_another_schema_version_is_refused(good_report: Report) -> None:
    data = json.loads(good_report.to_json()) | {"schemaVersion": 2}

    with pytest.raises(ValueError, match="schemaVersion"):
        Report.model_validate(data)


def test_only_the_guides_scenarios_are_graded(facts: Facts, merged: Measured) -> None:
    mix = build_report(facts(scenario=None, workload="mix of 3 queries"), merged())
    guide = build_report(facts(), merged())

    assert mix.grade == ()
    assert len(guide.grade) == 6


def test_a_run_that_could_not_be_done_is_an_error_without_measurements(facts: Facts) -> None:
    report = build_report(facts(error="nothing answers at ws://db:8000"), None)

    assert (report.verdict, report.reason) == (Verdict.ERROR, "nothing answers at ws://db:8000")
    assert report.exit_code() is ExitCode.ERROR
    assert report.grade == ()


def test_an_interrupted_run_is_cancelled_and_still_reports(facts: Facts, merged: Measured) -> None:
    report = build_report(facts(interrupted=True), merged())

    assert report.exit_code() is ExitCode.CANCELLED
    assert report.operations.issued == 1000


def test_without_an_operation_nothing_is_said_of_the_load_generator(
    facts: Facts, merged: Measured
) -> None:
    busy_with_its_start = ProcessHealth(wall_seconds=1.0, cpu_seconds=1.0)
    nothing = Merged(processes=(busy_with_its_start,))

    assert build_report(facts(interrupted=True), nothing).generator.sentence == ""
    assert build_report(facts(), merged()).generator.sentence


@pytest.mark.parametrize(
    ("stress", "verdict"),
    [(None, Verdict.INCONCLUSIVE), ("4 busy processes", Verdict.FAILED)],
)
def test_stress_on_purpose_does_not_make_a_late_generator_an_excuse(
    facts: Facts, merged: Measured, stress: str | None, verdict: Verdict
) -> None:
    lag = Histogram()
    lag.record(9_500_000)
    late = ProcessHealth(wall_seconds=1.0, cpu_seconds=1.0, loop_lag=lag.distribution())
    measurements = merged().model_copy(update={"processes": (late,)})
    limit = (parse_threshold_expression("acquire_p95 < 1ms"),)

    report = build_report(facts(thresholds=limit, deliberate_stress=stress), measurements)

    assert report.verdict is verdict


def test_effective_tells_what_the_settings_came_to(facts: Facts, merged: Measured) -> None:
    facts_of_five = facts(pools=5, processes=2, workers=501, pool=PoolFacts(10, 120))

    effective = build_report(facts_of_five, merged()).effective

    assert (effective.pools, effective.processes) == (5, 2)
    assert (effective.workers_per_pool, effective.max_leases) == (101, 600)


@pytest.mark.parametrize(("told", "lend"), [("session", "Session"), (None, "Auto")])
def test_effective_tells_what_the_pools_lent_or_else_what_was_asked_for(
    facts: Facts, merged: Measured, told: str | None, lend: str
) -> None:
    pools = (PoolRecord(final={"lends": told, "peakSockets": 4}),) * 2
    measurements = merged().model_copy(update={"pools": pools})

    effective = build_report(facts(pool=PoolFacts(10, 120)), measurements).effective

    assert (effective.lend, effective.peak_sockets) == (lend, 8)


@pytest.mark.parametrize(("workers", "fewest", "most"), [(100, 33, 34), (99, 33, 33)])
def test_workers_that_cannot_be_divided_evenly_are_told_as_a_range(
    facts: Facts, merged: Measured, workers: int, fewest: int, most: int
) -> None:
    effective = build_report(facts(pools=3, workers=workers), merged()).effective

    assert (effective.fewest_workers_per_pool, effective.workers_per_pool) == (fewest, most)


@pytest.mark.parametrize(("waiting", "verdict"), [(400, Verdict.FAILED), (0, Verdict.INCONCLUSIVE)])
def test_a_wait_for_a_pool_that_was_used_up_is_not_put_down_to_the_generator(
    facts: Facts, merged: Measured, waiting: int, verdict: Verdict
) -> None:
    lag = Histogram()
    lag.record(9_500_000)
    late = ProcessHealth(wall_seconds=1.0, cpu_seconds=1.0, loop_lag=lag.distribution())
    full = PoolRecord(max_size=600, peak=PoolPeak(open=600, used=600), peak_waiting=waiting)
    measurements = merged().model_copy(update={"processes": (late,), "pools": (full,)})
    limit = (parse_threshold_expression("acquire_p95 < 1ms"),)

    assert build_report(facts(thresholds=limit), measurements).verdict is verdict


def test_the_longest_queues_of_several_pools_add_up(facts: Facts, merged: Measured) -> None:
    pools = tuple(PoolRecord(max_size=5, peak_waiting=waiting) for waiting in (3, 4))

    report = build_report(facts(pools=2), merged().model_copy(update={"pools": pools}))

    assert report.pool.peak_waiting == 7
