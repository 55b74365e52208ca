"""Parts and reports as bytes: nothing is lost, nothing unreadable is believed."""

import gzip
import json

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from purreal_operator.objects.identity import TestIdentity
from purreal_operator.results.conclusion import conclusion_of
from purreal_operator.results.fitting import packed_report, unpacked_report
from purreal_operator.results.parts import packed, unpacked
from purreal_operator.results.report import cluster_report
from purreal_operator.results.run_spans import run_spans
from purreal_operator.status.model import ReportReference, Summary
from purreal_operator.status.words import Reason
from purreal_runner.otlp.identity import trace_of

REFERENCE = ReportReference(config_map="shop-1-report", key="report.json.gz", bytes=1)


def test_stored_parts_come_back_exactly(make):
    parts = [make.part(0), make.part(1)]

    found = unpacked({0: make.stored(0, parts[0]), 1: make.stored(1, parts[1])}, processes=1)

    assert (list(found.parts), found.mismatches) == (parts, ())


def test_equal_exports_are_stored_as_equal_bytes():
    assert packed(b"export") == packed(b"export")


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"no protobuf", mtime=0), gzip.compress(b"x", mtime=0)[:-4]],
)
def test_what_can_not_be_read_is_a_mismatch_and_no_crash(make, content):
    found = unpacked({0: make.stored(0, make.part(0)), 1: content}, processes=1)

    assert [part.index for part in found.parts] == [0]
    assert len(found.mismatches) == 1
    assert found.mismatches[0].startswith("runner 1: ")


def test_what_is_of_another_runner_is_a_mismatch(make):
    stored = {
        0: make.stored(0, make.part(0)),
        1: make.stored(2, make.part(2)),
        3: make.stored(3, make.part(0)),
    }

    found = unpacked(stored, processes=1)

    assert [part.index for part in found.parts] == [0]
    assert found.mismatches == (
        "runner 1: it holds the result of runner 2",
        "runner 3: a pool or process is not one of that runner's",
    )


def test_a_report_comes_back_exactly(make, three_parts):
    report = cluster_report(make.evidence(*three_parts()))

    content = packed_report(report)

    assert unpacked_report(content) == report
    assert json.loads(gzip.decompress(content))["schemaVersion"] == 1


def test_a_report_that_is_too_large_says_what_was_left_out(make, three_parts):
    report = cluster_report(make.evidence(*three_parts()))
    whole = packed_report(report)

    short = unpacked_report(packed_report(report, most_bytes=len(whole) - 1))

    assert short.on_cluster.truncated.startswith("records of single pools")
    assert short.operations == report.operations
    assert short.pool.pools == ()


def test_a_report_that_never_fits_is_refused(make, three_parts):
    report = cluster_report(make.evidence(*three_parts()))

    with pytest.raises(ValueError, match="more than 10"):
        packed_report(report, most_bytes=10)


def test_what_is_no_report_is_refused():
    with pytest.raises(ValueError, match="gzip"):
        unpacked_report(b"nothing")


def test_the_status_says_what_the_report_says(make, three_parts):
    spec = "  thresholds: [{metric: QueryP95, below: 1ms}, {metric: SuccessRatio, atLeast: 99%}]\n"
    report = cluster_report(make.evidence(*three_parts(), spec=spec))

    found = conclusion_of(report, REFERENCE, Summary(scenario="Sustained"), Reason.LOAD_ENDED)

    assert found.reason is Reason.THRESHOLDS_MISSED
    assert found.message == "1 of 2 thresholds missed: query_p95 < 1ms (observed 5.00 ms)"
    assert (found.summary.scenario, found.summary.success) == ("Sustained", "100%")
    assert found.summary.query_p95 == "5.00ms"
    assert (found.latencies.query.p95, found.operations.issued) == (5_000, 300)
    assert [each.met for each in found.thresholds] == [False, True]
    assert (found.peak_leases, found.consistent) == (30, True)


def test_sums_that_disagree_are_the_reason(make):
    report = cluster_report(make.evidence(make.part(0)))

    found = conclusion_of(report, REFERENCE, Summary(), Reason.LOAD_ENDED)

    assert (found.reason, found.consistent) == (Reason.SUMS_DISAGREE, False)


def test_the_operator_is_the_root_of_the_runs_trace(make):
    run = TestIdentity("ns", "shop", "uid").run(1)
    status = make.evidence().status

    request = ExportTraceServiceRequest.FromString(run_spans(run, status, make.begun + 9))

    spans = request.resource_spans[0].scope_spans[0].spans
    trace = trace_of(run.run_id)
    root = next(span for span in spans if not span.parent_span_id)
    assert root.span_id == trace.span_id.to_bytes(8)
    assert {span.trace_id for span in spans} == {trace.trace_id.to_bytes(16)}
    assert [span.name for span in spans if span.parent_span_id == root.span_id] == [
        "Preparing",
        "Starting",
        "Running",
    ]
    assert root.end_time_unix_nano - root.start_time_unix_nano == pytest.approx(9e9, abs=1e6)
