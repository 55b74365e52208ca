"""Reads the metrics of one resource strictly; knows which shapes there are and no field of a part.

Whatever a stranger sends ends in numbers that were looked at one by one, or in `UnreadablePart`.
"""

from collections.abc import Iterable, Mapping
from math import isfinite

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    ExponentialHistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
)

from purreal_runner.measure import Distribution
from purreal_runner.measure.histogram import BOUNDS_NS, SCALE, ZERO_INDEX
from purreal_runner.otlp import names
from purreal_runner.otlp.layout import (
    EXACT,
    LONGEST_TEXT,
    MOST_ATTRIBUTES,
    MOST_BUCKETS,
    MOST_NUMBERS,
    SHAPES,
    SIGNED,
    Kind,
)
from purreal_runner.otlp.unreadable import UnreadablePart

Value = str | int | float | bool
Attributes = Mapping[str, Value]
Number = int | float

_ONEOF = {
    Kind.TOTAL: "sum",
    Kind.LEVEL: "sum",
    Kind.GAUGE: "gauge",
    Kind.HISTOGRAM: "exponential_histogram",
}
_CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
_BUCKETS = range(ZERO_INDEX + 1, ZERO_INDEX + len(BOUNDS_NS))


class Readings:
    """The metrics of one resource, each known and at most once.

    Raises:
        UnreadablePart: here and in every method: it is not what our runners send.
    """

    def __init__(self, message: ResourceMetrics) -> None:
        self._metrics: dict[str, Metric] = {}
        for scope in message.scope_metrics:
            for metric in scope.metrics:
                if metric.name not in SHAPES:
                    raise UnreadablePart("it has a metric that is not one of ours")
                if metric.name in self._metrics:
                    raise UnreadablePart(f"{metric.name} is there twice")
                self._metrics[metric.name] = metric
        self._exact = {name: self._whole_by_histogram(name) for name in EXACT}

    def numbers(self, name: str) -> list[tuple[Number, Attributes]]:
        """The numbers of a metric and what tells them apart; empty where it is missing."""
        metric = self._metrics.get(name)
        if metric is None:
            return []
        points = _points_of(metric)
        if len(points) > MOST_NUMBERS:
            raise UnreadablePart(f"{name} has {len(points)} points, at most {MOST_NUMBERS} may be")
        return [(_number(name, point), attributes_of(point.attributes)) for point in points]

    def wholes(self, name: str) -> list[tuple[int, Attributes]]:
        """As `numbers`, of a metric that counts."""
        return [(whole(name, number), attributes) for number, attributes in self.numbers(name)]

    def whole(self, name: str) -> int:
        """The one number of a metric that counts."""
        return whole(name, self._one(name))

    def number(self, name: str) -> float:
        """The one number of a metric that measures."""
        return float(self._one(name))

    def has(self, name: str) -> bool:
        """Whether the metric is there."""
        return name in self._metrics

    def distribution(self, name: str) -> Distribution:
        """A histogram with the whole nanoseconds that stand beside it."""
        metric = self._metrics.get(name)
        points = [] if metric is None else _histogram_points_of(metric)
        if len(points) != 1:
            raise UnreadablePart(f"{name} has {len(points)} points where one belongs")
        point = points[0]
        buckets = _buckets(name, point)
        if point.count != point.zero_count + sum(count for _, count in buckets):
            raise UnreadablePart(f"the count of {name} is not the sum of its buckets")
        exact = {field: self._exact[metric].get(name) for metric, field in EXACT.items()}
        distribution = Distribution(
            zero_count=point.zero_count,
            sum_ns=exact["sum_ns"] or 0,
            min_ns=exact["min_ns"],
            max_ns=exact["max_ns"],
            buckets=buckets,
        )
        _require_agreement(name, distribution, point)
        return distribution

    def _one(self, name: str) -> Number:
        numbers = self.numbers(name)
        if len(numbers) != 1:
            raise UnreadablePart(f"{name} has {len(numbers)} points where one belongs")
        return numbers[0][0]

    def _whole_by_histogram(self, name: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for number, attributes in self.wholes(name):
            of = text(attributes, names.OF)
            if SHAPES.get(of, (None,))[0] is not Kind.HISTOGRAM or of in found:
                raise UnreadablePart(f"{name} has a point that belongs to no histogram")
            found[of] = number
        return found


def attributes_of(pairs: Iterable[KeyValue]) -> dict[str, Value]:
    """Attributes by their keys; those of other types than text, number and bool are left out.

    Raises:
        UnreadablePart: too many, too long, or the same key twice.
    """
    found: dict[str, Value] = {}
    for position, pair in enumerate(pairs):
        if position >= MOST_ATTRIBUTES or pair.key in found:
            raise UnreadablePart("attributes are too many, or there twice")
        kind = pair.value.WhichOneof("value")
        if kind in ("string_value", "int_value", "double_value", "bool_value"):
            value: Value = getattr(pair.value, kind)
            if isinstance(value, str) and len(value) > LONGEST_TEXT:
                raise UnreadablePart(f"an attribute has more than {LONGEST_TEXT} characters")
            found[pair.key] = value
    return found


def text(attributes: Attributes, key: str) -> str:
    """The text of an attribute that must be there.

    Raises:
        UnreadablePart: it is missing, or no text.
    """
    value = attributes.get(key)
    if not isinstance(value, str):
        raise UnreadablePart(f"the attribute {key} is missing, or no text")
    return value


def whole(what: str, value: object) -> int:
    """A whole number from 0 on.

    Raises:
        UnreadablePart: it is none.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise UnreadablePart(f"{what} is missing, or no whole number from 0 on")
    return value


def _points_of(metric: Metric) -> list[NumberDataPoint]:
    kind = SHAPES[metric.name][0]
    if kind is Kind.HISTOGRAM or metric.WhichOneof("data") != _ONEOF[kind]:
        raise UnreadablePart(f"{metric.name} is not {kind.value}")
    if kind is Kind.GAUGE:
        return list(metric.gauge.data_points)
    if metric.sum.aggregation_temporality != _CUMULATIVE:
        raise UnreadablePart(f"{metric.name} is not cumulative")
    if metric.sum.is_monotonic is not (kind is Kind.TOTAL):
        raise UnreadablePart(f"{metric.name} is not {kind.value}")
    return list(metric.sum.data_points)


def _histogram_points_of(metric: Metric) -> list[ExponentialHistogramDataPoint]:
    if metric.WhichOneof("data") != _ONEOF[Kind.HISTOGRAM]:
        raise UnreadablePart(f"{metric.name} is not {Kind.HISTOGRAM.value}")
    if metric.exponential_histogram.aggregation_temporality != _CUMULATIVE:
        raise UnreadablePart(f"{metric.name} is not cumulative")
    return list(metric.exponential_histogram.data_points)


def _number(name: str, point: NumberDataPoint) -> Number:
    kind = point.WhichOneof("value")
    if kind is None:
        raise UnreadablePart(f"{name} has a point without a number")
    number: Number = point.as_int if kind == "as_int" else point.as_double
    if not isfinite(number) or (number < 0 and name not in SIGNED):
        raise UnreadablePart(f"{name} is negative, or no number")
    return number


def _buckets(name: str, point: ExponentialHistogramDataPoint) -> tuple[tuple[int, int], ...]:
    if point.scale != SCALE:
        raise UnreadablePart(f"{name} has scale {point.scale}, only scale {SCALE} can be merged")
    if point.negative.bucket_counts:
        raise UnreadablePart(f"{name} counts negative durations")
    counts = point.positive.bucket_counts
    if not counts:
        return ()
    first, behind = point.positive.offset, point.positive.offset + len(counts)
    if len(counts) > MOST_BUCKETS or first not in _BUCKETS or behind - 1 not in _BUCKETS:
        raise UnreadablePart(f"{name} has buckets outside of the recorder's")
    return tuple((index, count) for index, count in enumerate(counts, start=first) if count)


def _require_agreement(
    name: str, exact: Distribution, point: ExponentialHistogramDataPoint
) -> None:
    """What the histogram says in floats and the whole nanoseconds must be the same."""
    if exact.count == 0:
        agreed = exact == Distribution() and not point.sum
    else:
        agreed = (
            exact.min_ns is not None
            and exact.max_ns is not None
            and exact.min_ns <= exact.max_ns
            and exact.sum_ns / 1e9 == point.sum
            and (exact.min_seconds, exact.max_seconds) == (point.min, point.max)
        )
    if not agreed:
        raise UnreadablePart(f"sum, least and greatest of {name} contradict each other")
