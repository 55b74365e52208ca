"""The pool's numbers as OpenTelemetry metrics, read only when somebody collects them."""

import asyncio
import gc
import weakref
from pathlib import Path
from unittest.mock import Mock

import pytest
from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.semconv._incubating.attributes import db_attributes
from opentelemetry.semconv._incubating.metrics import db_metrics

from purreal import AcquireTimeout, ConfigurationError, SurrealDBConnectionPool
from purreal.telemetry import instrument
from purreal.telemetry._catalog import METRICS
from purreal.testing import FakeConnector, fails, slow

pytestmark = pytest.mark.looptime

CONVENTIONAL = [metric for metric in METRICS if metric.name.startswith("db.")]


def of(pool_name, **attributes):
    """The attributes of a value, `__` standing for the dots in their names."""
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    return frozenset(
        {
            db_attributes.DB_SYSTEM_NAME: "surrealdb",
            db_attributes.DB_CLIENT_CONNECTION_POOL_NAME: pool_name,
            **named,
        }.items()
    )


def state(pool_name, value):
    return of(pool_name, **{db_attributes.DB_CLIENT_CONNECTION_STATE: value})


@pytest.mark.parametrize("metric", CONVENTIONAL, ids=lambda metric: metric.name)
def test_name_unit_kind_and_description_are_those_of_the_conventions(metric):
    meter = Mock(spec=Meter)
    getattr(db_metrics, f"create_{metric.name.replace('.', '_')}")(meter)
    kind = meter.create_counter if metric.only_grows else meter.create_up_down_counter
    kind.assert_called_once_with(name=metric.name, unit=metric.unit, description=metric.description)


def test_all_metrics_are_named():
    assert [(metric.name, metric.unit) for metric in METRICS] == [
        ("db.client.connection.count", "{connection}"),
        ("db.client.connection.idle.max", "{connection}"),
        ("db.client.connection.idle.min", "{connection}"),
        ("db.client.connection.max", "{connection}"),
        ("db.client.connection.pending_requests", "{request}"),
        ("db.client.connection.timeouts", "{timeout}"),
        ("purreal.acquire.requests", "{request}"),
        ("purreal.acquire.wait_time", "s"),
        ("purreal.lease.returns", "{lease}"),
        ("purreal.lease.use_time", "s"),
        ("purreal.connect.attempts", "{attempt}"),
        ("purreal.connect.create_time", "s"),
        ("purreal.connection.lost", "{connection}"),
    ]


def test_all_metrics_are_documented():
    page = (Path(__file__).parents[2] / "docs" / "telemetry.md").read_text(encoding="utf-8")
    assert not [m.name for m in METRICS if f"| `{m.name}` |" not in page]


async def test_limits_and_states_are_reported(make_pool, meter_provider, collect):
    pool = make_pool(name="shop", min_size=2, max_size=3)
    await pool.open()
    with instrument(pool, meter_provider):
        async with pool.acquire():
            values = collect()
    assert set(values) == {metric.name for metric in METRICS}
    assert values["db.client.connection.count"] == {
        state("shop", "idle"): 1,
        state("shop", "used"): 1,
    }
    assert values["db.client.connection.idle.min"] == {of("shop"): 2}
    assert values["db.client.connection.idle.max"] == {of("shop"): 3}
    assert values["db.client.connection.max"] == {of("shop"): 3}


async def test_a_connection_being_checked_counts_as_used(
    make_pool, connector, meter_provider, collect
):
    pool = make_pool(name="shop", check_after_idle=0)
    await pool.open()
    gate = connector.hold("check")
    with instrument(pool, meter_provider):
        task = asyncio.create_task(pool.checkout())
        await gate.arrived(1)
        counts = collect()["db.client.connection.count"]
        gate.open()
        pool.checkin(await task)
    assert counts == {state("shop", "idle"): 0, state("shop", "used"): 1}


async def test_waiting_and_timed_out_callers_are_reported(make_pool, meter_provider, collect):
    pool = make_pool(name="shop", max_size=1)
    await pool.open()
    with instrument(pool, meter_provider):
        lease = await pool.checkout()
        task = asyncio.create_task(pool.checkout(timeout=3.0))
        await asyncio.sleep(1.0)
        waiting = collect()
        with pytest.raises(AcquireTimeout):
            await task
        after = collect()
        pool.checkin(lease)
    assert waiting["db.client.connection.pending_requests"] == {of("shop"): 1}
    assert waiting["db.client.connection.timeouts"] == {of("shop"): 0}
    assert after["db.client.connection.pending_requests"] == {of("shop"): 0}
    assert after["db.client.connection.timeouts"] == {of("shop"): 1}


async def test_requests_are_counted_by_outcome(make_pool, meter_provider, collect):
    pool = make_pool(name="shop", max_size=1, max_waiting=0)
    await pool.open()
    with instrument(pool, meter_provider):
        async with pool.acquire():
            shed = await asyncio.gather(
                asyncio.create_task(pool.checkout()), return_exceptions=True
            )
        values = collect()["purreal.acquire.requests"]
    assert len(shed) == 1
    assert values == {
        of("shop", purreal__acquire__outcome="granted"): 1,
        of("shop", purreal__acquire__outcome="timed_out"): 0,
        of("shop", purreal__acquire__outcome="shed"): 1,
        of("shop", purreal__acquire__outcome="cancelled"): 0,
        of("shop", purreal__acquire__outcome="failed"): 0,
    }


async def test_times_are_totals_in_seconds(make_pool, connector, meter_provider, collect):
    connector.script("connect", slow(0.5))
    pool = make_pool(name="shop", max_size=1)
    await pool.open()

    async def borrow():
        async with pool.acquire():
            await asyncio.sleep(2.0)

    with instrument(pool, meter_provider):
        await asyncio.gather(borrow(), borrow())
        values = collect()
    assert values["purreal.connect.create_time"] == {of("shop"): pytest.approx(0.5)}
    assert values["purreal.acquire.wait_time"] == {of("shop"): pytest.approx(2.0)}
    assert values["purreal.lease.use_time"] == {of("shop"): pytest.approx(4.0)}
    assert values["purreal.lease.returns"] == {of("shop"): 2}


async def test_connects_failed_connects_and_losses_are_counted(
    make_pool, connector, meter_provider, collect
):
    connector.script("connect", fails(OSError("no route")))
    pool = make_pool(name="shop", min_size=1)
    with instrument(pool, meter_provider):
        await pool.open()
        connector.connections[0].lose()
        values = collect()
    assert values["purreal.connect.attempts"] == {
        of("shop", purreal__connect__outcome="connected"): 1,
        of("shop", purreal__connect__outcome="failed"): 1,
    }
    assert values["purreal.connection.lost"] == {of("shop"): 1}


async def test_a_pool_that_is_not_open_reports_zero(make_pool, meter_provider, collect):
    with instrument(make_pool(name="shop"), meter_provider):
        assert collect()["db.client.connection.count"] == {
            state("shop", "idle"): 0,
            state("shop", "used"): 0,
        }


async def test_pools_report_side_by_side(make_pool, meter_provider, collect):
    one, two = make_pool(name="one", max_size=3), make_pool(name="two", max_size=4)
    with instrument(one, meter_provider), instrument(two, meter_provider):
        assert collect()["db.client.connection.max"] == {of("one"): 3, of("two"): 4}


async def test_each_provider_gets_the_pools_it_was_given(make_pool, meter_provider, collect):
    other = MeterProvider([InMemoryMetricReader()])
    with (
        instrument(make_pool(name="one"), meter_provider),
        instrument(make_pool(name="two"), other),
    ):
        assert set(collect()["db.client.connection.max"]) == {of("one")}
    other.shutdown()


async def test_a_closed_handle_stops_reporting(make_pool, meter_provider, collect):
    one, two = make_pool(name="one"), make_pool(name="two")
    handle = instrument(one, meter_provider)
    with instrument(two, meter_provider):
        handle.close()
        assert set(collect()["db.client.connection.max"]) == {of("two")}
    assert collect() == {}


async def test_a_pool_can_be_instrumented_again_and_an_old_handle_leaves_it_alone(
    make_pool, meter_provider, collect
):
    pool = make_pool(name="shop")
    old = instrument(pool, meter_provider)
    old.close()
    with instrument(pool, meter_provider):
        old.close()
        assert set(collect()["db.client.connection.max"]) == {of("shop")}


@pytest.mark.parametrize("same", [True, False], ids=["same pool", "same name"])
async def test_what_could_not_be_told_apart_is_refused(make_pool, meter_provider, same):
    pool = make_pool(name="shop")
    other = pool if same else make_pool(name="shop")
    with (
        instrument(pool, meter_provider),
        pytest.raises(ConfigurationError, match=r"'shop' is instrumented already.*name="),
    ):
        instrument(other, meter_provider)


async def test_a_closed_pool_is_replaced_by_its_successor(make_pool, meter_provider, collect):
    first = make_pool(name="shop", max_size=3)
    forgotten = instrument(first, meter_provider)
    await first.close()
    with instrument(make_pool(name="shop", max_size=4), meter_provider):
        assert collect()["db.client.connection.max"] == {of("shop"): 4}
        forgotten.close()
        assert collect()["db.client.connection.max"] == {of("shop"): 4}


@pytest.mark.parametrize("close", [True, False], ids=["closed handle", "forgotten handle"])
async def test_a_pool_is_not_kept_alive(meter_provider, collect, close):
    pool = SurrealDBConnectionPool("ws://fake", connector=FakeConnector(), name="shop")
    handle = instrument(pool, meter_provider)
    async with pool:
        collect()
    if close:
        handle.close()
    gone = weakref.ref(pool)
    del pool
    gc.collect()
    assert gone() is None
    assert collect() == {}
    handle.close()
