"""`Cluster`: everything the plugin asks of the API server; decides and prints nothing."""

import json
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Any, Self

from purreal_kubectl.cluster.connecting import Way
from purreal_kubectl.cluster.refusals import missing
from purreal_operator.cluster.api import Answer, Api, Json, succeeded
from purreal_operator.cluster.errors import Gone
from purreal_operator.cluster.kinds import CONFIG_MAPS, PODS, TESTS
from purreal_operator.cluster.parse import pod_view, stored_bytes
from purreal_operator.cluster.views import PodView
from purreal_operator.objects.names import RUNNER_CONTAINER, Component, RunNames

FIELD_MANAGER = "kubectl-purreal"
_REQUEST_SECONDS = 10.0
_WATCH_SECONDS = 30
_MARGIN_SECONDS = 10.0


class Cluster:
    """The Kubernetes API for one event loop; use with `async with`.

    All methods raise `ClusterError`: `Unavailable` if there is no answer in time, `Forbidden` if
    a right is missing, `Gone` if the test, its namespace or its kind is not there.
    """

    def __init__(self, way: Way) -> None:
        self._api = Api(way.connect, _REQUEST_SECONDS)

    async def __aenter__(self) -> Self:
        await self._api.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._api.__aexit__(kind, error, trace)

    async def test(self, namespace: str, name: str) -> Json:
        """Read a test."""
        action = f"read PoolLoadTest {name}"
        answer = await self._api.ask("GET", TESTS.path(namespace, name), action)
        return _found(answer, action, name, namespace)

    async def tests(self, namespace: str | None) -> list[Json]:
        """Read all tests of a namespace; None: of all namespaces."""
        action = "list PoolLoadTests"
        path = TESTS.path(namespace) if namespace else TESTS.everywhere
        answer = await self._api.ask("GET", path, action)
        items: list[Json] = _found(answer, action, "", namespace or "")["items"]
        return items

    async def apply(self, manifest: Json) -> Json:
        """Make a test, or change the one of this name to what is given; returns it as stored.

        Raises:
            Invalid: the API server refuses it, and says which fields are wrong.
        """
        metadata = manifest["metadata"]
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict", "force": "true"}
        return await self._patch(
            metadata["namespace"], metadata["name"], manifest, "apply-patch+yaml", query
        )

    async def change(self, namespace: str, name: str, change: Json) -> Json:
        """Change some fields of a test; returns it as stored."""
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}
        return await self._patch(namespace, name, change, "merge-patch+json", query)

    async def _patch(
        self, namespace: str, name: str, body: Json, kind: str, query: dict[str, str]
    ) -> Json:
        action = f"change PoolLoadTest {name}"
        answer = await self._api.ask(
            "PATCH",
            TESTS.path(namespace, name),
            action,
            query=query,
            body=body,
            content_type=f"application/{kind}",
        )
        return _found(answer, action, name, namespace)

    async def changes(self, namespace: str, name: str) -> AsyncGenerator[Json]:
        """The test as it is, then whenever it changes, for half a minute; ask again after that.

        So short that a connection that died in silence is noticed.

        Raises:
            Gone: it is deleted.
        """
        found = await self.test(namespace, name)
        yield found
        query = {
            "watch": "true",
            "fieldSelector": f"metadata.name={name}",
            "resourceVersion": found["metadata"]["resourceVersion"],
            "timeoutSeconds": str(_WATCH_SECONDS),
        }
        async with self._api.lines(
            TESTS.path(namespace),
            f"watch PoolLoadTest {name}",
            query=query,
            seconds=_WATCH_SECONDS + _MARGIN_SECONDS,
        ) as lines:
            async for line in lines:
                event = json.loads(line)
                if event["type"] == "DELETED":
                    raise Gone(f"PoolLoadTest {name} was deleted")
                if event["type"] == "ERROR":  # such as: the version is too old by now
                    return
                yield event["object"]

    async def namespaces(self) -> list[str]:
        """The names of all namespaces."""
        found = await self._api.get("/api/v1/namespaces", "list namespaces")
        return [each["metadata"]["name"] for each in (found or {}).get("items", ())]

    async def report_bytes(self, namespace: str, config_map: str, key: str) -> bytes | None:
        """Read a stored report; None if it is not there (any more)."""
        path = CONFIG_MAPS.path(namespace, config_map)
        found = await self._api.get(path, f"read ConfigMap {config_map}")
        stored = stored_bytes(found, key) if found is not None else None
        return stored.value if stored is not None else None

    async def runner_pods(self, namespace: str, test: str, run: int) -> list[PodView]:
        """Read the pods of a run's runners, by index and age."""
        selector = RunNames(test, run).selector(Component.RUNNER)
        found = await self._api.get(PODS.path(namespace), "list pods", labelSelector=selector)
        pods = [pod_view(pod) for pod in (found or {}).get("items", ())]
        return sorted(pods, key=lambda pod: (pod.index or 0, pod.created_at))

    async def log(self, namespace: str, pod: str, *, follow: bool) -> AsyncGenerator[str]:
        """The lines of a runner's log; with `follow` also those to come, until it ends."""
        query = {"container": RUNNER_CONTAINER, "follow": str(follow).lower()}
        path, action = PODS.path(namespace, pod, "log"), f"read the log of {pod}"
        async with self._api.lines(path, action, query=query, seconds=None, accept="*/*") as lines:
            async for line in lines:
                yield line.decode(errors="replace").rstrip("\r\n")


def _found(answer: Answer, action: str, name: str, namespace: str) -> dict[str, Any]:
    if answer.status == 404:
        raise missing(answer.body, name, namespace)
    return succeeded(answer, action).json
