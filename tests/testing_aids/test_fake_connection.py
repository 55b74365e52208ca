"""What the socket-less fakes promise to the tests that use them."""

import asyncio
from uuid import UUID

import pytest

from purreal import LeaseError, SurrealDBConnectionPool
from purreal._errors import ConnectionLost, Outcome, RequestTimeout, Unreachable
from purreal.testing import NEVER, FakeConnector, fails, returns, slow

pytestmark = pytest.mark.looptime


async def test_steps_are_played_in_order_and_then_the_default_for_ever():
    connector = FakeConnector()
    connector.script("connect", fails(Unreachable("no route")), slow(3.0))
    clock = asyncio.get_running_loop().time

    with pytest.raises(Unreachable, match="no route"):
        await connector.connect()
    started = clock()
    await connector.connect()
    slow_seconds = clock() - started
    await connector.connect()

    assert slow_seconds == pytest.approx(3.0)
    assert (connector.connects, connector.open, connector.connecting) == (3, 2, 0)


async def test_a_cancelled_connect_leaves_nothing_open():
    connector = FakeConnector()
    connector.script("connect", NEVER)
    task = asyncio.create_task(connector.connect())
    await asyncio.sleep(5)
    assert connector.connecting == 1

    task.cancel()
    await asyncio.wait({task})

    assert task.cancelled()
    assert (connector.connecting, connector.open, connector.connections) == (0, 0, [])


async def test_a_gate_holds_calls_until_it_is_opened():
    connector = FakeConnector()
    gate = connector.hold("connect")
    tasks = [asyncio.create_task(connector.connect()) for _ in range(2)]

    await gate.arrived(2)
    held = gate.waiting
    gate.open()
    await asyncio.gather(*tasks)

    assert (held, gate.waiting, connector.open) == (2, 0, 2)


async def test_an_abort_fails_what_waits_on_the_connection_and_is_no_loss():
    connector = FakeConnector()
    connector.script("request", NEVER)
    connection = await connector.connect()
    losses = []
    connection.on_lost = lambda: losses.append(connection.id)
    request = asyncio.create_task(connection.request("query", ["RETURN 1"]))
    await asyncio.sleep(1)
    assert connection.in_flight == 1

    connection.abort()

    with pytest.raises(ConnectionLost) as caught:
        await request
    assert caught.value.outcome is Outcome.UNKNOWN
    assert (connection.in_flight, connection.usable, losses, connector.open) == (0, False, [], 0)


async def test_a_loss_is_reported_once():
    connector = FakeConnector()
    connection = await connector.connect()
    losses = []
    connection.on_lost = lambda: losses.append(connection.id)

    connection.lose()
    connection.lose()
    connection.abort()

    assert losses == [connection.id]
    assert connection.ended == "lost"
    with pytest.raises(ConnectionLost) as caught:
        await connection.request("ping", [])
    assert caught.value.outcome is Outcome.NOT_SENT


async def test_a_loop_that_shuts_down_is_told_instead_of_a_loss():
    connection = await FakeConnector().connect()
    told = []
    connection.on_lost = lambda: told.append("lost")
    connection.on_abandoned = lambda: told.append("abandoned")

    connection.abandon()
    connection.abandon()
    connection.lose()

    assert (told, connection.ended, connection.usable) == (["abandoned"], "abandoned", False)


async def test_an_abandoned_request_stays_in_flight():
    connector = FakeConnector()
    connector.script("request", NEVER, returns(7))
    connection = await connector.connect()

    with pytest.raises(RequestTimeout):
        await connection.request("query", ["RETURN 1"], timeout=2.0)
    answer = await connection.request("query", ["RETURN 7"])

    assert (answer, connection.in_flight) == (7, 1)


@pytest.mark.parametrize(
    ("method", "params", "dirty"),
    [("query", ["SELECT * FROM t"], False), ("query", ["USE NS x"], True), ("let", ["a", 1], True)],
)
async def test_requests_make_it_dirty_as_they_make_a_real_one_and_reset_cleans(
    method, params, dirty
):
    connection = await FakeConnector().connect()

    await connection.request(method, params)
    was_dirty = connection.dirty
    await connection.reset()

    assert (was_dirty, connection.dirty) == (dirty, False)


async def test_close_is_bounded_even_when_the_server_never_says_goodbye():
    connector = FakeConnector()
    connector.script("close", NEVER)
    connection = await connector.connect()
    clock = asyncio.get_running_loop().time
    started = clock()

    await connection.close()
    await connection.close()

    assert clock() - started == pytest.approx(1.0)
    assert connection.ended == "aborted"


def broken_hook(exchange):
    raise RuntimeError("the observer has a bug")


async def test_an_observer_that_raises_is_logged_and_changes_nothing(caplog):
    connection = await FakeConnector().connect()
    connection.on_exchange = broken_hook

    answer = await connection.request("query", ["RETURN 1"])

    assert answer[0]["status"] == "OK"
    assert [record.exc_info[0] for record in caplog.records] == [RuntimeError]


async def test_exchanges_are_reported_with_reply_or_error():
    connector = FakeConnector()
    connector.script("request", slow(0.5), fails(ConnectionLost("gone")))
    connection = await connector.connect()
    seen = []
    connection.on_exchange = seen.append

    await connection.request("query", ["RETURN 1"])
    with pytest.raises(ConnectionLost):
        await connection.request("query", ["RETURN 1"])

    assert [exchange.error for exchange in seen[:1]] == [None]
    assert seen[0].reply["result"][0]["status"] == "OK"
    assert seen[0].seconds == pytest.approx(0.5)
    assert isinstance(seen[1].error, ConnectionLost)


async def test_a_live_query_notifies_when_the_test_says_so():
    connector = FakeConnector()
    async with SurrealDBConnectionPool("ws://fake", connector=connector, min_size=0) as pool:
        async with pool.acquire() as lease:
            live_id = await lease.live("person")
            notifications = await lease.subscribe_live(live_id)
            connector.connections[0].notify(live_id, {"name": "Ada"})
            assert await anext(notifications) == {"name": "Ada"}
            reading = asyncio.create_task(anext(notifications))
            await asyncio.sleep(0)
        with pytest.raises(LeaseError):
            await reading


async def test_a_lost_connection_ends_its_live_queries():
    connector = FakeConnector()
    connection = await connector.connect()
    reader = connection.live_query(UUID(int=1)).add_reader()

    connection.lose()

    with pytest.raises(ConnectionLost):
        await reader.next()
