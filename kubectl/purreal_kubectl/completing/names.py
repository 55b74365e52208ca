"""Names of tests, runs, namespaces and contexts for completion; gives up after a short time."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from purreal_kubectl.asked import Asked
from purreal_kubectl.cluster.cluster import Cluster
from purreal_kubectl.cluster.connecting import contexts, find_way
from purreal_kubectl.options import Kind
from purreal_operator.status.reading import status_of

_SECONDS = 3.0


def names(kind: Kind | None, said: Mapping[str, str]) -> dict[str, str]:
    """The names of one kind with what they mean.

    Args:
        kind: what is wanted.
        said: what is on the command line already.

    Raises:
        Exception: whatever keeps the cluster from answering.
    """
    file = said.get("kubeconfig")
    asked = Asked(Path(file) if file else None, said.get("context"))
    if kind is Kind.CONTEXT:
        return dict.fromkeys(contexts(asked), "")
    return asyncio.run(_from_cluster(kind, asked, said))


async def _from_cluster(kind: Kind | None, asked: Asked, said: Mapping[str, str]) -> dict[str, str]:
    way = find_way(asked)
    namespace = said.get("namespace") or way.namespace
    async with asyncio.timeout(_SECONDS), Cluster(way) as cluster:
        if kind is Kind.NAMESPACE:
            return dict.fromkeys(await cluster.namespaces(), "")
        if kind is Kind.RUN:
            status = status_of(await cluster.test(namespace, said["name"]))
            return {str(entry.run): entry.verdict.value for entry in status.history}
        found = [(test, status_of(test)) for test in await cluster.tests(namespace)]
        return {
            test["metadata"]["name"]: str(status.verdict or status.phase or "")
            for test, status in found
        }
