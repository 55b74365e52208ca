"""Writes the status of a test and tells by events what is new in it; decides nothing."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from purreal_operator.cluster.cluster import Cluster
from purreal_operator.cluster.errors import ClusterError, Gone, Invalid
from purreal_operator.cluster.views import TestView
from purreal_operator.metrics.operator_metrics import OperatorMetrics
from purreal_operator.news import News, news_between, refused_status
from purreal_operator.objects.event import event_of_test
from purreal_operator.objects.identity import RunIdentity
from purreal_operator.status.model import PoolLoadTestStatus

logger = logging.getLogger(__name__)

_OUTDATED = (
    "the cluster has no place for %s: its CustomResourceDefinition is older than this operator; "
    "apply the one that came with it (manifests/crd.yaml). Until then statuses lack these fields"
)


class StatusWriter:
    """Writes statuses; of what the cluster leaves out it warns once.

    Args:
        cluster: to write to.
        metrics: counts what becomes of it.
    """

    def __init__(self, cluster: Cluster, metrics: OperatorMetrics) -> None:
        self._cluster = cluster
        self._metrics = metrics
        self._missed: set[str] = set()

    async def write(
        self,
        test: TestView,
        about: RunIdentity,
        before: PoolLoadTestStatus,
        after: PoolLoadTestStatus,
    ) -> None:
        """Write `after` in the place of `before`, and tell what is new.

        Raises:
            Conflict: the test has changed since it was looked at.
            ClusterError: it could not be written.
        """
        try:
            with self._metrics.failed_writes():
                written = await self._cluster.patch_status(
                    test.namespace,
                    test.name,
                    _patch(before, after),
                    resource_version=test.resource_version,
                )
        except Invalid as error:
            await self._tell(about, [refused_status(str(error))])
            raise
        self._metrics.status_written(before, after, whole=not written.dropped)
        self._warn_of(written.dropped)
        await self._tell(about, news_between(before, after))

    def _warn_of(self, dropped: tuple[str, ...]) -> None:
        missed = sorted(set(dropped) - self._missed)
        if missed:
            self._missed.update(missed)
            logger.warning(_OUTDATED, ", ".join(missed))

    async def _tell(self, about: RunIdentity, news: Iterable[News]) -> None:
        for each in news:
            event = event_of_test(
                about, each.type, each.reason, each.message, key=each.key, at=datetime.now(UTC)
            )
            try:
                await self._cluster.create(event)
            except Gone:
                return
            except ClusterError as error:
                # An event is a courtesy: the status says the same.
                logger.warning("%s: %s", about.test.name, error)


def _patch(before: PoolLoadTestStatus, after: PoolLoadTestStatus) -> dict[str, Any]:
    """The status as it is to be merged: what left a map must be said, or it stays for ever."""
    changed = after.model_dump(mode="json", by_alias=True)
    changed["refusedPushes"] = dict.fromkeys(before.refused_pushes) | changed["refusedPushes"]
    return changed
