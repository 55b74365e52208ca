"""What a report says of all pools together is what was measured: compared with the raw samples."""

from math import ceil

import pytest

from purreal_operator.status.words import ConditionType, Phase
from tests.cluster.disturbed_run import outcome, python_workload, start
from tests.cluster.fake_database import URL, start_fake_database
from tests.cluster.kubectl import Kubectl
from tests.cluster.raw_samples import WORKLOAD, following

OPERATIONS = 3_000  # at 44 ms and 24 workers, 6 s
MEDIAN_SECONDS = 0.040
NEAR = 0.01


def test_merged_percentiles_are_those_of_the_raw_samples_of_all_pods(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    start_fake_database(namespace, f"lognormal:{MEDIAN_SECONDS}s,0.5")
    run = start(
        namespace,
        "truth",
        {
            "target": URL,
            "runners": {"replicas": 2, "processes": 2},
            "pool": {"minSize": 6, "maxSize": 8},
            "workload": python_workload(namespace, WORKLOAD),
            "load": {"closed": {"workers": 24}, "stop": {"operations": OPERATIONS}},
        },
    )

    run.until(Phase.RUNNING)
    with following(run) as samples:
        status = run.finish()

    raw = sorted(sample.took / 1e9 for sample in samples)
    assert len({sample.pod for sample in samples}) == 2
    assert len(raw) == OPERATIONS
    assert status.operations.issued == status.operations.succeeded == OPERATIONS
    assert outcome(status, ConditionType.RESULTS_CONSISTENT) == ("True", "SumsAgree")
    found = run.report().latencies.query
    assert found.count == OPERATIONS
    told = status.latencies_microseconds
    assert told is not None
    for percent, seconds, microseconds in (
        (50, found.p50, told.query.p50),
        (95, found.p95, told.query.p95),
        (99, found.p99, told.query.p99),
        (100, found.max, told.query.max),
    ):
        truth = nearest_rank(raw, percent)
        assert seconds == pytest.approx(truth, rel=NEAR), percent
        assert microseconds / 1e6 == pytest.approx(truth, rel=NEAR), percent
    assert found.mean == pytest.approx(sum(raw) / len(raw), rel=NEAR)
    assert found.p50 is not None
    assert found.p50 > MEDIAN_SECONDS * (1 - 3 * NEAR)  # later on a busy machine, never earlier


def nearest_rank(ordered: list[float], percent: int) -> float:
    """The smallest value that so many percent of all do not exceed."""
    return ordered[ceil(len(ordered) * percent / 100) - 1]
