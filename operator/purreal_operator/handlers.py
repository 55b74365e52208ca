"""What Kopf calls: starting, hearing of tests, ending; everything else is done elsewhere.

Only low-level event handlers: they need no finalizer and write no annotation, so deleting a test
never waits for the operator. Progress is level-based and lives in the status.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import kopf

from purreal_operator.act import Actor
from purreal_operator.cluster.cluster import Cluster
from purreal_operator.cluster.errors import ClusterError
from purreal_operator.heartbeat import Heartbeat
from purreal_operator.metrics.operator_metrics import OperatorMetrics
from purreal_operator.observe import Observer
from purreal_operator.receiver.server import Receiver
from purreal_operator.reconcile import Reconciler
from purreal_operator.results.concluding import Concluder
from purreal_operator.settings import OperatorSettings
from purreal_runner.document.kubernetes import GROUP, PLURAL, VERSION

logger = logging.getLogger(__name__)

_REQUEST_SECONDS = 30.0
_INACTIVITY_SECONDS = 70.0
_MOST_WORKERS = 20
_LIST_AGAIN_SECONDS = 2.0


class Operating:
    """The operator's parts that belong to Kopf's event loop, between its start and its end."""

    def __init__(
        self, settings: OperatorSettings, receiver: Receiver, metrics: OperatorMetrics
    ) -> None:
        self.heartbeat = Heartbeat()
        self._metrics = metrics
        self._settings = settings
        self._receiver = receiver
        self._stack = AsyncExitStack()
        self._reconciler: Reconciler | None = None
        self._beating: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect to the cluster; from now on tests may be heard of."""
        cluster = await self._stack.enter_async_context(Cluster())
        rooms = self._receiver.rooms
        concluder = Concluder(cluster, rooms, self._receiver.pass_on)
        actor = Actor(cluster, self._settings, concluder)
        observer = Observer(cluster, rooms, forwarding=self._settings.forwarding)
        self._reconciler = Reconciler(cluster, rooms, observer, actor, self._metrics)
        # All at once, before any is looked at: each must know who is ahead of it on its target.
        for resource in await all_tests(cluster, self._settings.namespaces):
            self._reconciler.heard_of(resource)
        self._beating = asyncio.create_task(self.heartbeat.keep(), name="heartbeat")

    def heard_of(self, resource: Mapping[str, Any]) -> None:
        """A test was made, changed or deleted."""
        if self._reconciler is not None:
            self._reconciler.heard_of(resource)

    async def stop(self) -> None:
        """End what was begun; the next operator goes on from what is stored."""
        if self._reconciler is not None:
            await self._reconciler.stop()
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.wait({self._beating})
        await self._stack.aclose()


async def all_tests(cluster: Cluster, namespaces: Sequence[str]) -> list[dict[str, Any]]:
    """The tests there are, as soon as the cluster tells them.

    Kopf would wait in silence for ever for a resource that is defined after the operator's start.
    A start that takes too long is ended by the kubelet's startup probe.
    """
    while True:
        try:
            found = await cluster.tests(namespaces)
        except ClusterError as error:
            logger.warning("PoolLoadTests can't be listed, tried again: %s", error)
        else:
            if found is not None:
                return found
            logger.warning("the cluster knows no PoolLoadTests (yet): apply manifests/crd.yaml")
        await asyncio.sleep(_LIST_AGAIN_SECONDS)


def registry_of(operating: Operating) -> kopf.OperatorRegistry:
    """The handlers, for `kopf.run`."""
    registry = kopf.OperatorRegistry()

    @kopf.on.startup(registry=registry)
    async def start(settings: kopf.OperatorSettings, **_: Any) -> None:
        settings.scanning.disabled = True  # no rights to look through namespaces and resources
        settings.networking.request_timeout = _REQUEST_SECONDS
        settings.watching.inactivity_timeout = _INACTIVITY_SECONDS
        settings.queueing.worker_limit = _MOST_WORKERS
        settings.posting.enabled = False
        await operating.start()

    @kopf.on.login(registry=registry)
    def sign_in(**known: Any) -> kopf.ConnectionInfo | None:
        return kopf.login_with_service_account(**known) or kopf.login_with_kubeconfig(**known)

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
    async def hear(event: kopf.RawEvent, **_: Any) -> None:
        operating.heard_of(event["object"])

    @kopf.on.cleanup(registry=registry)
    async def stop(**_: Any) -> None:
        await operating.stop()

    return registry
