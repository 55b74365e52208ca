"""What is made of SurrealDB's own metrics."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from purreal_operator.receiver.database import MOST_POINTS, DatabaseWatch, read
from purreal_operator.receiver.messages import metrics_in
from purreal_operator.receiver.refusals import Refused

CUMULATIVE = 2
BOUNDS = (0.005, 0.01, 0.02)


class Export:
    """An export as SurrealDB 3.3.5 makes it."""

    def __init__(self, uptime=1):
        self.request = ExportMetricsServiceRequest()
        self.scope = self.request.resource_metrics.add().scope_metrics.add()
        self.gauge("surrealdb.process.uptime", uptime)

    def gauge(self, name, value, **attributes):
        point = self.scope.metrics.add(name=name).gauge.data_points.add()
        if isinstance(value, int):
            point.as_int = value
        else:
            point.as_double = value
        self._attributes(point, attributes)
        return self

    def total(self, name, *values, temporality=CUMULATIVE):
        metric = self.scope.metrics.add(name=name)
        metric.sum.aggregation_temporality = temporality
        for value, attributes in values:
            self._attributes(metric.sum.data_points.add(as_int=value), attributes)
        return self

    def durations(self, name, *points):
        metric = self.scope.metrics.add(name=name)
        metric.histogram.aggregation_temporality = CUMULATIVE
        for buckets, total, greatest in points:
            metric.histogram.data_points.add(
                count=sum(buckets),
                sum=total,
                max=greatest,
                explicit_bounds=BOUNDS[: len(buckets) - 1],
                bucket_counts=buckets,
            )
        return self

    @staticmethod
    def _attributes(point, attributes):
        for key, text in attributes.items():
            point.attributes.add(key=key).value.string_value = text


def watched(*exports, origin=0.0):
    watch = DatabaseWatch()
    for moment, export in enumerate(exports):
        watch.take(read(export.request), float(moment))
    return watch.view(origin)


def test_nothing_was_told_before_the_first_export():
    assert DatabaseWatch().view(0.0) is None


def test_gauges_have_a_latest_and_a_greatest_reading():
    view = watched(
        Export().gauge("surrealdb.process.cpu_percent", 178.5),
        Export().gauge("surrealdb.process.cpu_percent", 96.0),
    )
    assert (view.cpu_percent.latest, view.cpu_percent.peak) == (96.0, 178.5)
    assert view.memory_bytes is None


def test_sessions_of_all_protocols_add_up_and_the_version_is_kept():
    view = watched(
        Export()
        .gauge("surrealdb.build.info", 1, build_version="3.3.5")
        .total("surrealdb.session.active", (3, {"protocol": "websocket"}), (1, {"protocol": "x"})),
        Export(2),
    )
    assert view.version == "3.3.5"
    assert view.sessions.latest == 4


def test_durations_of_all_kinds_of_statements_add_up():
    view = watched(
        Export().durations(
            "surrealdb.statement.duration",
            ([90, 4, 0, 0], 0.2, 0.009),
            ([0, 2, 3, 1], 0.1, 0.5),
        )
    )
    assert view.statements.count == 100
    assert view.statements.mean_seconds == pytest.approx(0.003)
    assert view.statements.p95_at_most_seconds == 0.01


@pytest.mark.parametrize(
    ("buckets", "greatest", "seconds"),
    [
        ([100, 0, 0, 0], 0.002, 0.002),
        ([0, 0, 0, 100], 1.5, 1.5),
        ([94, 0, 6, 0], 0.018, 0.018),
    ],
)
def test_the_percentile_is_never_above_the_greatest(buckets, greatest, seconds):
    view = watched(Export().durations("surrealdb.query.duration", (buckets, 1.0, greatest)))
    assert view.queries.p95_at_most_seconds == seconds


def test_buckets_that_differ_give_no_percentile():
    points = ([1, 2, 3, 4], 1.0, 1.0), ([1, 2, 3], 1.0, 1.0)
    view = watched(Export().durations("surrealdb.query.duration", *points))
    assert view.queries.count == 16
    assert view.queries.p95_at_most_seconds is None


def test_transactions_are_told_by_their_outcome_and_conflicts_beside():
    view = watched(
        Export()
        .total(
            "surrealdb.transaction",
            (27, {"outcome": "success"}),
            (3, {"outcome": "success"}),
            (134, {"outcome": "error"}),
            (10, {"outcome": "cancelled"}),
        )
        .total("surrealdb.transaction.conflicts", (130, {}), (4, {}))
    )
    shown = view.transactions
    assert (shown.committed, shown.failed, shown.cancelled) == (30, 134, 10)
    assert shown.conflicts == 134


def test_a_restart_adds_to_what_was_counted_before():
    def export(uptime, count):
        points = ([count, 0, 0, 0], 0.1, 0.004)
        export = Export(uptime).durations("surrealdb.statement.duration", points)
        return export.total("surrealdb.transaction", (count, {"outcome": "success"}))

    view = watched(export(10, 50), export(12, 60), export(1, 5))
    assert view.restarts == 1
    assert view.statements.count == 65
    assert view.transactions.committed == 65


def test_what_is_not_a_number_or_not_cumulative_is_passed_over():
    view = watched(
        Export()
        .gauge("surrealdb.process.cpu_percent", float("nan"))
        .total("surrealdb.transaction.conflicts", (7, {}), temporality=1)
        .durations("surrealdb.query.duration", ([1, 0, 0, 0], float("inf"), 1.0))
    )
    assert view.cpu_percent.peak == 0.0
    assert view.transactions.conflicts == 0
    assert view.queries.count == 0


def test_the_history_is_thinned_and_counts_from_the_start_of_the_load():
    exports = [Export(n).gauge("surrealdb.process.memory", n) for n in range(1, 2001)]
    view = watched(*exports, origin=100.0)
    assert MOST_POINTS // 2 <= len(view.history) <= MOST_POINTS
    assert view.history[0].at_seconds == -100.0
    gaps = {
        later.at_seconds - earlier.at_seconds
        for earlier, later in zip(view.history, view.history[1:], strict=False)
    }
    assert gaps == {4.0}
    assert view.memory_bytes.peak == 2000


@given(data=st.data())
def test_whatever_a_database_sends_gives_a_view_or_a_refusal(data):
    whole = (
        Export()
        .gauge("surrealdb.process.cpu_percent", 1.0)
        .durations("surrealdb.statement.duration", ([1, 2, 3, 4], 1.0, 1.0))
        .total("surrealdb.transaction", (1, {"outcome": "success"}))
        .request.SerializeToString()
    )
    at = data.draw(st.integers(0, len(whole)))
    body = (
        whole[:at] + data.draw(st.binary(max_size=9)) + whole[at + data.draw(st.integers(0, 9)) :]
    )
    watch = DatabaseWatch()
    with suppress(Refused):
        watch.take(read(metrics_in(body)), 0.0)
        assert watch.view(0.0).to_json()


@pytest.mark.parametrize("told", [1e300, 1.7e308])
def test_a_gauge_beyond_all_measure_still_fits_into_a_status(told):
    export = Export()
    for _ in range(2):
        export.gauge("surrealdb.process.memory", told)
        export.scope.metrics[-1].gauge.data_points.add(as_double=told)

    assert round(read(export.request).memory_bytes) < 2**63
