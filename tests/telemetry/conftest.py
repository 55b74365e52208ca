"""Pools on scripted connections, and readers that keep in memory what was reported."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricsData

from purreal import SurrealDBConnectionPool
from purreal.testing import FakeConnector


@pytest.fixture
def connector() -> FakeConnector:
    return FakeConnector()


@pytest.fixture
async def make_pool(
    connector: FakeConnector,
) -> AsyncIterator[Callable[..., SurrealDBConnectionPool]]:
    pools: list[SurrealDBConnectionPool] = []

    def make(**settings: Any) -> SurrealDBConnectionPool:
        settings = {"connector": connector, "min_size": 1, "max_size": 2, **settings}
        pool = SurrealDBConnectionPool("ws://fake", **settings)
        pools.append(pool)
        return pool

    yield make
    for pool in pools:
        await pool.close(grace=0)
    pools.clear()


@pytest.fixture
def reader() -> InMemoryMetricReader:
    return InMemoryMetricReader()


@pytest.fixture
def meter_provider(reader: InMemoryMetricReader) -> Iterator[MeterProvider]:
    provider = MeterProvider([reader])
    yield provider
    provider.shutdown()


@pytest.fixture
def collect(
    reader: InMemoryMetricReader, meter_provider: MeterProvider
) -> Callable[[], dict[str, dict[frozenset[tuple[str, Any]], float]]]:
    """All values of the moment: name of the metric -> attributes -> value."""

    def values() -> dict[str, dict[frozenset[tuple[str, Any]], float]]:
        data: MetricsData | None = reader.get_metrics_data()
        return {
            metric.name: {
                frozenset(point.attributes.items()): point.value
                for point in metric.data.data_points
            }
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    return values
