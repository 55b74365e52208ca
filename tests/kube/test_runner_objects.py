"""The runners' Job and pods, as they go to the API server."""

from dataclasses import replace
from typing import Any

import pytest

from purreal_operator.objects.access import (
    TargetAccess,
    TargetKind,
    ephemeral_access,
    stateful_set_access,
    url_access,
)
from purreal_operator.objects.identity import TestIdentity
from purreal_operator.objects.metadata import Manifest
from purreal_operator.objects.runner_job import runner_job
from purreal_operator.objects.runner_pod import Runners, default_resources
from purreal_runner.document.model import PoolLoadTestSpec

RUN = TestIdentity(namespace="shop", name="one", uid="test-uid").run(3)
SCRATCH = "/tmp"  # noqa: S108 - a path in the container
LABELS = {
    "app.kubernetes.io/name": "purreal",
    "app.kubernetes.io/managed-by": "purreal-operator",
    "app.kubernetes.io/component": "runner",
    "purreal.dev/test": "one",
    "purreal.dev/run": "3",
}
OWNER = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "name": "one-3-plan",
    "uid": "plan-uid",
    "controller": True,
}


def spec(**parts: Any) -> PoolLoadTestSpec:
    load = {"type": "Closed", "closed": {"workers": 100}, "stop": {"durationSeconds": 30}}
    return PoolLoadTestSpec.model_validate({"load": load, "runners": {"replicas": 3}, **parts})


def runners(**parts: Any) -> Runners:
    return Runners(
        run=RUN,
        spec=spec(**parts),
        access=ephemeral_access(RUN, "plan-uid"),
        token_secret="one-3-token-01234567",
        operator_url="http://operator:8080",
        image="purreal:1",
    )


def pod_of(made_from: Runners) -> Manifest:
    pod: Manifest = runner_job(made_from, "plan-uid")["spec"]["template"]
    return pod


def container_of(made_from: Runners) -> Manifest:
    (container,) = pod_of(made_from)["spec"]["containers"]
    made: Manifest = container
    return made


def mounts_of(made_from: Runners) -> dict[str, Manifest]:
    """Path in the container -> volume."""
    volumes = {volume["name"]: volume for volume in pod_of(made_from)["spec"]["volumes"]}
    mounts = container_of(made_from)["volumeMounts"]
    return {mount["mountPath"]: volumes[mount["name"]] for mount in mounts}


def test_the_job_has_one_index_for_each_runner_and_replaces_lost_pods() -> None:
    job = runner_job(runners(), "plan-uid")
    template = job["spec"].pop("template")

    assert template["spec"]["restartPolicy"] == "Never"
    assert job == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": "one-3",
            "namespace": "shop",
            "labels": LABELS,
            "ownerReferences": [OWNER],
        },
        "spec": {
            "completionMode": "Indexed",
            "completions": 3,
            "parallelism": 3,
            "backoffLimitPerIndex": 1_000_000,
            "podFailurePolicy": {
                "rules": [
                    {
                        "action": "FailIndex",
                        "onExitCodes": {
                            "containerName": "runner",
                            "operator": "In",
                            "values": [43],
                        },
                    },
                    {
                        "action": "Ignore",
                        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
                    },
                ]
            },
            "podReplacementPolicy": "Failed",
            "activeDeadlineSeconds": 120 + 120 + 60 + 150 + 600,
        },
    }


def test_a_pod_without_settings_is_harmless_and_spread_over_the_nodes() -> None:
    pod = pod_of(runners())
    container, volumes = pod["spec"].pop("containers")[0], pod["spec"].pop("volumes")

    assert len(volumes) == 4
    assert pod == {
        "metadata": {"labels": LABELS},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 30,
            "securityContext": {
                "runAsNonRoot": True,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "topologySpreadConstraints": [
                {
                    "labelSelector": {"matchLabels": LABELS},
                    "maxSkew": 1,
                    "topologyKey": "kubernetes.io/hostname",
                    "whenUnsatisfiable": "ScheduleAnyway",
                }
            ],
        },
    }
    assert (container["name"], container["image"]) == ("runner", "purreal:1")
    assert container["command"] == ["python", "-m", "purreal_runner.pod"]
    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def test_a_runner_is_told_who_it_is_and_no_secret() -> None:
    env = {entry.pop("name"): entry for entry in container_of(runners())["env"]}

    assert env == {
        "PURREAL_RUN_ID": {"value": "test-uid-3"},
        "PURREAL_TEST": {"value": "one"},
        "PURREAL_NAMESPACE": {"value": "shop"},
        "PURREAL_RUN": {"value": "3"},
        "PURREAL_OPERATOR_URL": {"value": "http://operator:8080"},
        "PURREAL_TARGET_URL": {"value": "ws://one-3-db.shop.svc:8000"},
        "PURREAL_TARGET_KIND": {"value": "ephemeral"},
        "PURREAL_POD_UID": {"valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}},
        "PURREAL_POD_NAME": {"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    }


def test_a_runner_finds_its_plan_its_token_and_credentials_in_files() -> None:
    mounts = mounts_of(runners())

    plan = {"name": "one-3-plan", "items": [{"key": "document.json", "path": "document.json"}]}
    token = [{"key": "token", "path": "token"}]
    assert set(mounts) == {
        "/etc/purreal/plan",
        "/etc/purreal/token",
        "/etc/purreal/credentials",
        SCRATCH,
    }
    assert mounts["/etc/purreal/plan"]["configMap"] == plan
    assert mounts["/etc/purreal/token"]["secret"] == {
        "secretName": "one-3-token-01234567",
        "items": token,
    }
    assert mounts["/etc/purreal/credentials"]["secret"] == {
        "secretName": RUN.names.target_credentials("plan-uid"),
        "items": [
            {"key": "username", "path": "username"},
            {"key": "password", "path": "password"},
        ],
    }
    assert mounts[SCRATCH]["emptyDir"] == {"sizeLimit": "256Mi"}


def test_only_tmp_can_be_written() -> None:
    mounts = container_of(runners())["volumeMounts"]

    assert [mount["mountPath"] for mount in mounts if not mount.get("readOnly")] == [SCRATCH]


def test_nobody_signs_in_where_there_are_no_credentials() -> None:
    without = replace(runners(), access=TargetAccess(TargetKind.URL, "ws://db:8000"))

    assert "/etc/purreal/credentials" not in mounts_of(without)


def test_a_target_at_an_address_brings_its_own_keys_and_authority() -> None:
    target = spec(
        target={
            "type": "URL",
            "url": {"endpoint": "wss://db:8000", "caRef": {"name": "ca", "key": "root.pem"}},
            "auth": {"secretRef": {"name": "root", "usernameKey": "u", "passwordKey": "p"}},
        }
    ).target
    mounts = mounts_of(replace(runners(), access=url_access(target)))

    assert mounts["/etc/purreal/ca"]["configMap"] == {
        "name": "ca",
        "items": [{"key": "root.pem", "path": "ca.crt"}],
    }
    assert mounts["/etc/purreal/credentials"]["secret"] == {
        "secretName": "root",
        "items": [{"key": "u", "path": "username"}, {"key": "p", "path": "password"}],
    }


def test_an_existing_stateful_set_is_reached_through_its_service() -> None:
    target = spec(
        target={"type": "StatefulSet", "statefulSet": {"name": "db", "port": 9000}}
    ).target
    access = stateful_set_access(RUN, target, "db-headless")

    assert (access.kind, access.url) == ("statefulSet", "ws://db-headless.shop.svc:9000")


def test_access_to_another_kind_of_target_is_refused() -> None:
    with pytest.raises(ValueError, match="no StatefulSet"):
        stateful_set_access(RUN, spec().target, "db")
    with pytest.raises(ValueError, match="no URL"):
        url_access(spec().target)


def test_a_python_workload_is_mounted_as_a_file() -> None:
    python = {"configMapRef": {"name": "checkout", "key": "work.py"}}
    mounts = mounts_of(runners(workload={"type": "Python", "python": python}))

    assert mounts["/etc/purreal/workload"]["configMap"] == {
        "name": "checkout",
        "items": [{"key": "work.py", "path": "load.py"}],
    }


def test_settings_of_the_user_reach_the_pod() -> None:
    chosen = runners(runners={"replicas": 3, "pod": EVERYTHING})
    pod, container = pod_of(chosen), container_of(chosen)

    assert pod["metadata"] == {"labels": {"team": "db", **LABELS}, "annotations": {"note": "kept"}}
    assert pod["spec"]["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
        "runAsUser": 1000,
    }
    placement = {key: pod["spec"][key] for key in PLACEMENT}
    assert placement == PLACEMENT
    assert (container["image"], container["imagePullPolicy"]) == ("own:1", "Always")
    assert container["resources"] == {"limits": {"memory": "1Gi"}}
    assert container["env"][:3] == [
        {"name": "MODE", "value": ""},
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "own", "key": "k"}}},
        {"name": "FLAG", "valueFrom": {"configMapKeyRef": {"name": "own", "key": "f"}}},
    ]
    assert container["envFrom"] == [{"prefix": "A_", "configMapRef": {"name": "own"}}]


EVERYTHING: dict[str, Any] = {
    "image": "own:1",
    "imagePullPolicy": "Always",
    "imagePullSecrets": ["pull"],
    "resources": {"limits": {"memory": "1Gi"}},
    "nodeSelector": {"disk": "fast"},
    "affinity": {"nodeAffinity": {}},
    "tolerations": [{"key": "load", "value": "yes"}],
    "topologySpread": "None",
    "topologySpreadConstraints": [{"maxSkew": 2, "topologyKey": "zone"}],
    "priorityClassName": "high",
    "runtimeClassName": "gvisor",
    "schedulerName": "other",
    "serviceAccountName": "own",
    "securityContext": {"runAsUser": 1000},
    "labels": {"team": "db"},
    "annotations": {"note": "kept"},
    "env": [
        {"name": "MODE", "value": ""},
        {"name": "KEY", "secretKeyRef": {"name": "own", "key": "k"}},
        {"name": "FLAG", "configMapKeyRef": {"name": "own", "key": "f"}},
    ],
    "envFrom": [{"prefix": "A_", "configMapRef": {"name": "own"}}],
}

PLACEMENT: Manifest = {
    "imagePullSecrets": [{"name": "pull"}],
    "nodeSelector": {"disk": "fast"},
    "affinity": {"nodeAffinity": {}},
    "tolerations": [{"key": "load", "operator": "Equal", "value": "yes"}],
    "topologySpreadConstraints": [
        {"labelSelector": {"matchLabels": LABELS}, "maxSkew": 2, "topologyKey": "zone"}
    ],
    "priorityClassName": "high",
    "runtimeClassName": "gvisor",
    "schedulerName": "other",
    "serviceAccountName": "own",
}


def test_volumes_of_the_user_never_meet_our_own() -> None:
    volumes = [
        {"name": "plan", "mountPath": "/a", "configMap": {"name": "own"}},
        {"name": "token", "mountPath": "/b", "secret": {"name": "own"}},
        {
            "name": "ca",
            "mountPath": "/c",
            "readOnly": True,
            "persistentVolumeClaim": {"name": "own"},
        },
        {
            "name": "tmp",
            "mountPath": "/d",
            "readOnly": False,
            "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"},
        },
        {"name": "more", "mountPath": "/e", "emptyDir": {}},
    ]
    chosen = runners(runners={"replicas": 3, "pod": {"volumes": volumes}})
    mounts = mounts_of(chosen)
    names = [volume["name"] for volume in pod_of(chosen)["spec"]["volumes"]]
    writable = [m["mountPath"] for m in container_of(chosen)["volumeMounts"] if "readOnly" not in m]

    assert len(set(names)) == len(names)
    assert mounts["/a"]["configMap"] == {"name": "own"}
    assert mounts["/b"]["secret"] == {"secretName": "own"}
    assert mounts["/c"]["persistentVolumeClaim"] == {"claimName": "own", "readOnly": True}
    assert mounts["/d"]["emptyDir"] == {"medium": "Memory", "sizeLimit": "1Gi"}
    assert mounts["/e"]["emptyDir"] == {}
    assert writable == [SCRATCH, "/a", "/b", "/d", "/e"]


@pytest.mark.parametrize(
    ("shape", "workers", "cpu", "memory"),
    [
        ({"replicas": 1}, 16, "100m", "129Mi"),
        ({"replicas": 3}, 100, "100m", "131Mi"),
        ({"replicas": 2, "processes": 4}, 8000, "400m", "762Mi"),
    ],
)
def test_the_room_a_pod_asks_for_grows_with_its_processes_and_workers(
    shape: dict[str, int], workers: int, cpu: str, memory: str
) -> None:
    load = {"type": "Closed", "closed": {"workers": workers}, "stop": {"durationSeconds": 30}}

    assert default_resources(spec(load=load, runners=shape)) == {
        "requests": {"cpu": cpu, "memory": memory}
    }
