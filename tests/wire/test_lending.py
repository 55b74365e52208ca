"""`lend`: sessions where the server has them, connections where it has none, and what is told."""

import asyncio
import logging

import pytest

from purreal import (
    ConfigurationError,
    OpenFailed,
    SessionsUnavailable,
    SurrealDBConnectionPool,
)
from purreal._connector import WebSocketConnector
from purreal.testing import SILENCE, Answer, ScriptedServer, Step, fails
from tests.wire.sessions_in_sight import (
    NOT_ALLOWED,
    NOT_KNOWN,
    make_connector,
    sessions_on_each,
)

pytestmark = pytest.mark.looptime

REFUSALS = {"not_known": NOT_KNOWN, "not_allowed": NOT_ALLOWED}


@pytest.fixture
def server() -> ScriptedServer:
    return ScriptedServer()


@pytest.fixture(params=REFUSALS.values(), ids=REFUSALS)
def old_server(request, server):
    """One without sessions."""
    server.answer("attach", then=request.param)
    return server


@pytest.fixture
async def make_pool(server):
    pools = []

    def make(lend, **settings):
        connector = make_connector(server, lend=lend)
        pool = SurrealDBConnectionPool(
            "ws://db:8000", connector=connector, **({"min_size": 0, "max_size": 100} | settings)
        )
        pools.append(pool)
        return pool

    yield make
    for pool in pools:
        await pool.close(grace=0)


def methods(server):
    return [method for method, _ in server.requests]


async def test_automatic_lends_sessions_where_the_server_has_them(make_pool, server, caplog):
    pool = make_pool("auto", min_size=20)
    assert pool.lends is None

    await pool.open()

    assert pool.lends == "session"
    assert (server.attached, server.open) == (20, 2)
    assert (pool.stats().sockets, pool.stats().peak_sockets, pool.stats().open) == (2, 2, 20)
    assert caplog.records == []


@pytest.mark.parametrize("size", [40, 64])
async def test_a_pool_that_fills_while_a_socket_takes_longer_to_open_than_a_session_is_spread(
    make_pool, server, size
):
    server.script(opening=(Step(0.01),) * 20)
    pool = make_pool("session", min_size=size)

    await pool.open()

    assert max(sessions_on_each(server)) <= 2 * 16


@pytest.mark.parametrize("lend", ["session", "connection"])
async def test_a_lease_that_changed_nothing_costs_no_request_but_the_borrowers(
    make_pool, server, lend
):
    pool = make_pool(lend, min_size=3)
    await pool.open()
    server.requests.clear()

    for _ in range(10):
        async with pool.acquire() as conn:
            await conn.query("RETURN 1")
            await conn.select("person")

    assert methods(server) == ["query"] * 20


async def test_automatic_lends_connections_where_it_has_none_and_says_so_once(
    make_pool, old_server, caplog
):
    pool = make_pool("auto", min_size=5)

    await pool.open()
    leases = [await pool.checkout() for _ in range(7)]

    assert pool.lends == "connection"
    assert (pool.stats().sockets, pool.stats().open, old_server.open) == (7, 7, 7)
    [record] = caplog.records
    assert (record.name, record.levelname) == ("purreal", "WARNING")
    assert 'lend="connection"' in record.message
    for lease in leases:
        pool.checkin(lease)


async def test_fifty_that_connect_at_once_fall_back_together(old_server, caplog):
    connector = make_connector(old_server, lend="auto")

    connections = await asyncio.gather(*(connector.connect() for _ in range(50)))

    assert len(caplog.records) == 1
    assert len({connection.id for connection in connections}) == old_server.open == 50
    assert connector.sockets == 50
    assert methods(old_server).count("attach") == 1, "what one has found out all know"
    assert len(old_server.transports) <= 51


async def test_after_the_fall_back_nothing_is_attached_any_more(make_pool, old_server):
    pool = make_pool("auto", max_lifetime=10, min_size=2)
    await pool.open()
    old_server.requests.clear()

    await asyncio.sleep(100)
    await pool.query("RETURN 1")

    assert "attach" not in methods(old_server)


async def test_the_socket_that_was_tried_is_closed(old_server):
    connector = make_connector(old_server, lend="auto")

    connection = await connector.connect()
    await asyncio.sleep(0.001)

    assert (old_server.open, connector.sockets) == (1, 1)
    await connection.close()
    await asyncio.sleep(0.001)
    assert (old_server.open, connector.sockets) == (0, 0)


@pytest.mark.parametrize("turns", range(16))
async def test_a_fall_back_cancelled_after_any_number_of_turns_leaves_no_socket(server, turns):
    server.answer("attach", then=NOT_KNOWN)
    connecting = asyncio.create_task(make_connector(server, lend="auto").connect())
    for _ in range(turns):
        await asyncio.sleep(0)

    connecting.cancel()
    await asyncio.wait({connecting})
    if not connecting.cancelled():
        connecting.result().abort()

    assert server.open == 0


async def test_to_ask_for_sessions_where_there_are_none_fails_at_once_and_says_what_to_do(
    make_pool, old_server
):
    pool = make_pool("session", min_size=2)
    started = asyncio.get_running_loop().time()

    with pytest.raises(SessionsUnavailable) as caught:
        await pool.open()

    assert asyncio.get_running_loop().time() - started < 0.1
    for words in ("ws://db:8000/rpc", "no sessions", "connections", "SurrealDB 3"):
        assert words in str(caught.value)
    assert old_server.open == 0
    assert pool.lends == "session"


async def test_waiters_are_told_that_there_are_no_sessions(make_pool, old_server):
    pool = make_pool("session")
    await pool.open(wait=False)

    with pytest.raises(SessionsUnavailable):
        await pool.query("RETURN 1")


async def test_connections_that_were_asked_for_attach_nothing(make_pool, server):
    pool = make_pool("connection", min_size=3)
    assert pool.lends == "connection"

    await pool.open()

    assert server.requests == []
    assert (pool.stats().sockets, pool.stats().peak_sockets) == (3, 3)


async def test_an_error_of_another_kind_is_no_lack_of_sessions(make_pool, server, caplog):
    server.answer("attach", Answer(error={"code": -32000, "kind": "Internal", "message": "odd"}))
    pool = make_pool("auto", min_size=1)

    await pool.open()

    assert pool.lends == "session"
    assert "no sessions" not in caplog.text


@pytest.mark.parametrize("answer", [SILENCE, Answer(loss=ConnectionResetError("gone"))])
async def test_a_first_attach_that_gets_no_answer_is_no_lack_of_sessions(server, answer):
    server.answer("attach", answer)
    connector = make_connector(server, lend="auto", connect_timeout=1.0)
    with pytest.raises(Exception, match=r"within 1 s|gone"):
        await connector.connect()
    assert connector.lends is None

    await connector.connect()

    assert connector.lends == "session"


async def test_a_full_first_socket_is_no_lack_of_sessions(caplog):
    server = ScriptedServer(most_sessions=1)
    connector = make_connector(server, lend="auto")

    await asyncio.gather(*(connector.connect() for _ in range(10)))

    assert connector.lends == "session"
    assert server.open == server.attached == 10
    assert caplog.records == []


async def test_a_server_that_is_replaced_by_one_without_sessions_is_still_served(
    make_pool, server, caplog
):
    caplog.set_level(logging.WARNING)
    pool = make_pool("auto", min_size=3)
    await pool.open()
    server.answer("attach", then=NOT_KNOWN)
    for transport in server.transports:
        transport.lose()

    await asyncio.sleep(1)

    assert (pool.lends, pool.stats().open, server.open) == ("connection", 3, 3)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


async def test_a_pool_that_can_not_open_a_socket_says_why(make_pool, server):
    server.script(then=fails(ConnectionRefusedError(111, "refused")))
    pool = make_pool("auto", min_size=1)

    with pytest.raises(OpenFailed, match="nothing listens on port 8000"):
        await pool.open(timeout=1)

    assert pool.lends is None


@pytest.mark.parametrize("lend", ["sessions", "", None, True])
def test_another_word_is_refused_with_those_that_are_known(lend):
    with pytest.raises(ConfigurationError, match='"auto", "session" or "connection"'):
        SurrealDBConnectionPool("ws://db:8000", lend=lend)


@pytest.mark.parametrize("lend", ["session", "connection"])
def test_it_is_for_the_built_in_connector(lend):
    connector = WebSocketConnector("ws://db:8000")

    with pytest.raises(ConfigurationError, match="your own connector"):
        SurrealDBConnectionPool("ws://db:8000", connector=connector, lend=lend)


@pytest.mark.parametrize(
    ("lend", "lends"), [("auto", None), ("session", "session"), ("connection", "connection")]
)
def test_before_it_is_open_a_pool_says_what_is_certain(lend, lends):
    pool = SurrealDBConnectionPool("ws://db:8000", lend=lend)

    assert pool.lends == lends
    assert (pool.stats().sockets, pool.stats().peak_sockets) == (0, 0)


def test_sockets_of_an_event_loop_that_is_gone_are_not_shared_in_the_next(server):
    connector = make_connector(server)

    async def connect_and_leave_open():
        connection = await connector.connect()
        await connection.check()

    for _ in range(2):
        asyncio.run(connect_and_leave_open())

    assert sessions_on_each(server) == [1, 1]
