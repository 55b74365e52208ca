"""The operator's own metrics on a real cluster: what a run leaves in them."""

from prometheus_client.parser import text_string_to_metric_families

from tests.cluster.installation import OPERATOR_NAMESPACE
from tests.cluster.kubectl import Kubectl
from tests.cluster.runs import (
    NEEDS_OPERATOR,
    load_test,
    verdict_and_reason,
    wait_for_end,
)

CHOSEN = "app.kubernetes.io/name=purreal-operator"


def metrics(cluster: Kubectl) -> dict[tuple[str, ...], float]:
    """All samples by name and values of labels in the order of their names."""
    system = cluster.inside(OPERATOR_NAMESPACE)
    pod = system.run("get", "pods", f"--selector={CHOSEN}", "--output=name").strip()
    name = pod.removeprefix("pod/")
    page = cluster.run(
        "get", "--raw", f"/api/v1/namespaces/{OPERATOR_NAMESPACE}/pods/{name}:8081/proxy/metrics"
    )
    samples = (each for family in text_string_to_metric_families(page) for each in family.samples)
    return {
        (each.name, *(each.labels[label] for label in sorted(each.labels))): each.value
        for each in samples
    }


@NEEDS_OPERATOR
def test_a_run_shows_in_the_metrics_of_the_operator(cluster: Kubectl, namespace: Kubectl) -> None:
    before = metrics(cluster)
    namespace.apply(load_test())

    status = wait_for_end(namespace)

    after = metrics(cluster)
    verdict, reason = verdict_and_reason(status)
    grown = {
        key: after[key] - before.get(key, 0.0)
        for key in after
        if key[0].startswith("purreal_operator_")
    }
    assert grown["purreal_operator_runs_finished_total", reason, verdict] >= 1
    assert grown["purreal_operator_part_stores_total", "stored"] >= status["runners"]["expected"]
    assert grown["purreal_operator_otlp_requests_accepted_total", "metrics", "runner"] >= 1
    assert grown["purreal_operator_otlp_requests_accepted_total", "metrics", "database"] >= 1
    assert grown["purreal_operator_coordination_requests_total",] >= 1
    assert grown["purreal_operator_status_writes_total", "written"] >= 5
    assert grown["purreal_operator_reconcile_duration_seconds_count",] >= 5
    assert after["purreal_operator_tests", "Finished"] >= 1
    assert after["process_resident_memory_bytes",] < 512 * 2**20
