"""Runner pods begin together, and the status says how nearly."""

import pytest

from purreal_operator.status.words import Phase
from tests.cluster.disturbed_run import python_workload, start
from tests.cluster.fake_database import URL, start_fake_database
from tests.cluster.kubectl import Kubectl
from tests.cluster.raw_samples import WORKLOAD, following

NEAR_SECONDS = 0.15
LOOSE_SECONDS = 0.5
"""For a machine that starts pods of other tests meanwhile; usual are a few milliseconds."""


def test_pods_begin_together_and_the_status_says_how_nearly(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    start_fake_database(namespace, "constant:20ms")
    run = start(
        namespace,
        "together",
        {
            "target": URL,
            "runners": {"replicas": 4},
            "pool": {"minSize": 1, "maxSize": 2},
            "workload": python_workload(namespace, WORKLOAD),
            "load": {"closed": {"workers": 4}, "stop": {"durationSeconds": 3}},
        },
    )

    run.until(Phase.RUNNING)
    with following(run) as samples:
        status = run.finish()

    first: dict[str, int] = {}
    for sample in samples:
        first[sample.pod] = min(sample.began_at, first.get(sample.pod, sample.began_at))
    assert len(first) == 4
    spread = (max(first.values()) - min(first.values())) / 1e9  # by the clock of one node
    told = status.runners.start_skew_microseconds
    assert told is not None
    assert spread < LOOSE_SECONDS
    # Told is when runners say that they began, measured is when their first operations did.
    assert told / 1e6 == pytest.approx(spread, abs=NEAR_SECONDS)
    found = run.report().on_cluster
    assert found is not None
    assert found.runners.start_skew_seconds == told / 1e6
