"""A real SurrealDB exports into a room: its own numbers, and its spans below a sampled query."""

import asyncio

import pytest

from purreal._connector import WebSocketConnector
from purreal._credentials import Credentials
from purreal_operator.receiver.messages import spans_in
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.receiver.server import Ports, Receiver
from purreal_runner.embedded.launch import start_server
from purreal_runner.otlp.identity import trace_of
from tests.receiver.sending import (
    DATABASE_TOKEN,
    RUN,
    FakeStore,
    SentSpan,
    hash_of,
    room_plan,
    spans_message,
)

QUERY_SPAN = 0xB7AD6B7169203331


class WatchedRooms(Rooms):
    """Rooms that say when the database has told something."""

    def __init__(self):
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._told = asyncio.Event()

    def take_spans(self, run_id, spans):
        super().take_spans(run_id, spans)
        self._loop.call_soon_threadsafe(self._told.set)

    def take_reading(self, run_id, reading):
        super().take_reading(run_id, reading)
        self._loop.call_soon_threadsafe(self._told.set)

    async def until(self, condition):
        async with asyncio.timeout(30):
            while not condition(self.view(RUN)):
                self._told.clear()
                await self._told.wait()
        return self.view(RUN)


@pytest.fixture
async def rooms():
    rooms = WatchedRooms()
    rooms.open(room_plan(target_token_hash=hash_of(DATABASE_TOKEN)))
    return rooms


@pytest.fixture
async def receiver(rooms):
    receiver = Receiver(rooms, FakeStore().opened, ports=Ports(0, 0, "127.0.0.1"))
    receiver.start()
    yield receiver
    await asyncio.to_thread(receiver.stop)


@pytest.fixture
async def exporting_target(server_target, receiver, monkeypatch):
    """A server of the test's own that exports; the shared one says that there is a program."""
    variables = {
        "SURREAL_TELEMETRY_PROVIDER": "otlp",
        "SURREAL_PROCESS_METRICS_REFRESH_INTERVAL": "1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{receiver.grpc_port}",
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer {DATABASE_TOKEN}",
        "OTEL_METRIC_EXPORT_INTERVAL": "500",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "OTEL_TRACES_SAMPLER": "parentbased_always_off",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    async with start_server() as running:
        yield running


@pytest.fixture
async def connection(exporting_target):
    login = Credentials(exporting_target.username, exporting_target.password)
    connector = WebSocketConnector(
        exporting_target.url, credentials=login, namespace="shop", database="checkout"
    )
    connection = await connector.connect()
    yield connection
    await connection.close()


async def test_a_database_tells_about_itself_while_it_works(connection, rooms):
    for _ in range(20):
        await connection.request("query", ["CREATE cart; SELECT * FROM cart LIMIT 1"])
    view = await rooms.until(
        lambda view: (
            view.database is not None
            and view.database.statements.count >= 40
            and view.database.cpu_percent is not None
        )
    )
    shown = view.database
    assert shown.version.startswith("3.")
    assert shown.memory_bytes.peak > 1_000_000
    assert shown.sessions.peak >= 1
    assert 0 < shown.statements.mean_seconds < 1
    assert shown.statements.p95_at_most_seconds > 0
    assert shown.transactions.committed >= 20
    assert shown.history
    assert not view.refusals


async def test_a_sampled_query_leads_into_the_database(connection, rooms, receiver):
    trace = trace_of(RUN)
    connection.trace_context = lambda: f"00-{trace.trace_hex}-{QUERY_SPAN:016x}-01"
    await connection.request("query", ["RETURN 1; RETURN 2"])
    connection.trace_context = None
    await connection.request("query", ["RETURN 3"])
    operation = SentSpan("operation", 1, trace.span_id, 0, 10**9)
    query = SentSpan("query", QUERY_SPAN, 1, 0, 10**9)
    trace_id = trace.trace_id.to_bytes(16)
    sent = spans_in(spans_message([operation, query]), trace_id, from_runner=True)
    rooms.take_spans(RUN, sent)
    view = await rooms.until(
        lambda view: {"surrealdb.rpc/query", "rpc.execute", "executor"} <= _names(view)
    )
    [shown] = view.traces
    lines = {line.name: line for line in shown.spans}
    assert lines["surrealdb.rpc/query"].parent_span_id == f"{QUERY_SPAN:016x}"
    assert lines["surrealdb.rpc/query"].depth == 2
    assert lines["rpc.execute"].source == "database"
    assert lines["rpc.execute"].depth == 3
    assert shown.trace_id == trace.trace_hex
    await asyncio.to_thread(receiver.stop)  # it counts after it has told
    assert receiver.stats()["accepted", "database traces"] >= 1


def _names(view):
    return {line.name for trace in view.traces for line in trace.spans}
