"""Limits with units become base units, and the command line says the same as the document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purreal_runner.document.metrics import Comparison, Metric, Unit
from purreal_runner.document.thresholds import parse_limit, parse_threshold_expression


@pytest.mark.parametrize(
    ("metric", "text", "value"),
    [
        (Metric.SUCCESS_RATIO, "99.9%", 0.999),
        (Metric.POOL_UTILIZATION, "100%", 1.0),
        (Metric.ACQUIRE_P95, "20ms", 0.02),
        (Metric.QUERY_MAX, "1s", 1.0),
        (Metric.QUERY_MEAN, "250us", 0.00025),
        (Metric.OPERATION_P50, "2m", 120.0),
        (Metric.THROUGHPUT, "500/s", 500.0),
        (Metric.FAILED_OPERATIONS, "0", 0.0),
    ],
)
def test_a_limit_is_in_the_base_unit_of_its_metric(metric: Metric, text: str, value: float) -> None:
    assert parse_limit(metric, text) == value


@pytest.mark.parametrize(
    ("metric", "text", "words"),
    [
        (Metric.SUCCESS_RATIO, "0.999", "a share such as '99.9%'"),
        (Metric.SUCCESS_RATIO, "101%", "can't be above 100%"),
        (Metric.ACQUIRE_P95, "20", "a duration such as '20ms' or '1s'"),
        (Metric.ACQUIRE_P95, "-20ms", "a duration"),
        (Metric.ACQUIRE_P95, "20 ms", "a duration"),
        (Metric.THROUGHPUT, "500", "a rate such as '500/s'"),
        (Metric.FAILED_OPERATIONS, "0.5", "a whole number such as '0'"),
        (Metric.FAILED_OPERATIONS, "1%", "a whole number such as '0'"),
    ],
)
def test_a_limit_whose_unit_does_not_fit_is_refused(metric: Metric, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_limit(metric, text)


@pytest.mark.parametrize(
    ("expression", "metric", "comparison", "value", "unit"),
    [
        ("acquire_p95 < 20ms", Metric.ACQUIRE_P95, Comparison.BELOW, 0.02, Unit.SECONDS),
        ("success_ratio>=99.9%", Metric.SUCCESS_RATIO, Comparison.AT_LEAST, 0.999, Unit.RATIO),
        (" throughput  > 500/s ", Metric.THROUGHPUT, Comparison.ABOVE, 500, Unit.PER_SECOND),
        ("timed_out_operations <= 0", Metric.TIMED_OUT_OPERATIONS, Comparison.AT_MOST, 0, "count"),
    ],
)
def test_an_expression_of_the_command_line_is_a_threshold(
    expression: str, metric: Metric, comparison: Comparison, value: float, unit: Unit
) -> None:
    threshold = parse_threshold_expression(expression)

    assert threshold.metric is metric
    assert (threshold.limit.comparison, threshold.limit.value) == (comparison, value)
    assert threshold.limit.unit == unit


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("acquire_p95", "is not METRIC OPERATOR LIMIT"),
        ("acquire_p95 = 20ms", "is not METRIC OPERATOR LIMIT"),
        ("acquire_p59 < 20ms", "did you mean acquire_p"),
        ("AcquireP95 < 20ms", "did you mean acquire_p95?"),
        ("zzz < 20ms", "known: success_ratio, throughput"),
        ("acquire_p95 < 20", "AcquireP95 needs a duration"),
    ],
)
def test_a_wrong_expression_is_explained_in_one_line(expression: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are checked below
        parse_threshold_expression(expression)

    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("comparison", "below", "equal", "above"),
    [
        (Comparison.AT_LEAST, False, True, True),
        (Comparison.AT_MOST, True, True, False),
        (Comparison.ABOVE, False, False, True),
        (Comparison.BELOW, True, False, False),
    ],
)
def test_a_comparison_holds_on_its_side(
    comparison: Comparison, below: bool, equal: bool, above: bool
) -> None:
    assert [comparison.holds(value, 2.0) for value in (1.0, 2.0, 3.0)] == [below, equal, above]


@given(st.sampled_from(list(Metric)), st.sampled_from(list(Comparison)), st.integers(0, 99))
def test_an_expression_reads_back_as_itself(
    metric: Metric, comparison: Comparison, number: int
) -> None:
    suffix = {Unit.RATIO: "%", Unit.PER_SECOND: "/s", Unit.COUNT: "", Unit.SECONDS: "ms"}
    expression = f"{metric.snake_case} {comparison.symbol} {number}{suffix[metric.unit]}"

    assert parse_threshold_expression(expression).expression == expression
