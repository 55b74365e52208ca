"""What the operator makes, reads, writes and deletes, on a real API server."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from purreal_operator.cluster import kinds
from purreal_operator.cluster.cluster import Cluster
from purreal_operator.cluster.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    QuotaExceeded,
    Unavailable,
)
from purreal_operator.cluster.views import (
    Created,
    Existed,
    StoredBytes,
    StoredPlan,
)
from purreal_operator.objects.event import EventType, event_of_test
from purreal_operator.objects.names import API_VERSION, KIND, PART_KEY, TEST_LABEL
from purreal_operator.objects.secrets import (
    runner_token_secret,
)
from purreal_operator.objects.size import MOST_BYTES
from purreal_operator.objects.target import target_service
from tests.cluster.kubectl import Kubectl
from tests.cluster.stage import DOCUMENT, TOKEN, Stage, eventually, kubeconfig_of, limit, set_stage


@pytest_asyncio.fixture
async def stage(namespace: Kubectl) -> AsyncIterator[Stage]:
    async with set_stage(namespace) as ready:
        yield ready


async def test_making_an_object_again_is_a_success(stage: Stage) -> None:
    part = stage.part(0, b"one")
    first = await stage.kube.create(part)
    again = await stage.kube.create(stage.part(0, b"two"))

    assert isinstance(first, Created)
    assert again == Existed(first.uid)


async def test_a_secret_and_an_event_are_made_once_and_never_read(stage: Stage) -> None:
    secret = runner_token_secret(stage.run, stage.plan_uid, TOKEN)
    event = event_of_test(
        stage.run, EventType.NORMAL, "Began", "it began", key="", at=datetime.now(UTC)
    )

    for manifest in (secret, event):
        assert isinstance(await stage.kube.create(manifest), Created)
        assert await stage.kube.create(manifest) == Existed("")

    (seen,) = await stage.kube.events_of(stage.namespace, stage.run.test.uid, "PoolLoadTest")
    assert (seen.reason, seen.message, seen.count) == ("Began", "it began", 1)


async def test_the_object_of_a_deleted_test_of_the_same_name_is_never_taken_for_ours(
    stage: Stage,
) -> None:
    await stage.kube.create(target_service(stage.run, stage.plan_uid))

    with pytest.raises(Conflict, match="belongs to something else"):
        await stage.kube.create(target_service(stage.run, str(uuid4())))


async def test_an_object_on_its_way_out_is_not_taken_for_ours(stage: Stage) -> None:
    held = stage.part()
    held["metadata"]["finalizers"] = ["purreal.dev/held-by-a-test"]
    await stage.kube.create(held)
    await stage.kube.delete_config_map(stage.namespace, stage.run.names.part(0))

    try:
        with pytest.raises(Conflict, match="is being removed"):
            await stage.kube.create(stage.part())
    finally:
        await release(stage, stage.namespace, stage.run.names.part(0))


async def release(stage: Stage, namespace: str, name: str) -> None:
    path = kinds.CONFIG_MAPS.path(namespace, name)
    await stage.kube._api.ask(
        "PATCH",
        path,
        "release",
        body={"metadata": {"finalizers": None}},
        content_type="application/merge-patch+json",
    )


async def test_the_plan_comes_back_as_it_was_stored(stage: Stage) -> None:
    found = await stage.kube.plan(stage.namespace, stage.run.names.plan)

    assert found == StoredPlan(stage.plan_uid, test_uid="", document=DOCUMENT, terminating=False)
    assert await stage.kube.plan(stage.namespace, "another") is None


async def test_deleting_the_plan_removes_the_run(stage: Stage, namespace: Kubectl) -> None:
    await stage.kube.create(runner_token_secret(stage.run, stage.plan_uid, TOKEN))
    await stage.kube.create(target_service(stage.run, stage.plan_uid))
    await stage.kube.create(stage.part())

    await stage.kube.delete_config_map(stage.namespace, stage.run.names.plan, uid=str(uuid4()))
    assert await stage.kube.plan(stage.namespace, stage.run.names.plan) is not None
    await stage.kube.delete_config_map(stage.namespace, stage.run.names.plan, uid=stage.plan_uid)
    await stage.kube.delete_config_map(stage.namespace, stage.run.names.plan, uid=stage.plan_uid)

    async def nothing_left() -> bool:
        kinds_of_a_run = "configmaps,secrets,services"
        label = f"--selector={TEST_LABEL}={stage.run.test.name}"
        return not await asyncio.to_thread(
            namespace.run, "get", kinds_of_a_run, label, "--output=name"
        )

    assert await eventually(nothing_left)


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")  # a MiB is not large
async def test_results_come_back_byte_for_byte(stage: Stage) -> None:
    content = bytes(range(256)) * (MOST_BYTES // 256)
    await stage.kube.create(stage.part(3, content))

    found = await stage.kube.config_map_bytes(stage.namespace, stage.run.names.part(3), PART_KEY)

    assert found == StoredBytes(content, owner_uid=stage.plan_uid, pod_uid="a-pod")
    assert (
        await stage.kube.config_map_bytes(stage.namespace, stage.run.names.part(3), "other") is None
    )
    assert (
        await stage.kube.config_map_bytes(stage.namespace, stage.run.names.part(4), PART_KEY)
        is None
    )


async def test_a_refusal_is_told_apart_by_what_can_be_done_about_it(
    stage: Stage, namespace: Kubectl
) -> None:
    part = stage.part()
    elsewhere = {**part, "metadata": {**part["metadata"], "namespace": "not-there"}}
    with pytest.raises(Gone, match='namespaces "not-there" not found'):
        await stage.kube.create(elsewhere)
    with pytest.raises(Invalid, match="unknown field"):
        await stage.kube.create({**part, "daata": {}})
    badly_labelled = {**part, "metadata": {**part["metadata"], "labels": {"a": "not a value"}}}
    with pytest.raises(Invalid, match=r"metadata\.labels"):
        await stage.kube.create(badly_labelled)
    await limit(namespace, "configmaps", 1)
    with pytest.raises(QuotaExceeded, match="narrow"):
        await stage.kube.create(part)


async def test_who_has_no_right_is_told_so(
    api_server: Kubectl, namespace: Kubectl, stage: Stage, tmp_path: Path
) -> None:
    file = await asyncio.to_thread(someone_without_rights, api_server, namespace, tmp_path)

    async with Cluster(file) as stranger:
        with pytest.raises(Forbidden, match="cannot get resource"):
            await stranger.plan(stage.namespace, stage.run.names.plan)


def someone_without_rights(api_server: Kubectl, namespace: Kubectl, folder: Path) -> Path:
    """A kubeconfig of the namespace's own service account."""
    namespace.run("create", "serviceaccount", "nobody")
    token = namespace.run("create", "token", "nobody").strip()
    config = json.loads(api_server.run("config", "view", "--minify", "--raw", "--output=json"))
    config["users"][0]["user"] = {"token": token}
    file = folder / "kubeconfig"
    file.write_text(json.dumps(config))
    return file


async def test_a_server_that_never_answers_is_given_up_in_time(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # it listens, and accepts nobody
        file = kubeconfig_of(tmp_path, f"http://127.0.0.1:{deaf.getsockname()[1]}")
        async with Cluster(file, seconds=0.2) as cluster:
            with pytest.raises(Unavailable, match=r"read Job one: no answer .* within 0.2 s"):
                await cluster.job("any", "one")
            assert not await cluster.can_reach()


async def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    async with Cluster(kubeconfig_of(tmp_path, "http://127.0.0.1:9")) as cluster:
        with pytest.raises(Unavailable, match="can't be reached"):
            await cluster.job("any", "one")


async def test_the_server_can_be_reached(stage: Stage) -> None:
    assert await stage.kube.can_reach()


async def test_a_status_is_merged_into_that_of_the_test(stage: Stage, namespace: Kubectl) -> None:
    namespace_name, name = stage.namespace, "one"
    await asyncio.to_thread(namespace.apply, cancelled_test(name))

    both = {"summary": {"scenario": "Burst", "grade": "Target"}}
    await stage.kube.patch_status(namespace_name, name, both)
    newer = {"summary": {"grade": None}, "newest": {"field": 1}}
    written = await stage.kube.patch_status(namespace_name, name, newer)

    after = written.test
    assert written.dropped == ("status.newest",)
    assert "newest" not in after.status
    assert after.status["summary"]["scenario"] == "Burst"
    assert "grade" not in after.status["summary"]
    assert (after.namespace, after.name, after.terminating) == (namespace_name, name, False)
    with pytest.raises(Conflict, match="write the status of PoolLoadTest one"):
        await stage.kube.patch_status(namespace_name, name, both, resource_version="1")
    with pytest.raises(Gone, match="not found"):
        await stage.kube.patch_status(namespace_name, "another", both)
    with pytest.raises(Invalid, match="phase"):
        await stage.kube.patch_status(namespace_name, name, {"phase": "Sideways"})


async def test_only_the_test_with_the_uid_is_deleted(stage: Stage, namespace: Kubectl) -> None:
    namespace_name, name = stage.namespace, "one"
    await asyncio.to_thread(namespace.apply, cancelled_test(name))
    before = await stage.kube.test(namespace_name, name)
    assert before is not None

    await stage.kube.delete_test(namespace_name, name, str(uuid4()))
    still_there = await stage.kube.test(namespace_name, name)
    assert still_there is not None
    assert not still_there.terminating
    await stage.kube.delete_test(namespace_name, name, before.uid)

    async def gone() -> bool:
        return await stage.kube.test(namespace_name, name) is None

    assert await eventually(gone)
    await stage.kube.delete_test(namespace_name, name, before.uid)


def cancelled_test(name: str) -> dict[str, Any]:
    """A test that an operator that looks at it leaves alone."""
    load = {"type": "Closed", "closed": {"workers": 1}, "stop": {"operations": 1}}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": name},
        "spec": {"load": load, "desiredState": "Cancelled"},
    }
