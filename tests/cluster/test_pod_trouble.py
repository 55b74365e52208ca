"""What keeps pods from running, as the cluster tells it and as it is read; on a real cluster."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from purreal_operator.cluster import kinds
from purreal_operator.cluster.trouble import PodTrouble, TroubleKind, trouble_of_events
from purreal_operator.cluster.views import (
    PodView,
    StatefulSetView,
)
from purreal_operator.objects.metadata import Manifest
from purreal_operator.objects.names import TARGET_PORT
from purreal_operator.objects.runner_job import runner_job
from purreal_operator.objects.security import container_security, pod_security
from purreal_operator.objects.target import target_service, target_stateful_set
from purreal_runner.document.runner_pod import RunnerPod
from purreal_runner.document.target import DEFAULT_IMAGE
from tests.cluster.installation import IMAGE
from tests.cluster.kubectl import Kubectl
from tests.cluster.stage import PASSWORD, Stage, eventually, limit, set_stage


@pytest_asyncio.fixture
async def stage(namespace: Kubectl, images: None) -> AsyncIterator[Stage]:
    async with set_stage(namespace) as ready:
        yield ready


async def test_the_ephemeral_database_becomes_ready_and_can_be_looked_at(
    stage: Stage,
) -> None:
    await stage.make_secrets()
    await stage.kube.create(target_service(stage.run, stage.plan_uid))
    await stage.kube.create(target_stateful_set(stage.database()))

    async def ready() -> StatefulSetView | None:
        view = await stage.kube.stateful_set(stage.namespace, stage.run.names.target)
        return view if view is not None and view.ready == 1 else None

    database = await eventually(ready)
    (pod,) = await stage.kube.target_pods(stage.namespace, database)

    assert (database.image, database.replicas, database.ready) == (DEFAULT_IMAGE, 1, 1)
    assert (database.owner_uid, database.terminating) == (stage.plan_uid, False)
    assert database.service == stage.run.names.target
    assert (pod.name, pod.ready, pod.restarts) == (stage.run.names.target_pod, True, 0)
    assert (pod.alive, pod.trouble, pod.last_end, pod.index) == (True, None, None, None)
    assert pod.node
    signed_in = await stage.kube._api.ask(
        "POST",
        kinds.PODS.path(stage.namespace, f"{pod.name}:{TARGET_PORT}", "proxy") + "/signin",
        "sign in",
        body={"user": "root", "pass": PASSWORD},
    )
    assert "token" in signed_in.json


async def test_the_end_of_a_log_is_short_and_begins_with_a_line(
    stage: Stage, namespace: Kubectl
) -> None:
    await run_to_its_end(namespace, "talks", ["/surreal", "start", "--help"])

    tail = await stage.kube.pod_log_tail(stage.namespace, "talks", "one", lines=20, max_bytes=300)
    whole = await stage.kube.pod_log_tail(stage.namespace, "talks", "one", lines=3)

    expected = await asyncio.to_thread(namespace.logs, "talks", "--tail=20")
    assert 0 < len(tail) <= 300
    assert expected.rstrip("\n").endswith("\n" + tail)
    assert len(whole.splitlines()) <= 3
    assert await stage.kube.pod_log_tail(stage.namespace, "talks", "one", previous=True) == ""
    assert await stage.kube.pod_log_tail(stage.namespace, "nobody", "one") == ""


async def run_to_its_end(namespace: Kubectl, name: str, command: list[str]) -> None:
    """Run one command in a pod of the database's image."""
    container = {
        "name": "one",
        "image": DEFAULT_IMAGE,
        "command": command,
        "securityContext": container_security(),
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "restartPolicy": "Never",
            "securityContext": pod_security(),
            "containers": [container],
        },
    }
    await asyncio.to_thread(namespace.apply, pod)
    await asyncio.to_thread(
        namespace.wait, f"pod/{name}", "jsonpath={.status.phase}=Succeeded", seconds=60.0
    )


@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        ({"image": "localhost/not-there:1"}, TroubleKind.IMAGE_PULL, "localhost/not-there:1"),
        ({"nodeSelector": {"no": "node"}}, TroubleKind.UNSCHEDULABLE, "0/"),
        (
            {"env": [{"name": "A", "secretKeyRef": {"name": "not-there", "key": "a"}}]},
            TroubleKind.CONFIG,
            'secret "not-there" not found',
        ),
    ],
    ids=["image", "node", "secret"],
)
async def test_a_runner_pod_says_what_keeps_it_from_running(
    stage: Stage, settings: dict[str, Any], kind: TroubleKind, words: str
) -> None:
    await stage.make_secrets()
    runners = stage.runners(DEFAULT_IMAGE, RunnerPod.model_validate(settings))
    await stage.kube.create(runner_job(runners, stage.plan_uid))

    async def in_trouble() -> tuple[PodView, ...] | None:
        pods = await stage.pods()
        return pods if pods and all(one.trouble for one in pods) else None

    pods = await eventually(in_trouble)

    assert {one.index for one in pods} == {0, 1}
    assert {one.trouble.kind for one in pods if one.trouble} == {kind}
    assert all(words in one.trouble.message for one in pods if one.trouble)
    job = await stage.kube.job(stage.namespace, stage.run.names.job)
    assert job is not None
    assert (job.owner_uid, job.failed_indexes, job.ready) == (stage.plan_uid, frozenset(), 0)


async def test_a_missing_secret_that_is_mounted_shows_in_the_events_of_the_pod(
    stage: Stage,
) -> None:
    runners = stage.runners(DEFAULT_IMAGE)
    await stage.kube.create(runner_job(runners, stage.plan_uid))

    async def told() -> PodTrouble | None:
        for pod in await stage.pods():
            return trouble_of_events(await stage.kube.events_of(stage.namespace, pod.uid, "Pod"))
        return None

    trouble = await eventually(told)

    assert trouble.kind is TroubleKind.CONFIG
    assert "not found" in trouble.message


async def test_a_quota_that_leaves_no_room_for_pods_shows_in_the_events_of_the_job(
    stage: Stage, namespace: Kubectl
) -> None:
    await limit(namespace, "pods", 0)
    await stage.kube.create(runner_job(stage.runners("runner:1"), stage.plan_uid))
    job = await stage.kube.job(stage.namespace, stage.run.names.job)
    assert job is not None

    async def told() -> PodTrouble | None:
        return trouble_of_events(await stage.kube.events_of(stage.namespace, job.uid, "Job"))

    trouble = await eventually(told)

    assert trouble.kind is TroubleKind.QUOTA
    assert "exceeded quota: narrow" in trouble.message


@pytest.mark.usefixtures("images")
async def test_an_index_that_joined_too_late_is_given_up_and_a_crashed_one_is_replaced(
    stage: Stage,
) -> None:
    await stage.make_secrets()
    program = "import os; exit(43 if os.environ['JOB_COMPLETION_INDEX'] == '1' else 'no database')"
    await stage.kube.create(job_of(stage, ["python", "-c", program]))

    async def replaced() -> tuple[PodView, ...] | None:
        pods = await stage.pods()
        ended = [pod for pod in pods if pod.exit_code is not None]
        return pods if sum(pod.index == 0 for pod in ended) > 1 else None

    pods = await eventually(replaced)
    view = await stage.kube.job(stage.namespace, stage.run.names.job)

    assert [pod.failures_of_index for pod in pods if pod.index == 0][:2] == [0, 1]
    assert pods[0].trouble == PodTrouble(
        TroubleKind.FAILED, "it ended with exit code 1: no database"
    )
    assert [pod.exit_code for pod in pods if pod.index == 1] == [43]
    assert view is not None
    assert view.failed_indexes == {1}


async def test_a_program_that_is_not_in_the_image_is_named(stage: Stage) -> None:
    await stage.make_secrets()
    await stage.kube.create(job_of(stage, ["not-a-program"]))

    async def in_trouble() -> PodTrouble | None:
        return next((pod.trouble for pod in await stage.pods() if pod.trouble), None)

    trouble = await eventually(in_trouble)

    assert trouble.kind is TroubleKind.CONFIG
    assert "not-a-program" in trouble.message


def job_of(stage: Stage, command: list[str]) -> Manifest:
    """The runners' Job with another program."""
    job = runner_job(stage.runners(IMAGE), stage.plan_uid)
    job["spec"]["template"]["spec"]["containers"][0]["command"] = command
    return job
