"""Parts survive the way through OpenTelemetry's encoder, and nothing else is taken for one."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from purreal_runner.measure import Distribution, Histogram, Part, ProcessHealth, merge
from purreal_runner.measure.errors import ErrorCount, ErrorKind
from purreal_runner.measure.part import Counts, Distributions, PoolRecord
from purreal_runner.measure.series import Point, Series
from purreal_runner.otlp import names
from purreal_runner.otlp.decode import decode
from purreal_runner.otlp.encode import encode
from purreal_runner.otlp.unreadable import UnreadablePart
from tests.otlp.arbitrary_parts import IDENTITY, over_the_wire, parts

Request = ExportMetricsServiceRequest
thorough = settings(max_examples=60, suppress_health_check=list(HealthCheck))


@thorough
@given(parts)
def test_a_final_part_arrives_exactly_as_it_was(part: Part) -> None:
    [received] = decode(over_the_wire([part]))

    assert received.part == part
    assert received.final
    assert (received.run_id, received.runner_index) == (IDENTITY.run_id, IDENTITY.runner_index)
    assert (received.pod_uid, received.pod_name) == (IDENTITY.pod_uid, IDENTITY.pod_name)


@thorough
@given(parts)
def test_a_part_under_way_arrives_without_its_history(part: Part) -> None:
    [received] = decode(over_the_wire([part], final=False))

    assert received.part == part.model_copy(update={"series": Series()})
    assert not received.final


def small_part(**given: Any) -> Part:
    histogram = Histogram()
    for milliseconds in (1, 2, 2, 40):
        histogram.record(milliseconds * 1_000_000)
    histogram.record(0)
    usual: dict[str, Any] = {
        "index": 4,
        "process": 4,
        "ended": 2.5,
        "counts": Counts(issued=6, succeeded=5, failed=1),
        "errors": (ErrorCount(kind=ErrorKind.POOL, type="Oops", count=1, example="it broke"),),
        "distributions": Distributions(operation=histogram.distribution()),
        "series": Series(points=(Point(completed=3), Point(completed=2))),
        "pool": PoolRecord(final={"idle": 3, "leased": 1, "preparing": 1, "waiting": 7}),
        "health": ProcessHealth(loop_lag=histogram.distribution()),
        "logs": {"purreal": 2},
    }
    return Part(**(usual | given))


def metric(request: Request, name: str) -> Metric:
    [found] = [
        each for each in request.resource_metrics[0].scope_metrics[0].metrics if each.name == name
    ]
    return found


def test_durations_are_exponential_histograms_in_seconds_with_the_recorders_buckets() -> None:
    part = small_part()
    found = metric(over_the_wire([part]), names.OPERATION_DURATION)

    [point] = found.exponential_histogram.data_points
    expected = part.distributions.operation.to_otlp()
    assert found.unit == "s"
    assert (point.scale, point.count, point.zero_count) == (6, 5, 1)
    assert (point.sum, point.min, point.max) == (0.045, 0.0, 0.04)
    assert point.positive.offset == expected.offset
    assert tuple(point.positive.bucket_counts) == expected.bucket_counts


def test_every_interval_of_the_history_has_its_own_time() -> None:
    found = metric(over_the_wire([small_part(started=1.0)]), names.HISTORY + "completed")

    since = [
        (point.time_unix_nano - IDENTITY.start_unix_ns) / 1e9 for point in found.gauge.data_points
    ]
    assert since == [1.25, 1.5]


def test_the_names_that_backends_know_tell_the_pool_of_this_moment() -> None:
    request = over_the_wire([small_part()])

    states = {
        point.attributes[0].value.string_value: point.as_int
        for point in metric(request, names.POOL_COUNT).sum.data_points
    }
    assert states == {"idle": 3, "used": 2}
    assert metric(request, names.POOL_PENDING).sum.data_points[0].as_int == 7


def test_counts_are_cumulative_sums_since_the_measured_start() -> None:
    found = metric(over_the_wire([small_part(started=1.0)]), names.ENDED).sum

    assert found.is_monotonic
    assert found.aggregation_temporality == 2
    assert {point.start_time_unix_nano for point in found.data_points} == {
        IDENTITY.start_unix_ns + 1_000_000_000
    }


def test_several_pools_of_a_pod_are_one_message_and_merge_as_if_they_had_not_travelled() -> None:
    own = [small_part(index=index, process=index) for index in (4, 5)]

    received = decode(over_the_wire(own), processes=2)

    assert merge(each.part for each in received) == merge(own)


def test_a_text_that_is_too_long_is_cut() -> None:
    part = small_part(pool=PoolRecord(final={"lastError": "x" * 10_000}))

    [received] = decode(over_the_wire([part]))

    assert received.part.pool.final == {"lastError": "x" * 2_000}


def test_no_number_is_lost_in_the_float_of_a_long_run() -> None:
    ns = 2**62 + 1
    long = Distribution(sum_ns=ns, min_ns=ns, max_ns=ns, buckets=((1087, 1),))

    [received] = decode(over_the_wire([small_part(distributions=Distributions(query=long))]))

    assert received.part.distributions.query.sum_ns == ns


# -- what is refused ------------------------------------------------------------------------------


def drop(name: str) -> Callable[[Request], None]:
    def change(request: Request) -> None:
        metrics = request.resource_metrics[0].scope_metrics[0].metrics
        kept = [each for each in metrics if each.name != name]
        del metrics[:]
        metrics.extend(kept)

    return change


def resource(key: str, **value: Any) -> Callable[[Request], None]:
    def change(request: Request) -> None:
        [found] = [
            each for each in request.resource_metrics[0].resource.attributes if each.key == key
        ]
        found.value.Clear()
        for kind, content in value.items():
            setattr(found.value, kind, content)

    return change


def histogram(**fields: Any) -> Callable[[Request], None]:
    def change(request: Request) -> None:
        [point] = metric(request, names.OPERATION_DURATION).exponential_histogram.data_points
        for field, value in fields.items():
            setattr(point, field, value)

    return change


def buckets(side: str, offset: int, *bucket_counts: int) -> Callable[[Request], None]:
    def change(request: Request) -> None:
        [point] = metric(request, names.OPERATION_DURATION).exponential_histogram.data_points
        getattr(point, side).offset = offset
        del getattr(point, side).bucket_counts[:]
        getattr(point, side).bucket_counts.extend(bucket_counts)

    return change


def number(name: str, **value: Any) -> Callable[[Request], None]:
    def change(request: Request) -> None:
        found = metric(request, name)
        point = (found.sum if found.WhichOneof("data") == "sum" else found.gauge).data_points[0]
        point.ClearField("as_int")
        point.ClearField("as_double")
        for kind, content in value.items():
            setattr(point, kind, content)

    return change


def delta(name: str) -> Callable[[Request], None]:
    def change(request: Request) -> None:
        found = metric(request, name)
        getattr(found, found.WhichOneof("data") or "").aggregation_temporality = 1

    return change


def rename(name: str, to: str) -> Callable[[Request], None]:
    def change(request: Request) -> None:
        metric(request, name).name = to

    return change


def twice(request: Request) -> None:
    metrics = request.resource_metrics[0].scope_metrics[0].metrics
    metrics.append(metrics[0])


def same_pool_twice(request: Request) -> None:
    request.resource_metrics.append(request.resource_metrics[0])


def too_many_points(request: Request) -> None:
    points = metric(request, names.LOG_RECORDS).sum.data_points
    points.extend(points[0] for _ in range(20_000))


def too_many_attributes(request: Request) -> None:
    attributes = request.resource_metrics[0].resource.attributes
    for position in range(100):
        attributes.add(key=f"more{position}").value.int_value = 1


def growing_level(request: Request) -> None:
    metric(request, names.POOL_MAX).sum.is_monotonic = True


def odd_interval(request: Request) -> None:
    metric(request, names.HISTORY_INTERVAL).gauge.data_points[0].as_double = 0.3


def lopsided_history(request: Request) -> None:
    points = metric(request, names.HISTORY + "open").gauge.data_points
    del points[0]


REFUSED: dict[str, Callable[[Request], None]] = {
    "nothing": lambda request: request.Clear(),
    "the same pool twice": same_pool_twice,
    "another version": resource(names.PART_VERSION, int_value=2),
    "a version that is no number": resource(names.PART_VERSION, string_value="1"),
    "a version that is true": resource(names.PART_VERSION, bool_value=True),
    "no finality": resource(names.PART_FINAL, int_value=1),
    "no run": resource(names.RUN_ID),
    "a negative pool": resource(names.POOL_INDEX, int_value=-1),
    "a very long name": resource(names.POD_NAME, string_value="x" * 100_000),
    "too many attributes": too_many_attributes,
    "an unknown metric": rename(names.ERRORS, "purreal.surprise"),
    "a metric twice": twice,
    "too many points": too_many_points,
    "a missing histogram": drop(names.OPERATION_DURATION),
    "a missing count": drop(names.ISSUED),
    "missing outcomes": drop(names.ENDED),
    "a missing exact sum": drop(names.EXACT_SUM),
    "a missing history": drop(names.HISTORY_INTERVAL),
    "another scale": histogram(scale=5),
    "a count that is not that of the buckets": histogram(count=6),
    "a sum that is not the exact one": histogram(sum=1.0),
    "a least that is not the exact one": histogram(min=0.001),
    "no number as sum": histogram(sum=math.nan),
    "negative durations": buckets("negative", 0, 1),
    "buckets far out": buckets("positive", 2**31 - 1, 1, 1, 1, 1),
    "far too many buckets": buckets("positive", -2000, *[1] * 5000),
    "a histogram of deltas": delta(names.OPERATION_DURATION),
    "a sum of deltas": delta(names.ISSUED),
    "a level that only grows": growing_level,
    "a negative count": number(names.ISSUED, as_int=-1),
    "half an operation": number(names.ISSUED, as_double=0.5),
    "a point without a number": number(names.ISSUED),
    "more ended than began": number(names.ISSUED, as_int=1),
    "endless time": number(names.STOPPED, as_double=math.inf),
    "no time": number(names.STOPPED, as_double=math.nan),
    "a history of odd intervals": odd_interval,
    "a history with holes": lopsided_history,
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
def test_what_is_not_a_whole_part_is_refused(change: Callable[[Request], None]) -> None:
    request = over_the_wire([small_part()])
    change(request)

    with pytest.raises(UnreadablePart) as refusal:
        decode(request)

    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(("index", "process"), [(3, 4), (6, 4), (4, 3), (4, 6)])
def test_a_pool_or_process_of_another_runner_is_refused(index: int, process: int) -> None:
    with pytest.raises(UnreadablePart, match="not one of that runner's"):
        decode(over_the_wire([small_part(index=index, process=process)]), processes=2)


def test_parts_of_two_pods_in_one_message_are_refused() -> None:
    request = over_the_wire([small_part()])
    other = replace(IDENTITY, pod_uid="another")
    foreign = over_the_wire([small_part(index=5)])
    assert encode([], other, final=True).resource_metrics == []
    for each in foreign.resource_metrics[0].resource.attributes:
        if each.key == names.SERVICE_INSTANCE_ID:
            each.value.string_value = other.pod_uid
    request.MergeFrom(foreign)

    with pytest.raises(UnreadablePart, match="several pods"):
        decode(request)


WHOLE = over_the_wire([small_part()]).SerializeToString()


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.integers(0, len(WHOLE) - 1), st.binary(max_size=6), st.integers(0, 6)),
        min_size=1,
        max_size=6,
    )
)
def test_a_message_with_bytes_changed_is_read_or_refused_and_nothing_else(
    changes: list[tuple[int, bytes, int]],
) -> None:
    data = bytearray(WHOLE)
    for position, new, old in changes:
        data[position : position + old] = new
    request = Request()
    try:
        request.ParseFromString(bytes(data))
    except Exception:
        return  # not protobuf at all: the receiver's business

    try:
        received = decode(request)
    except UnreadablePart:
        return
    assert merge(each.part for each in received).counts.issued >= 0


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_message_with_fields_changed_is_read_or_refused_and_nothing_else(
    data: st.DataObject,
) -> None:
    request = Request.FromString(WHOLE)
    metrics = request.resource_metrics[0].scope_metrics[0].metrics
    for _ in range(data.draw(st.integers(1, 5))):
        each = data.draw(st.sampled_from(list(metrics)))
        kind = each.WhichOneof("data") or ""
        points = getattr(each, kind).data_points
        if not points:
            continue
        point = data.draw(st.sampled_from(list(points)))
        if kind == "exponential_histogram":
            setattr(
                point,
                data.draw(st.sampled_from(["count", "zero_count"])),
                data.draw(st.integers(0, 2**64 - 1)),
            )
            point.positive.offset = data.draw(st.integers(-(2**31), 2**31 - 1))
        elif data.draw(st.booleans()):
            point.as_int = data.draw(st.integers(-(2**63), 2**63 - 1))
        else:
            point.as_double = data.draw(st.floats())
        if point.attributes and data.draw(st.booleans()):
            point.attributes[0].value.int_value = data.draw(st.integers(-(2**63), 2**63 - 1))

    try:
        received = decode(request)
    except UnreadablePart:
        return
    assert merge(each.part for each in received).to_json()
