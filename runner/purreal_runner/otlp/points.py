"""Makes the metrics of one part out of numbers; knows no field of a part."""

from collections.abc import Iterable, Mapping, Sequence

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Buckets,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Metric,
    NumberDataPoint,
    Sum,
)

from purreal_runner.measure import Distribution
from purreal_runner.otlp import names
from purreal_runner.otlp.layout import EXACT, SHAPES, Kind

Attributes = Mapping[str, str | int]
Number = int | float
_NONE: Attributes = {}
_LATEST_NS = 2**63 - 1


class Points:
    """The metrics of one part, in the order in which they are added.

    Args:
        start_ns: when the measured load began, in nanoseconds since 1970.
        now_ns: the moment that the numbers are of.

    Attributes:
        metrics: what was added so far; a metric without a point is left out.
    """

    def __init__(self, start_ns: int, now_ns: int) -> None:
        self._start_ns = _as_time(start_ns)
        self._now_ns = _as_time(now_ns)
        self.metrics: list[Metric] = []

    def number(self, name: str, value: Number) -> None:
        """Add a metric that is one number."""
        self.numbers(name, [(value, _NONE)])

    def numbers(self, name: str, values: Iterable[tuple[Number, Attributes]]) -> None:
        """Add a metric of several numbers that their attributes tell apart."""
        self._add(
            name,
            [
                NumberDataPoint(attributes, self._start_ns, self._now_ns, value)
                for value, attributes in values
            ],
        )

    def curve(self, name: str, values: Iterable[tuple[int, Number]]) -> None:
        """Add a metric whose numbers are of different moments, given in nanoseconds since 1970."""
        self._add(
            name,
            [
                NumberDataPoint(_NONE, self._start_ns, _as_time(at_ns), value)
                for at_ns, value in values
            ],
        )

    def histogram(self, name: str, distribution: Distribution) -> None:
        """Add a histogram in seconds, with its buckets as they were recorded."""
        fields = distribution.to_otlp()
        point = ExponentialHistogramDataPoint(
            attributes=_NONE,
            start_time_unix_nano=self._start_ns,
            time_unix_nano=self._now_ns,
            count=fields.count,
            sum=fields.sum,
            scale=fields.scale,
            zero_count=fields.zero_count,
            positive=Buckets(fields.offset, fields.bucket_counts),
            negative=Buckets(0, ()),
            flags=0,
            # Of an empty histogram there is neither: the encoder leaves them out.
            min=fields.min,  # type: ignore[arg-type]
            max=fields.max,  # type: ignore[arg-type]
        )
        data = ExponentialHistogram([point], AggregationTemporality.CUMULATIVE)
        self.metrics.append(Metric(name, "", "s", data))

    def exact(self, distributions: Mapping[str, Distribution]) -> None:
        """Add the whole nanoseconds of several histograms, given by the names of those."""
        recorded = {name: each for name, each in distributions.items() if each.count}
        for metric, field in EXACT.items():
            self.numbers(
                metric, [(getattr(each, field), {names.OF: of}) for of, each in recorded.items()]
            )

    def _add(self, name: str, points: Sequence[NumberDataPoint]) -> None:
        if not points:
            return
        kind, unit = SHAPES[name]
        data: Gauge | Sum = Gauge(points)
        if kind is not Kind.GAUGE:
            data = Sum(points, AggregationTemporality.CUMULATIVE, kind is Kind.TOTAL)
        self.metrics.append(Metric(name, "", unit, data))


def _as_time(ns: int) -> int:
    """The nearest time that OTLP can hold; a clock far off must not cost the numbers."""
    return min(max(ns, 0), _LATEST_NS)
