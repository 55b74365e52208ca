"""Spans and metrics of a pool on the embedded engine and, where there is one, a real server."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from surrealdb.errors import ThrownError

from purreal import Credentials, SurrealDBConnectionPool
from purreal.telemetry import instrument, trace_exchanges


async def test_a_statement_that_throws_shows_in_span_and_metrics(
    target, lend, meter_provider, collect
):
    exporter = InMemorySpanExporter()
    tracer_provider = TracerProvider()
    tracer_provider.add_span_processor(SimpleSpanProcessor(exporter))
    pool = SurrealDBConnectionPool(
        target.url,
        credentials=Credentials(target.username, target.password),
        min_size=1,
        lend=lend,
        on_exchange=trace_exchanges(tracer_provider),
    )
    async with pool:
        with instrument(pool, meter_provider):
            with pytest.raises(ThrownError):
                await pool.query("RETURN 1; THROW 'my secret'")
            values = collect()
    (span,) = exporter.get_finished_spans()
    assert span.attributes["error.type"] == "Thrown"
    assert "secret" not in span.to_json()
    assert list(values["purreal.lease.returns"].values()) == [1]
    tracer_provider.shutdown()
