"""Every object that is built is accepted by a real API server, without a warning."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest_asyncio

from purreal_operator.objects.event import EventType, event_of_test
from purreal_operator.objects.plan import plan_config_map
from purreal_operator.objects.results import part_config_map, report_config_map
from purreal_operator.objects.runner_job import runner_job
from purreal_operator.objects.secrets import (
    runner_token_secret,
    target_credentials_secret,
    target_token_secret,
)
from purreal_operator.objects.size import MOST_BYTES
from purreal_operator.objects.target import target_service, target_stateful_set
from purreal_runner.document.runner_pod import RunnerPod
from tests.cluster.kubectl import Kubectl
from tests.cluster.stage import TOKEN, Stage, set_stage

ALL_POD_SETTINGS = {
    "image": "registry.example/own:1",
    "imagePullPolicy": "IfNotPresent",
    "imagePullSecrets": ["pull"],
    "resources": {"requests": {"cpu": "10m"}, "limits": {"memory": "1Gi"}},
    "nodeSelector": {"disk": "fast"},
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]
            }
        }
    },
    "tolerations": [{"key": "load", "operator": "Exists", "effect": "NoSchedule"}],
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
    ],
    "schedulerName": "other",
    "serviceAccountName": "own",
    "securityContext": {"runAsUser": 1000, "runAsGroup": 0, "fsGroup": 1000},
    "labels": {"team": "db"},
    "annotations": {"example.com/note": "kept"},
    "env": [
        {"name": "MODE", "value": "fast"},
        {"name": "KEY", "secretKeyRef": {"name": "own", "key": "key"}},
        {"name": "FLAG", "configMapKeyRef": {"name": "own", "key": "flag"}},
    ],
    "envFrom": [{"prefix": "A_", "configMapRef": {"name": "own"}}, {"secretRef": {"name": "own"}}],
    "volumes": [
        {"name": "tmp", "mountPath": "/data", "emptyDir": {"medium": "Memory"}, "readOnly": False},
        {"name": "conf", "mountPath": "/conf", "configMap": {"name": "own"}},
        {"name": "keys", "mountPath": "/keys", "secret": {"name": "own"}},
        {"name": "disk", "mountPath": "/disk", "persistentVolumeClaim": {"name": "own"}},
    ],
}


@pytest_asyncio.fixture
async def stage(namespace: Kubectl) -> AsyncIterator[Stage]:
    async with set_stage(namespace) as ready:
        yield ready


async def test_every_object_is_accepted_in_a_restricted_namespace_without_a_warning(
    namespace: Kubectl, stage: Stage
) -> None:
    special = stage.runners("runner:1", RunnerPod.model_validate(ALL_POD_SETTINGS))
    manifests = [
        plan_config_map(replace(stage.run, run=1), "{}"),
        runner_token_secret(stage.run, stage.plan_uid, TOKEN),
        target_token_secret(stage.run, stage.plan_uid, TOKEN),
        target_credentials_secret(stage.run, stage.plan_uid, username="root", password="p w"),
        target_service(stage.run, stage.plan_uid),
        target_stateful_set(stage.database()),
        runner_job(stage.runners("runner:1"), stage.plan_uid),
        runner_job(replace(special, run=replace(stage.run, run=2)), stage.plan_uid),
        part_config_map(stage.run, stage.plan_uid, index=7, pod_uid="u", part=bytes(MOST_BYTES)),
        report_config_map(stage.run, bytes(MOST_BYTES)),
        event_of_test(stage.run, EventType.WARNING, "Why", "…" * 900, key="", at=datetime.now(UTC)),
    ]

    namespace.run(
        *("create", "--dry-run=server", "--validate=strict", "--warnings-as-errors", "-f", "-"),
        stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}),
    )
