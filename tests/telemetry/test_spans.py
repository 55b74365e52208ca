"""One client span for each request, made when it has ended."""

import asyncio

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.semconv._incubating.attributes import db_attributes
from opentelemetry.semconv.attributes import error_attributes
from opentelemetry.trace import SpanKind, StatusCode
from surrealdb.errors import AlreadyExistsError

from purreal import ConnectionLost, Exchange, Outcome, RequestTimeout
from purreal.telemetry import trace_exchanges
from purreal.testing import NEVER, fails, returns, slow

pytestmark = pytest.mark.looptime

SECRET = "my secret"


def ok():
    return {"status": "OK", "result": SECRET, "time": "1ms"}


def failed(kind, **more):
    return {"status": "ERR", "result": f"{SECRET} is wrong", "time": "1ms", "kind": kind, **more}


@pytest.fixture
def exporter():
    return InMemorySpanExporter()


@pytest.fixture
def tracer_provider(exporter):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider
    provider.shutdown()


@pytest.fixture
def only_span(exporter):
    def get():
        (span,) = exporter.get_finished_spans()
        return span

    return get


async def test_a_request_leaves_a_client_span(make_pool, connector, tracer_provider, only_span):
    connector.script("request", slow(2.0))
    async with make_pool(on_exchange=trace_exchanges(tracer_provider)) as pool:
        await pool.query("RETURN $x", {"x": SECRET})
    span = only_span()
    assert (span.name, span.kind) == ("query", SpanKind.CLIENT)
    assert span.end_time - span.start_time == pytest.approx(2.0e9)
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes) == {
        db_attributes.DB_SYSTEM_NAME: "surrealdb",
        db_attributes.DB_OPERATION_NAME: "query",
    }


async def test_attributes_of_the_application_are_added(make_pool, tracer_provider, only_span):
    on_exchange = trace_exchanges(tracer_provider, attributes={"db.namespace": "shop|checkout"})
    async with make_pool(on_exchange=on_exchange) as pool:
        await pool.query("RETURN 1")
    assert only_span().attributes["db.namespace"] == "shop|checkout"


async def test_the_borrowers_span_is_the_parent(make_pool, tracer_provider, exporter):
    tracer = tracer_provider.get_tracer("application")
    async with make_pool(on_exchange=trace_exchanges(tracer_provider)) as pool:
        with tracer.start_as_current_span("checkout"):
            await pool.query("RETURN 1")
    child, parent = exporter.get_finished_spans()
    assert child.parent.span_id == parent.context.span_id
    assert child.context.trace_id == parent.context.trace_id


@pytest.mark.parametrize(
    ("error", "error_type", "outcome"),
    [
        (ConnectionLost(SECRET, outcome=Outcome.NOT_SENT), "purreal.ConnectionLost", "not_sent"),
        (RequestTimeout(SECRET), "purreal.RequestTimeout", "unknown"),
        (ValueError(SECRET), "ValueError", None),
    ],
    ids=["lost", "timed out", "other"],
)
async def test_a_request_that_failed_names_the_class_of_its_error(
    make_pool, connector, tracer_provider, only_span, error, error_type, outcome
):
    connector.script("request", fails(error))
    async with make_pool(on_exchange=trace_exchanges(tracer_provider)) as pool:
        with pytest.raises(type(error)):
            await pool.query("RETURN 1")
    span = only_span()
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes[error_attributes.ERROR_TYPE] == error_type
    assert span.attributes.get("purreal.request.outcome") == outcome
    assert db_attributes.DB_RESPONSE_STATUS_CODE not in span.attributes
    assert SECRET not in span.to_json()


async def test_a_cancelled_request_ends_its_span(make_pool, connector, tracer_provider, only_span):
    connector.script("request", NEVER)
    async with make_pool(on_exchange=trace_exchanges(tracer_provider)) as pool:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3.0):
                await pool.query("RETURN 1")
    span = only_span()
    assert span.attributes[error_attributes.ERROR_TYPE] == "asyncio.exceptions.CancelledError"
    assert span.end_time - span.start_time == pytest.approx(3.0e9)


REFUSALS = {
    "the request": fails(AlreadyExistsError("AlreadyExists", SECRET)),
    "a statement": returns([ok(), failed("AlreadyExists")]),
    "the cause of a cancelled transaction": returns(
        [failed("Query", details={"kind": "NotExecuted"}), failed("AlreadyExists")]
    ),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
async def test_what_the_server_refused_has_its_kind_of_error(
    make_pool, connector, tracer_provider, only_span, refusal
):
    connector.script("request", refusal)
    async with make_pool(on_exchange=trace_exchanges(tracer_provider)) as pool:
        with pytest.raises(AlreadyExistsError):
            await pool.query("CREATE person:1")
    span = only_span()
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes[db_attributes.DB_RESPONSE_STATUS_CODE] == "AlreadyExists"
    assert span.attributes[error_attributes.ERROR_TYPE] == "AlreadyExists"
    assert span.attributes["purreal.request.outcome"] == "rejected"
    assert SECRET not in span.to_json()


@pytest.mark.parametrize("result", [None, 7, ["ERR"], [{"status": "ERR"}], [{}]], ids=repr)
def test_no_reply_is_too_strange(tracer_provider, only_span, result):
    trace_exchanges(tracer_provider)(Exchange(1, "query", 0.1, {"result": result}, None))
    assert only_span().name == "query"


async def test_what_is_not_sampled_is_not_exported(make_pool, exporter):
    provider = TracerProvider(sampler=ALWAYS_OFF)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    async with make_pool(on_exchange=trace_exchanges(provider)) as pool:
        await pool.query("RETURN 1")
    assert exporter.get_finished_spans() == ()
    provider.shutdown()
