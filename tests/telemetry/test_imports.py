"""Who does not ask for OpenTelemetry does not pay for it; what is global is tried in a child."""

import subprocess
import sys

WITHOUT = """
import sys
import purreal, purreal.testing
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
sys.modules["opentelemetry"] = None
try:
    import purreal.telemetry
except ImportError as error:
    print(error)
"""

GLOBAL = """
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from purreal import SurrealDBConnectionPool
from purreal.telemetry import instrument
from purreal.testing import FakeConnector

def pool(name):
    return SurrealDBConnectionPool("ws://fake", name=name, connector=FakeConnector())

pools = [pool("before"), pool("after"), pool("given")]
reader = InMemoryMetricReader()
instrument(pools[0])
metrics.set_meter_provider(MeterProvider([reader]))
instrument(pools[1])
instrument(pools[2], metrics.get_meter_provider())
(resource,) = reader.get_metrics_data().resource_metrics
((scope,),) = [resource.scope_metrics]
for metric in scope.metrics:
    points = metric.data.data_points
    print(metric.name, *sorted({p.attributes["db.client.connection.pool.name"] for p in points}))
"""


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_pool_does_not_import_opentelemetry_and_its_absence_is_explained() -> None:
    assert "pip install 'purreal[otel]'" in run(WITHOUT)


def test_the_global_provider_may_be_set_later() -> None:
    lines = run(GLOBAL).splitlines()
    assert len(lines) == 13
    assert {line.partition(" ")[2] for line in lines} == {"after before given"}
