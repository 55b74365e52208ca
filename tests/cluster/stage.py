"""A run of no test in a namespace: its names, its stored plan, and builders of what it needs."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from purreal_operator.cluster.cluster import Cluster
from purreal_operator.cluster.views import Created, PodView
from purreal_operator.objects.access import ephemeral_access
from purreal_operator.objects.identity import RunIdentity, TestIdentity
from purreal_operator.objects.metadata import Manifest
from purreal_operator.objects.plan import plan_config_map
from purreal_operator.objects.results import part_config_map
from purreal_operator.objects.runner_pod import Runners
from purreal_operator.objects.secrets import (
    hash_of,
    runner_token_secret,
    target_credentials_secret,
    target_token_secret,
)
from purreal_operator.objects.target import EphemeralDatabase
from purreal_runner.document.metadata import LONGEST_NAME
from purreal_runner.document.model import PoolLoadTestSpec
from purreal_runner.document.runner_pod import RunnerPod
from purreal_runner.document.target import DEFAULT_IMAGE
from tests.cluster.kubectl import Kubectl

OPERATOR_URL = "http://purreal-operator.purreal-system.svc:8080"
EXPORT_URL = "http://purreal-operator.purreal-system.svc:4317"
TOKEN = "a-token"
PASSWORD = "p w%2B=ü"
DOCUMENT = '{"kind": "PoolLoadTest"}'

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where objects of a run can be made.

    Attributes:
        kube: the cluster.
        run: whose names are as long as they can be.
        plan_uid: of its stored plan, which has no owner: there is no test.
    """

    kube: Cluster
    run: RunIdentity
    plan_uid: str

    @property
    def namespace(self) -> str:
        """Of the run."""
        return self.run.test.namespace

    async def pods(self) -> tuple[PodView, ...]:
        """Of the runners."""
        return await self.kube.runner_pods(self.namespace, self.run.test.name, self.run.run)

    async def make_secrets(self) -> None:
        """Make all that pods of the run want to have."""
        for manifest in (
            runner_token_secret(self.run, self.plan_uid, TOKEN),
            target_token_secret(self.run, self.plan_uid, TOKEN),
            target_credentials_secret(self.run, self.plan_uid, username="root", password=PASSWORD),
        ):
            await self.kube.create(manifest)

    def part(self, index: int = 0, content: bytes = b"") -> Manifest:
        """What a runner found."""
        return part_config_map(self.run, self.plan_uid, index=index, pod_uid="a-pod", part=content)

    def runners(self, image: str, pod: RunnerPod | None = None) -> Runners:
        """Two runners."""
        return Runners(
            run=self.run,
            spec=two_runners(pod),
            access=ephemeral_access(self.run, self.plan_uid),
            token_secret=self.run.names.runner_token(hash_of(TOKEN)),
            operator_url=OPERATOR_URL,
            image=image,
        )

    def database(self) -> EphemeralDatabase:
        """A database of its own."""
        return EphemeralDatabase(
            run=self.run,
            plan_uid=self.plan_uid,
            image=DEFAULT_IMAGE,
            start_seconds=60,
            token_secret=self.run.names.target_token(hash_of(TOKEN)),
            export_url=EXPORT_URL,
        )


def two_runners(pod: RunnerPod | None = None) -> PoolLoadTestSpec:
    """The smallest document with more than one runner."""
    load = {"type": "Closed", "closed": {"workers": 30}, "stop": {"operations": 100}}
    runners = {"replicas": 2, "pod": pod or RunnerPod()}
    return PoolLoadTestSpec.model_validate({"load": load, "runners": runners})


@asynccontextmanager
async def set_stage(namespace: Kubectl) -> AsyncIterator[Stage]:
    """Store the plan of a run in a namespace."""
    assert namespace.namespace is not None
    run = TestIdentity(namespace.namespace, "x" * LONGEST_NAME, str(uuid4())).run(99_999)
    plan = plan_config_map(run, DOCUMENT)
    del plan["metadata"]["ownerReferences"]  # or the garbage collector would take it away
    async with Cluster(Path(namespace.kubeconfig)) as kube:
        made = await kube.create(plan)
        assert isinstance(made, Created)
        yield Stage(kube, run, made.uid)


async def eventually(look: Callable[[], Awaitable[Found | None]], seconds: float = 90.0) -> Found:
    """What `look` returns once there is something; a real cluster has no virtual time."""
    async with asyncio.timeout(seconds):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.2)


async def limit(namespace: Kubectl, what: str, most: int) -> None:
    """Set a quota and wait until it holds."""
    spec = {"hard": {what: str(most)}}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "narrow"}}
    await asyncio.to_thread(namespace.apply, {**quota, "spec": spec})
    path = f"jsonpath={{.status.hard.{what}}}={most}"
    await asyncio.to_thread(namespace.wait, "resourcequota/narrow", path, seconds=30.0)


def kubeconfig_of(folder: Path, server: str) -> Path:
    """A file that leads to a server without TLS."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "one",
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "clusters": [{"name": "one", "cluster": {"server": server}}],
        "users": [{"name": "one", "user": {}}],
    }
    file = folder / "kubeconfig"
    file.write_text(json.dumps(config))
    return file
