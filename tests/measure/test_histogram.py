"""Owns the proof that recorded durations are OTLP exponential-histogram buckets."""

from math import ceil

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ExponentialHistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View

from purreal_runner.measure.histogram import (
    BOUNDS_NS,
    ZERO_INDEX,
    Distribution,
    Histogram,
    bucket_index,
    bucket_indexes,
    bucket_middle_ns,
)

DAY_NS = 86_400 * 10**9
durations = st.integers(min_value=1, max_value=DAY_NS) | st.integers(1, 10_000)


def recorded(values: list[int]) -> Distribution:
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    return histogram.distribution()


@given(durations)
def test_every_bucket_is_the_one_that_the_otlp_formula_names(ns: int) -> None:
    index = bucket_index(ns)

    # 2 ** (index / 64) < ns / 10 ** 9 <= 2 ** ((index + 1) / 64), to the power of 64, in integers.
    scale_up = 2 ** max(0, -index)
    value = ns**64 * scale_up
    lower = 2 ** max(0, index) * 10**576
    assert lower < value <= 2 * lower


@pytest.mark.parametrize("power", range(-29, 17))
def test_a_power_of_two_belongs_to_the_bucket_that_it_closes(power: int) -> None:
    bound_ns = 10**9 * 2**power if power >= 0 else 10**9 // 2**-power

    assert bucket_index(bound_ns) <= power * 64 - 1 < bucket_index(bound_ns + 1)


def test_buckets_agree_with_the_opentelemetry_sdk() -> None:
    values = [1_000_000 + 7_919 * step for step in range(400)]
    reader = InMemoryMetricReader()
    view = View(instrument_name="*", aggregation=ExponentialBucketHistogramAggregation(160, 6))
    provider = MeterProvider(metric_readers=[reader], views=[view])
    instrument = provider.get_meter("test").create_histogram("seconds")
    for value in values:
        instrument.record(value / 1e9)
    data = reader.get_metrics_data()
    provider.shutdown()
    assert data is not None
    point = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points[0]
    assert isinstance(point, ExponentialHistogramDataPoint)

    ours = recorded(values).to_otlp()

    used = len(ours.bucket_counts)
    assert ours.scale == point.scale
    assert ours.offset == point.positive.offset
    assert list(ours.bucket_counts) == list(point.positive.bucket_counts)[:used]
    assert (ours.count, ours.zero_count) == (point.count, point.zero_count)
    assert (ours.min, ours.max) == (point.min, point.max)
    assert ours.sum == pytest.approx(point.sum)


@given(st.lists(durations, min_size=1, max_size=200), st.sampled_from([1, 50, 95, 99, 99.9, 100]))
def test_a_percentile_is_within_its_bucket_of_the_exact_nearest_rank(
    values: list[int], percent: float
) -> None:
    exact = sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)] / 1e9

    estimate = recorded(values).percentile_seconds(percent)

    assert estimate == pytest.approx(exact, rel=0.0055)


@given(st.lists(st.integers(-10, 10 * DAY_NS) | st.sampled_from(BOUNDS_NS), max_size=300))
@example([BOUNDS_NS[-1] + 1])
def test_many_at_once_are_counted_like_one_after_the_other(values: list[int]) -> None:
    at_once = Histogram()
    at_once.record_all(values[:100])
    at_once.record_all(values[100:])

    assert at_once.distribution() == recorded(values)


@given(st.lists(st.integers(-10, 10 * DAY_NS) | st.sampled_from(BOUNDS_NS), max_size=100))
def test_the_buckets_of_many_are_those_of_each(values: list[int]) -> None:
    assert list(bucket_indexes(values)) == [bucket_index(value) for value in values]


@given(st.lists(st.lists(st.integers(0, DAY_NS), max_size=50), max_size=5))
def test_merging_loses_nothing(parts: list[list[int]]) -> None:
    in_one = recorded([value for part in parts for value in part])

    merged = Distribution.merge(recorded(part) for part in parts)

    assert merged == in_one


@given(st.lists(st.integers(0, DAY_NS), min_size=1, max_size=100))
def test_count_sum_least_and_greatest_are_exact(values: list[int]) -> None:
    distribution = recorded(values)

    assert distribution.count == len(values)
    assert distribution.sum_ns == sum(values)
    assert (distribution.min_ns, distribution.max_ns) == (min(values), max(values))
    assert distribution.mean_seconds == pytest.approx(sum(values) / len(values) / 1e9)


@given(st.lists(st.integers(0, DAY_NS), max_size=50))
def test_json_brings_back_the_same_distribution(values: list[int]) -> None:
    distribution = recorded(values)

    assert Distribution.model_validate_json(distribution.to_json()) == distribution


def test_json_holds_only_the_buckets_in_use() -> None:
    assert len(recorded([1_000_000, 3_600 * 10**9]).buckets) == 2
    assert len(recorded([1_000_000, 3_600 * 10**9]).to_json()) < 150


def test_zero_and_clock_steps_backwards_count_as_zero() -> None:
    distribution = recorded([0, -5, 1_000])

    assert distribution.zero_count == 2
    assert distribution.min_ns == 0
    assert distribution.sum_ns == 1_000
    assert distribution.percentile_seconds(50) == 0.0
    assert bucket_index(-5) == bucket_index(0) == ZERO_INDEX
    assert bucket_middle_ns(ZERO_INDEX) == 0.0


def test_a_duration_beyond_the_last_bound_is_counted_in_the_last_bucket() -> None:
    days = 100 * DAY_NS

    distribution = recorded([days])

    assert distribution.buckets == ((bucket_index(BOUNDS_NS[-1]), 1),)
    assert distribution.max_ns == days


def test_an_empty_histogram_has_no_statistics() -> None:
    empty = Histogram().distribution()

    assert empty == Distribution()
    assert empty.count == 0
    assert empty.percentile_seconds(95) is None
    assert empty.mean_seconds is empty.min_seconds is empty.max_seconds is None
    assert empty.to_otlp().bucket_counts == ()


def test_buckets_of_another_scale_are_refused() -> None:
    with pytest.raises(ValueError, match="scale 4"):
        Distribution.merge([Distribution(), Distribution(scale=4)])
