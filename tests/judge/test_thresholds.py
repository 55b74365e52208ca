"""Owns the proof that limits are compared with the right numbers, and that the verdict follows."""

from collections.abc import Callable
from typing import Any

import pytest

from purreal_runner.document import Metric, parse_threshold_expression
from purreal_runner.exit_codes import ExitCode
from purreal_runner.judge.generator import explains, look_at_generator, mark_generator_limited
from purreal_runner.judge.thresholds import ThresholdResult, judge_thresholds, observed
from purreal_runner.judge.verdict import Verdict, give_verdict
from purreal_runner.measure import Merged

Measured = Callable[..., Merged]


def judge(expression: str, merged: Merged) -> ThresholdResult:
    [result] = judge_thresholds([parse_threshold_expression(expression)], merged)
    return result


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (Metric.SUCCESS_RATIO, 0.9),
        (Metric.THROUGHPUT, 45.0),
        (Metric.FAILED_OPERATIONS, 10),
        (Metric.TIMED_OUT_OPERATIONS, 3),
        (Metric.POOL_UTILIZATION, 500 / 600),
        (Metric.ACQUIRE_MAX, 0.030),
        (Metric.ACQUIRE_MEAN, 0.020),
        (Metric.QUERY_MAX, 0.050),
        (Metric.OPERATION_MAX, 0.090),
    ],
)
def test_a_metric_is_observed_in_its_base_unit(
    measured: Measured, metric: Metric, value: float
) -> None:
    merged = measured(
        succeeded=90,
        failed=7,
        timed_out=3,
        cancelled=4,
        seconds=2.0,
        acquire_ms=(10, 20, 30),
        query_ms=(50,),
        operation_ms=(90,),
    )

    assert observed(metric, merged) == pytest.approx(value)


@pytest.mark.parametrize("what", ["Acquire", "Query", "Operation"])
@pytest.mark.parametrize(("percentile", "rank"), [("P50", 50), ("P95", 95), ("P99", 99)])
def test_a_percentile_is_of_its_own_distribution(
    measured: Measured, what: str, percentile: str, rank: int
) -> None:
    values = tuple(range(1, 101))
    merged = measured(**{f"{what.lower()}_ms": values})

    assert observed(Metric(what + percentile), merged) == pytest.approx(rank / 1000, rel=0.0055)


@pytest.mark.parametrize("metric", Metric)
def test_nothing_measured_is_nothing_observed(metric: Metric) -> None:
    value = observed(metric, Merged())

    counts = {Metric.FAILED_OPERATIONS, Metric.TIMED_OUT_OPERATIONS}
    assert value == (0 if metric in counts else None)


@pytest.mark.parametrize(
    ("expression", "met", "margin"),
    [
        ("success_ratio >= 99%", False, -0.09),
        ("success_ratio >= 90%", True, 0.0),
        ("success_ratio > 90%", False, 0.0),
        ("failed_operations <= 10", True, 0.0),
        ("failed_operations < 10", False, 0.0),
        ("acquire_max < 31ms", True, 0.001),
        ("throughput >= 100/s", False, -10.0),
    ],
)
def test_the_margin_is_the_room_that_is_left(
    measured: Measured, expression: str, met: bool, margin: float
) -> None:
    result = judge(expression, measured(succeeded=90, failed=10, acquire_ms=(30,)))

    assert result.met is met
    assert result.margin == pytest.approx(margin)


def test_a_limit_for_something_that_was_not_measured_is_missed(measured: Measured) -> None:
    result = judge("query_p95 < 1s", measured())

    assert (result.met, result.observed, result.margin) == (False, None, None)


@pytest.mark.parametrize(
    ("expression", "lag_ms", "cpu", "throttled", "explained"),
    [
        ("acquire_max < 20ms", 15, 0.99, None, True),  # 30 - 15 is within the limit
        ("acquire_max < 20ms", 5, 0.99, None, False),  # 30 - 5 is not, however busy it was
        ("acquire_max < 20ms", 5, 0.2, 1.0, True),  # held back a tenth of the time
        ("acquire_max < 20ms", 5, 0.2, 0.1, False),
        ("operation_max < 20ms", 15, 0.5, None, True),  # two late wake-ups
        ("throughput > 2000/s", 0, 0.95, None, True),
        ("throughput > 2000/s", 50, 0.60, None, False),
        ("success_ratio > 99%", 500, 1.0, 5.0, False),
        ("pool_utilization < 50%", 500, 1.0, 5.0, False),
        ("acquire_max < 40ms", 500, 1.0, 5.0, False),  # met: there is nothing to explain
        ("query_max < 1ms", 500, 1.0, 5.0, False),  # nothing was observed
    ],
)
def test_the_generator_explains_only_what_its_own_lag_can_have_caused(
    measured: Measured,
    health: Any,
    expression: str,
    lag_ms: float,
    cpu: float,
    throttled: float | None,
    explained: bool,
) -> None:
    merged = measured(succeeded=90, failed=10, acquire_ms=(30,), operation_ms=(45,))
    generator = look_at_generator([health(lag_ms=lag_ms, cpu=cpu, throttled=throttled), health()])

    assert explains(judge(expression, merged), generator) is explained


@pytest.mark.parametrize(
    ("cpu", "throttled", "words"),
    [
        (0.5, None, "used 50 % of a core, its event loop ran 30.0 ms late (p95), and latencies"),
        (0.97, 0.1, "kept 97 % of a core busy"),
        (0.5, 2.0, "held it back 20 % of the time"),
    ],
)
def test_the_worst_process_stands_for_the_generator(
    health: Any, cpu: float, throttled: float | None, words: str
) -> None:
    findings = look_at_generator([health(), health(cpu=cpu, throttled=throttled, lag_ms=30)])

    assert words in findings.sentence
    assert findings.lag_p95_seconds == pytest.approx(0.030, rel=0.01)
    assert findings.saturated is (cpu > 0.9 or throttled == 2.0)


@pytest.mark.parametrize(
    ("expressions", "options", "verdict", "code"),
    [
        ([], {}, Verdict.COMPLETED, ExitCode.OK),
        (["success_ratio >= 90%"], {}, Verdict.PASSED, ExitCode.OK),
        (["success_ratio > 99%"], {}, Verdict.FAILED, ExitCode.THRESHOLD_FAILED),
        (["acquire_max < 20ms"], {}, Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE),
        (["acquire_max < 20ms", "success_ratio > 99%"], {}, Verdict.FAILED, 99),
        (["acquire_max < 20ms"], {"deliberate_stress": True}, Verdict.FAILED, 99),
        ([], {"issued": 0}, Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE),
        (["success_ratio > 99%"], {"interrupted": True}, Verdict.CANCELLED, ExitCode.CANCELLED),
        ([], {"error": "no such host", "interrupted": True}, Verdict.ERROR, ExitCode.ERROR),
    ],
)
def test_the_verdict_follows_from_the_thresholds_and_how_the_run_ended(
    measured: Measured,
    health: Any,
    expressions: list[str],
    options: dict[str, Any],
    verdict: Verdict,
    code: int,
) -> None:
    merged = measured(succeeded=90, failed=10, acquire_ms=(30,))
    generator = look_at_generator([health(lag_ms=15, cpu=1.0)])
    results = judge_thresholds([parse_threshold_expression(each) for each in expressions], merged)
    results = mark_generator_limited(results, generator)

    given, reason = give_verdict(results, **({"issued": 100} | options))

    assert given is verdict
    assert given.exit_code == code
    assert reason


def test_a_busy_generator_does_not_spoil_a_run_that_met_its_thresholds(
    measured: Measured, health: Any
) -> None:
    merged = measured(acquire_ms=(10,))
    generator = look_at_generator([health(lag_ms=9, cpu=1.0)])
    results = mark_generator_limited([judge("acquire_max < 20ms", merged)], generator)

    assert give_verdict(results, issued=1)[0] is Verdict.PASSED
