"""The Indexed Job of a run's runners: how many, and what becomes of one that ends."""

from purreal_operator.objects.metadata import Manifest, owned_by_plan
from purreal_operator.objects.names import RUNNER_CONTAINER, Component
from purreal_operator.objects.runner_pod import Runners, runner_pod_template
from purreal_runner.document.model import PoolLoadTestSpec
from purreal_runner.pod.coordination import LATE_EXIT_CODE

_LOSSES_PER_INDEX = 1_000_000
"""No limit in practice: the deadline ends the attempts of an index, not their number."""

_SAFETY_SECONDS = 600


def runner_job(runners: Runners, plan_uid: str) -> Manifest:
    """Build the Job; it goes with the plan ConfigMap whose uid is `plan_uid`."""
    names = runners.run.names
    replicas = runners.spec.runners.replicas
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": owned_by_plan(runners.run, plan_uid, names.job, Component.RUNNER),
        "spec": {
            "completionMode": "Indexed",
            "completions": replicas,
            "parallelism": replicas,
            "backoffLimitPerIndex": _LOSSES_PER_INDEX,
            "podFailurePolicy": {"rules": _failure_rules()},
            # the only value beside a failure policy: never two live pods of one index
            "podReplacementPolicy": "Failed",
            "activeDeadlineSeconds": _last_resort_seconds(runners.spec),
            "template": runner_pod_template(runners),
        },
    }


def _failure_rules() -> list[Manifest]:
    """What an ended pod means; what no rule names is replaced, after a pause that grows."""
    joined_too_late = {
        "action": "FailIndex",
        "onExitCodes": {
            "containerName": RUNNER_CONTAINER,
            "operator": "In",
            "values": [LATE_EXIT_CODE],
        },
    }
    moved_by_the_cluster = {
        "action": "Ignore",
        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
    }
    return [joined_too_late, moved_by_the_cluster]


def _last_resort_seconds(spec: PoolLoadTestSpec) -> int:
    """Above all deadlines of the run, for a cluster whose operator is gone."""
    deadlines = spec.deadlines
    phases = deadlines.target_seconds + deadlines.ready_seconds + deadlines.collect_seconds
    return phases + spec.run_seconds + _SAFETY_SECONDS
