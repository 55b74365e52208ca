"""Owns the proof that the metrics of a run can be read back by Prometheus's own library."""

from collections.abc import Callable

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from purreal_runner.judge.facts import RunFacts
from purreal_runner.measure import Merged
from purreal_runner.report.build import build_report
from purreal_runner.report.model import Report
from purreal_runner.report.on_cluster import OnCluster, RunnersUse
from purreal_runner.report.openmetrics import openmetrics_report


def families(report: Report) -> dict[str, Metric]:
    text = openmetrics_report(report)
    assert text.endswith("\n# EOF\n")
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(report: Report, name: str, **labels: str) -> float:
    """The value of the one sample with these labels, among others."""
    [found] = [
        sample.value
        for family in families(report).values()
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return found


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        ("purreal_operations", {"outcome": "succeeded"}, 993),
        ("purreal_operations", {"outcome": "timed_out"}, 7),
        ("purreal_success_ratio", {}, 0.993),
        ("purreal_latency_seconds", {"part": "acquire", "quantile": "1"}, 0.01),
        ("purreal_latency_seconds_count", {"part": "query"}, 993),
        ("purreal_latency_seconds_sum", {"part": "query"}, 993 * 0.0025),
        ("purreal_peak_leases", {"state": "used"}, 500),
        ("purreal_pool_utilization_ratio", {}, 500 / 600),
        ("purreal_threshold_met", {"threshold": "success_ratio >= 99.9%"}, 0),
        ("purreal_threshold_met", {"threshold": "acquire_p95 < 20ms"}, 1),
        ("purreal_errors", {"kind": "pool", "type": "AcquireTimeout"}, 7),
        ("purreal_warning_sign", {"sign": "FailedOperations"}, 1),
        ("purreal_generator_cpu_ratio", {}, 0.4),
    ],
)
def test_the_numbers_of_a_run_are_metrics(
    bad_report: Report, name: str, labels: dict[str, str], expected: float
) -> None:
    assert value(bad_report, name, test="checkout-500", **labels) == pytest.approx(expected)


def test_the_verdict_is_information(bad_report: Report) -> None:
    assert value(bad_report, "purreal_run_info", verdict="Failed", workload="Sustained") == 1


def test_units_are_in_the_names_and_declared(bad_report: Report) -> None:
    found = families(bad_report)

    assert found["purreal_latency_seconds"].type == "summary"
    assert {name: family.unit for name, family in found.items() if family.unit} == {
        name: name.rpartition("_")[2] for name in found if name.endswith(("_seconds", "_ratio"))
    }
    assert all(family.documentation for family in found.values())


def test_no_series_is_there_twice(
    facts: Callable[..., RunFacts], merged: Callable[..., Merged]
) -> None:
    thresholds = facts().thresholds
    report = build_report(facts(thresholds=(*thresholds, *thresholds)), merged())

    series = [
        (sample.name, tuple(sorted(sample.labels.items())))
        for family in families(report).values()
        for sample in family.samples
    ]

    assert len(series) == len(set(series))


def test_a_run_on_a_cluster_has_its_namespace_and_number(good_report: Report) -> None:
    runners = RunnersUse(expected=4, reported=3)
    where = OnCluster(namespace="shop", run=7, trace_id="4bf92f", runners=runners)
    report = good_report.model_copy(update={"on_cluster": where})

    labels = [each.labels for family in families(report).values() for each in family.samples]

    assert {(each["test"], each["namespace"], each["run"]) for each in labels} == {
        ("checkout-500", "shop", "7")
    }
    assert value(report, "purreal_runners_reported") == 3


def test_what_was_not_measured_has_no_sample(facts: Callable[..., RunFacts]) -> None:
    report = build_report(facts(error="no such host"), None)

    found = families(report)

    assert "purreal_success_ratio" not in found
    assert {sample.name for sample in found["purreal_latency_seconds"].samples} == {
        "purreal_latency_seconds_count",
        "purreal_latency_seconds_sum",
    }


def test_labels_are_escaped(good_report: Report) -> None:
    name = 'a "quoted" \\ name\nof two lines'
    report = good_report.model_copy(update={"name": name})

    assert value(report, "purreal_duration_seconds", test=name) > 0
