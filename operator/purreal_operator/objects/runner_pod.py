"""The pod of a runner: its container and how the user wants it placed; knows no Job."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from purreal_operator.objects.access import TargetAccess
from purreal_operator.objects.identity import RunIdentity
from purreal_operator.objects.metadata import Manifest
from purreal_operator.objects.names import RUNNER_CONTAINER, Component
from purreal_operator.objects.runner_files import Mounted, own_files, scratch, user_volume
from purreal_operator.objects.security import container_security, pod_security
from purreal_runner.document.enums import TopologySpread
from purreal_runner.document.model import PoolLoadTestSpec
from purreal_runner.document.pod_inputs import Variable
from purreal_runner.document.runner_pod import RunnerPod

COMMAND = ["python", "-m", "purreal_runner.pod"]
GRACE_SECONDS = 30
"""Time to deliver a result that is whole; the longest that a lost runner keeps its replacement
waiting."""

_CPU_PER_PROCESS = 100  # thousandths of a core
_MEMORY_PER_PROCESS = 128  # MiB; measured: 70 with the pool, before anything is exported
_WORKERS_PER_MEBIBYTE = 16  # measured: 15 KiB for a worker with a connection of its own

_OVER_THE_NODES = {
    "maxSkew": 1,
    "topologyKey": "kubernetes.io/hostname",
    "whenUnsatisfiable": "ScheduleAnyway",
}


@dataclass(frozen=True, slots=True)
class Runners:
    """What the runner pods of a run are made from.

    Attributes:
        run: whose runners they are.
        spec: the frozen document's.
        access: to the target.
        token_secret: name of the Secret with the runners' token.
        operator_url: where runners ask and export, `http://HOST:PORT`.
        image: used where the document names none.
    """

    run: RunIdentity
    spec: PoolLoadTestSpec
    access: TargetAccess
    token_secret: str
    operator_url: str
    image: str


def runner_pod_template(runners: Runners) -> Manifest:
    """Build the template of the Job's pods."""
    pod = runners.spec.runners.pod
    metadata: Manifest = {
        "labels": {**pod.labels, **runners.run.names.labels(Component.RUNNER)},
    }
    if pod.annotations:
        metadata["annotations"] = dict(pod.annotations)
    return {"metadata": metadata, "spec": _pod_spec(runners)}


def _pod_spec(runners: Runners) -> Manifest:
    pod = runners.spec.runners.pod
    files = _files(runners)
    ids = _plain(pod.security_context)
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "securityContext": pod_security() | ids,
        "containers": [_container(runners, files)],
        "volumes": [file.volume for file in files],
        **_placement(runners.run, pod),
    }


def _files(runners: Runners) -> list[Mounted]:
    python = runners.spec.workload.python
    workload = python.config_map_ref if python is not None else None
    return [
        *own_files(runners.run.names.plan, runners.token_secret, runners.access, workload),
        scratch(),
        *map(user_volume, runners.spec.runners.pod.volumes),
    ]


def _container(runners: Runners, files: list[Mounted]) -> Manifest:
    pod = runners.spec.runners.pod
    container: Manifest = {
        "name": RUNNER_CONTAINER,
        "image": pod.image or runners.image,
        "command": list(COMMAND),
        "env": [*map(_variable, pod.env), *_own_variables(runners)],
        "resources": _plain(pod.resources) or default_resources(runners.spec),
        "securityContext": container_security(),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [file.mount for file in files],
    }
    if pod.env_from:
        container["envFrom"] = [_plain(source) for source in pod.env_from]
    if pod.image_pull_policy is not None:
        container["imagePullPolicy"] = pod.image_pull_policy.value
    return container


def _own_variables(runners: Runners) -> list[Manifest]:
    """What a runner is told; the Job adds `JOB_COMPLETION_INDEX`."""
    run = runners.run
    values = {
        "PURREAL_RUN_ID": run.run_id,
        "PURREAL_TEST": run.test.name,
        "PURREAL_NAMESPACE": run.test.namespace,
        "PURREAL_RUN": str(run.run),
        "PURREAL_OPERATOR_URL": runners.operator_url,
        "PURREAL_TARGET_URL": runners.access.url,
        "PURREAL_TARGET_KIND": runners.access.kind.value,
    }
    fields = {"PURREAL_POD_UID": "metadata.uid", "PURREAL_POD_NAME": "metadata.name"}
    return [
        *({"name": name, "value": value} for name, value in values.items()),
        *(
            {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
            for name, path in fields.items()
        ),
    ]


def _variable(variable: Variable) -> Manifest:
    if variable.value is not None:
        return {"name": variable.name, "value": variable.value}
    return {"name": variable.name, "valueFrom": _plain(variable, exclude={"name"})}


def default_resources(spec: PoolLoadTestSpec) -> Manifest:
    """What a runner asks of its node if the document says nothing: requests, no limits.

    0.1 core and 128 MiB for each process, 1 MiB more for every 16 workers of the pod. A limit on
    the processor would throttle the load generator, and make its result inconclusive.
    """
    processes = spec.runners.processes
    workers = -(-spec.workers // spec.runners.replicas)
    memory = _MEMORY_PER_PROCESS * processes + -(-workers // _WORKERS_PER_MEBIBYTE)
    return {"requests": {"cpu": f"{_CPU_PER_PROCESS * processes}m", "memory": f"{memory}Mi"}}


def _placement(run: RunIdentity, pod: RunnerPod) -> Manifest:
    """Where the pods may run, and as whom, in the words of Kubernetes; absent is left out."""
    own_pods = {"labelSelector": {"matchLabels": run.names.labels(Component.RUNNER)}}
    # nobody can know these labels before the run, and without any it would count no pod
    constraints: list[Manifest] = [
        own_pods | constraint for constraint in pod.topology_spread_constraints
    ]
    if pod.topology_spread is TopologySpread.SPREAD:
        constraints.append(own_pods | _OVER_THE_NODES)
    settings = {
        "affinity": pod.affinity,
        "nodeSelector": dict(pod.node_selector),
        "tolerations": [_plain(toleration) for toleration in pod.tolerations],
        "topologySpreadConstraints": constraints,
        "priorityClassName": pod.priority_class_name,
        "runtimeClassName": pod.runtime_class_name,
        "schedulerName": pod.scheduler_name,
        "serviceAccountName": pod.service_account_name,
        "imagePullSecrets": [{"name": name} for name in pod.image_pull_secrets],
    }
    return {key: value for key, value in settings.items() if value}


def _plain(part: BaseModel, *, exclude: set[str] | None = None) -> dict[str, Any]:
    """A part of the document that is spelled as in Kubernetes' API, without what is absent."""
    dumped: dict[str, Any] = part.model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude=exclude
    )
    return {key: value for key, value in dumped.items() if value not in ({}, [])}
