"""Owns arbitrary parts, and the way of a part over the wire and back."""

from collections.abc import Sequence

from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from purreal_runner.measure import Distribution, Histogram, Part, ProcessHealth
from purreal_runner.measure.errors import ErrorCount, ErrorKind
from purreal_runner.measure.histogram import BOUNDS_NS, ZERO_INDEX
from purreal_runner.measure.part import (
    BreakdownRow,
    Counts,
    Distributions,
    PoolPeak,
    PoolRecord,
)
from purreal_runner.measure.series import Point, Series
from purreal_runner.otlp.encode import encode
from purreal_runner.otlp.identity import PodIdentity

IDENTITY = PodIdentity("uid-3", 2, "pod-uid", "shop-3-2-abcde", 1_800_000_000_000_000_000)

counts = st.integers(0, 2**63 - 1)
few = st.integers(0, 10_000)
measures = st.floats(0, 1e12, allow_nan=False)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@st.composite
def distributions(draw: st.DrawFn) -> Distribution:
    """What a histogram recorded, or could have recorded in a thousand years."""
    if draw(st.booleans()):
        histogram = Histogram()
        for ns in draw(st.lists(st.integers(-5, 2**50), max_size=8)):
            histogram.record(ns)
        return histogram.distribution()
    indexes = st.integers(ZERO_INDEX + 1, ZERO_INDEX + len(BOUNDS_NS) - 1)
    buckets = draw(st.dictionaries(indexes, st.integers(1, 2**40), min_size=1, max_size=6))
    least = draw(counts)
    return Distribution(
        zero_count=draw(few),
        sum_ns=draw(counts),
        min_ns=least,
        max_ns=draw(st.integers(least, 2**63 - 1)),
        buckets=tuple(sorted(buckets.items())),
    )


@st.composite
def all_counts(draw: st.DrawFn) -> Counts:
    ended = [draw(st.integers(0, 2**60)) for _ in range(4)]
    return Counts(
        issued=sum(ended) + draw(few),
        succeeded=ended[0],
        failed=ended[1],
        timed_out=ended[2],
        cancelled=ended[3],
    )


peaks = st.builds(PoolPeak, open=few, used=few)
errors = st.builds(
    ErrorCount, kind=st.sampled_from(ErrorKind), type=words, count=counts, example=words
)
rows = st.fixed_dictionaries(
    {
        "bucket": st.integers(ZERO_INDEX, ZERO_INDEX + len(BOUNDS_NS) - 1),
        "count": counts,
        "acquire_ns": counts,
        "database_ns": counts,
        "total_ns": counts,
    }
).map(lambda fields: BreakdownRow(**fields))
points = st.builds(
    Point,
    completed=counts,
    failed=counts,
    open=few,
    used=few,
    waiting=few,
    rss_bytes=counts,
    loop_lag_seconds=measures,
)
parts = st.builds(
    Part,
    index=few,
    process=few,
    started=st.floats(-1e6, 1e12),
    ended=st.floats(-1e6, 1e12),
    peak_concurrent=few,
    counts=all_counts(),
    errors=st.lists(errors, max_size=4, unique_by=lambda each: (each.kind, each.type)).map(tuple),
    distributions=st.builds(
        Distributions,
        **dict.fromkeys(("acquire", "query", "operation", "database", "rest"), distributions()),
    ),
    breakdown=st.lists(rows, max_size=4, unique_by=lambda row: row.bucket).map(tuple),
    series=st.builds(
        Series,
        seconds=st.integers(0, 20).map(lambda doublings: 0.25 * 2**doublings),
        points=st.lists(points, max_size=4).map(tuple),
    ),
    logs=st.dictionaries(words, counts, max_size=4),
    pool=st.builds(
        PoolRecord,
        max_size=few,
        peak=peaks,
        peak_waiting=few,
        peak_concurrent=few,
        before_load=peaks,
        after_load=st.none() | peaks,
        settled_seconds=measures,
        final=st.dictionaries(words, counts | measures | words | st.none(), max_size=6),
    ),
    health=st.builds(
        ProcessHealth,
        loop_lag=distributions(),
        wall_seconds=measures,
        cpu_seconds=measures,
        throttled_seconds=st.none() | measures,
        rss_before_bytes=counts,
        rss_peak_bytes=counts,
        rss_after_bytes=counts,
    ),
)


def over_the_wire(sent: Sequence[Part], final: bool = True) -> ExportMetricsServiceRequest:
    """The message as it arrives, through the official encoder and as bytes."""
    message = encode_metrics(encode(sent, IDENTITY, final=final))
    return ExportMetricsServiceRequest.FromString(message.SerializeToString())
