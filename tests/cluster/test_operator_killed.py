"""The operator is killed in every phase of one run: nothing is lost, nothing is counted twice."""

from purreal_operator.status.words import ConditionType, Phase
from tests.cluster.disturbed_run import kill_operator, outcome, start, thinking
from tests.cluster.kubectl import Kubectl
from tests.cluster.runs import NEEDS_OPERATOR

OPERATIONS = 1_500  # at 50 ms and 10 workers, 8 s: some operators come and go meanwhile


@NEEDS_OPERATOR  # by others: they run one after the other
def test_a_run_survives_its_operator_in_every_phase_with_exact_counts(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    run = start(
        namespace,
        "orphan",
        {
            "runners": {"replicas": 2},
            "pool": {"minSize": 1, "maxSize": 8},
            "workload": thinking(50),
            "load": {"closed": {"workers": 10}, "stop": {"operations": OPERATIONS}},
            "thresholds": [{"metric": "SuccessRatio", "atLeast": "100%"}],
        },
    )

    for phase in (Phase.PREPARING, Phase.STARTING, Phase.RUNNING, Phase.COLLECTING, Phase.FINISHED):
        run.until(phase)
        kill_operator(cluster)

    status = run.finish()
    assert (status.verdict, status.reason) == ("Passed", "ThresholdsMet"), status.message
    assert status.operations.issued == status.operations.succeeded == OPERATIONS
    assert (status.runners.reported, status.runners.lost) == (2, ())
    assert outcome(status, ConditionType.RESULTS_COMPLETE) == ("True", "AllReported")
    assert outcome(status, ConditionType.RESULTS_CONSISTENT) == ("True", "SumsAgree")
    assert [each.run for each in status.history] == [1]
    assert [each.phase for each in status.phases] == list(Phase)[1:]
    assert run.report().operations.issued == OPERATIONS
    run.until_removed()
