"""`Cluster`: everything the operator asks of the API server; decides nothing.

Repeats nothing either: whoever asks looks at the cluster again anyway.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from purreal_operator.cluster import kinds
from purreal_operator.cluster.api import (
    FIELD_MANAGER,
    Api,
    Json,
    Resource,
    by_pod_or_file,
    succeeded,
)
from purreal_operator.cluster.errors import Conflict, Unavailable
from purreal_operator.cluster.parse import (
    end_of_log,
    event_view,
    is_terminating,
    job_view,
    owner_uid,
    pod_view,
    stateful_set_view,
    stored_bytes,
    stored_plan,
    test_view,
)
from purreal_operator.cluster.views import (
    Created,
    EventView,
    Existed,
    JobView,
    PodView,
    StatefulSetView,
    StoredBytes,
    StoredPlan,
    TestView,
    WrittenStatus,
)
from purreal_operator.objects.names import Component, RunNames

REQUEST_SECONDS = 10.0
_LOG_READ_FACTOR = 32
_UNKNOWN_FIELD = re.compile('unknown field "(.*)"')


class Cluster:
    """The Kubernetes API for one event loop; use with `async with`, one instance per loop.

    All methods raise `ClusterError`: `Unavailable` if there is no answer in time, `Forbidden` if
    a right is missing. What is not there is None, or a success if it shall be deleted.

    Args:
        kubeconfig: file to connect by; None: the pod's service account, else the user's file.
        seconds: time limit of each request.
    """

    def __init__(self, kubeconfig: Path | None = None, *, seconds: float = REQUEST_SECONDS) -> None:
        self._api = Api(by_pod_or_file(kubeconfig), seconds)

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

    async def create(self, manifest: Json, *, dry_run: bool = False) -> Created | Existed:
        """Make an object; one that was made earlier for the same owner is a success.

        Raises:
            Conflict: the name is taken by another owner's object or by one that is on its way
                out: that of a deleted test of the same name. Try again later.
            Gone: the namespace is not there, or is on its way out.
            QuotaExceeded: there is no room; later there may be.
            Invalid, Forbidden: the cluster refuses the object.
        """
        resource, metadata = kinds.MADE[manifest["kind"]], manifest["metadata"]
        action = f"create {manifest['kind']} {metadata['name']}"
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}
        if dry_run:
            query["dryRun"] = "All"
        path = resource.path(metadata["namespace"])
        answer = await self._api.ask("POST", path, action, query=query, body=manifest)
        if not answer.exists_already:
            return Created(succeeded(answer, action).json["metadata"]["uid"])
        if manifest["kind"] in kinds.NEVER_READ:
            return Existed("")
        return await self._existing(resource, manifest, action)

    async def _existing(self, resource: Resource, manifest: Json, action: str) -> Existed:
        """The object that has the name, if it is the one that was asked for."""
        wanted = manifest["metadata"]
        path = resource.path(wanted["namespace"], wanted["name"])
        found = await self._api.get_metadata(path, action)
        if found is None or is_terminating(found["metadata"]):
            raise Conflict(f"{action}: an earlier one of this name is being removed")
        if owner_uid(found["metadata"]) != owner_uid(wanted):
            raise Conflict(f"{action}: there is one of this name that belongs to something else")
        return Existed(found["metadata"]["uid"])

    async def delete_config_map(self, namespace: str, name: str, *, uid: str | None = None) -> None:
        """Delete a ConfigMap, and with it all that it owns; if `uid` is given, only that one."""
        await self._delete(kinds.CONFIG_MAPS, namespace, name, uid, f"delete ConfigMap {name}")

    async def delete_test(self, namespace: str, name: str, uid: str) -> None:
        """Delete the `PoolLoadTest` with this uid; another one of the same name stays."""
        await self._delete(kinds.TESTS, namespace, name, uid, f"delete PoolLoadTest {name}")

    async def _delete(
        self, resource: Resource, namespace: str, name: str, uid: str | None, action: str
    ) -> None:
        options: Json = {"propagationPolicy": "Background"}
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        path = resource.path(namespace, name)
        answer = await self._api.ask("DELETE", path, action, body=options)
        another_has_the_name = uid is not None and answer.status == 409
        if answer.status != 404 and not another_has_the_name:
            succeeded(answer, action)

    async def plan(self, namespace: str, name: str) -> StoredPlan | None:
        """Read a run's plan ConfigMap."""
        found = await self._get(kinds.CONFIG_MAPS, namespace, name, "ConfigMap")
        return stored_plan(found) if found is not None else None

    async def config_map_bytes(self, namespace: str, name: str, key: str) -> StoredBytes | None:
        """Read the bytes under `key` of a ConfigMap; None if either is not there."""
        found = await self._get(kinds.CONFIG_MAPS, namespace, name, "ConfigMap")
        return stored_bytes(found, key) if found is not None else None

    async def job(self, namespace: str, name: str) -> JobView | None:
        """Read a Job."""
        found = await self._get(kinds.JOBS, namespace, name, "Job")
        return job_view(found) if found is not None else None

    async def stateful_set(self, namespace: str, name: str) -> StatefulSetView | None:
        """Read a StatefulSet."""
        found = await self._get(kinds.STATEFUL_SETS, namespace, name, "StatefulSet")
        return stateful_set_view(found) if found is not None else None

    async def runner_pods(self, namespace: str, test: str, run: int) -> tuple[PodView, ...]:
        """Read all pods of a run's runners, ended ones too, by index and age."""
        selector = RunNames(test, run).selector(Component.RUNNER)
        pods = [pod_view(pod) for pod in await self._pods(namespace, selector)]
        pods.sort(key=lambda pod: (-1 if pod.index is None else pod.index, pod.created_at))
        return tuple(pods)

    async def target_pods(self, namespace: str, target: StatefulSetView) -> tuple[PodView, ...]:
        """Read the pods of a StatefulSet, by name."""
        pods = await self._pods(namespace, target.selector)
        own = [pod_view(pod) for pod in pods if owner_uid(pod["metadata"]) == target.uid]
        return tuple(sorted(own, key=lambda pod: pod.name))

    async def _pods(self, namespace: str, selector: str) -> list[Json]:
        return await self._list(kinds.PODS, namespace, "pods", labelSelector=selector)

    async def events_of(self, namespace: str, uid: str, kind: str) -> tuple[EventView, ...]:
        """Read the events about one object, the last one last."""
        chosen = f"involvedObject.uid={uid},involvedObject.kind={kind}"
        found = await self._list(kinds.EVENTS, namespace, "events", fieldSelector=chosen)
        events = [event_view(event) for event in found]
        events.sort(key=lambda event: event.last_seen.timestamp() if event.last_seen else 0.0)
        return tuple(events)

    async def pod_log_tail(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        lines: int = 50,
        max_bytes: int = 8192,
        previous: bool = False,
    ) -> str:
        """Read the end of a container's log; empty if there is none (any more).

        Args:
            namespace: of the pod.
            pod: its name.
            container: its name.
            lines: at most so many, the last ones.
            max_bytes: at most so many, the last ones; a line that does not fit is left out.
            previous: of the container before its last restart.
        """
        query = {
            "container": container,
            "tailLines": str(lines),
            # it cuts at the end of the tail, so it is only there for logs of monstrous lines
            "limitBytes": str(max_bytes * _LOG_READ_FACTOR),
            "previous": str(previous).lower(),
        }
        action = f"read the log of {pod}"
        path = kinds.PODS.path(namespace, pod, "log")
        answer = await self._api.ask("GET", path, action, query=query, accept="*/*")
        if answer.status in (400, 404):  # 400: the container has not started, or never did before
            return ""
        return end_of_log(succeeded(answer, action).body, max_bytes)

    async def test(self, namespace: str, name: str) -> TestView | None:
        """Read a `PoolLoadTest`."""
        found = await self._get(kinds.TESTS, namespace, name, "PoolLoadTest")
        return test_view(found) if found is not None else None

    async def tests(self, namespaces: Sequence[str] = ()) -> list[Json] | None:
        """Read all `PoolLoadTest`s as they are stored; None if the API does not know the resource.

        Args:
            namespaces: where to look; empty: everywhere.
        """
        found: list[Json] = []
        for namespace in namespaces or ("",):
            path = kinds.TESTS.path(namespace) if namespace else kinds.TESTS.everywhere
            listed = await self._api.get(path, "list PoolLoadTests")
            if listed is None:
                return None
            found += listed["items"]
        return found

    async def patch_status(
        self,
        namespace: str,
        name: str,
        status: Mapping[str, Any],
        *,
        resource_version: str | None = None,
    ) -> WrittenStatus:
        """Merge `status` into that of a test: None removes a field, a list replaces a list.

        Args:
            namespace: of the test.
            name: of the test.
            status: what to change.
            resource_version: of the resource this goes out from; None: whatever there is.

        Raises:
            Conflict: the resource has changed since `resource_version`.
            Gone: there is no such test.
            Invalid: a value does not follow the schema; unknown fields are dropped by the server.
        """
        patch: Json = {"status": dict(status)}
        if resource_version is not None:
            patch["metadata"] = {"resourceVersion": resource_version}
        action = f"write the status of PoolLoadTest {name}"
        answer = await self._api.ask(
            "PATCH",
            kinds.TESTS.path(namespace, name, "status"),
            action,
            # A CustomResourceDefinition of an older version drops what it does not know: a status
            # without its newest field is better than none.
            query={"fieldManager": FIELD_MANAGER, "fieldValidation": "Warn"},
            body=patch,
            content_type="application/merge-patch+json",
        )
        test = test_view(succeeded(answer, action).json)
        found = (_UNKNOWN_FIELD.fullmatch(warning) for warning in answer.warnings)
        return WrittenStatus(test, tuple(match[1] for match in found if match))

    async def can_reach(self) -> bool:
        """Whether the API server answers."""
        try:
            return (await self._api.ask("GET", "/version", "ask for the version")).status == 200
        except Unavailable:
            return False

    async def _get(self, resource: Resource, namespace: str, name: str, kind: str) -> Json | None:
        return await self._api.get(resource.path(namespace, name), f"read {kind} {name}")

    async def _list(
        self, resource: Resource, namespace: str, what: str, **query: str
    ) -> list[Json]:
        found = await self._api.get(resource.path(namespace), f"list {what}", **query)
        items: list[Json] = (found or {}).get("items") or []
        return items
