"""A long reply holds up all on its socket: more sockets are opened, and sessions move there."""

import asyncio

import pytest

from purreal import SurrealDBConnectionPool, Unreachable
from purreal.testing import Answer, ScriptedServer, fails
from tests.wire.sessions_in_sight import (
    NO_BULK,
    connect_all,
    make_connector,
    session_of,
    sessions_on_each,
    socket_of,
)

pytestmark = pytest.mark.looptime


@pytest.fixture
def server() -> ScriptedServer:
    return ScriptedServer()


@pytest.fixture
def connector(server):
    return make_connector(server)


def long_reply(after=0.0):
    return Answer([{"status": "OK", "result": "x" * 300_000, "time": "1ms"}], after=after)


async def hold_others_up(server, connections):
    """Have a long reply come while somebody else on its socket waits."""
    server.answer("query", long_reply(after=0.1), Answer(after=0.2))
    await asyncio.gather(
        *(connection.request("query", ["SELECT"]) for connection in connections[:2])
    )


async def test_a_long_reply_while_others_wait_adds_a_socket_for_the_next_sessions(
    connector, server
):
    connections = await connect_all(connector, 4)
    await hold_others_up(server, connections)

    newcomer = await connector.connect()

    assert socket_of(newcomer, server) == 1


async def test_a_long_reply_when_nobody_waits_adds_none(connector, server):
    connections = await connect_all(connector, 4)
    server.answer("query", long_reply())
    await connections[0].request("query", ["SELECT"])

    assert socket_of(await connector.connect(), server) == 0
    assert not any(connection.dirty for connection in connections)


async def test_a_reply_that_one_read_can_hold_adds_none(connector, server):
    connections = await connect_all(connector, 4)
    result = [{"status": "OK", "result": "x" * NO_BULK, "time": "1ms"}]
    server.answer("query", Answer(result, after=0.1), Answer(after=0.2))
    await asyncio.gather(
        *(connection.request("query", ["SELECT"]) for connection in connections[:2])
    )

    assert not any(connection.dirty for connection in connections)


async def test_a_session_on_a_crowded_socket_moves_to_another_one_when_it_is_reset(server):
    connector = make_connector(server, namespace="n", database="d")
    connections = await connect_all(connector, 4)
    await hold_others_up(server, connections)
    mover, before = connections[0], session_of(connections[0])
    assert mover.dirty
    server.requests.clear()

    await mover.reset()

    assert [method for method, _ in server.requests] == ["attach", "detach", "use"]
    assert before != session_of(mover)
    assert (socket_of(mover, server), sessions_on_each(server)) == (1, [3, 1])
    assert not mover.dirty


async def test_sessions_move_until_they_are_evenly_spread(connector, server):
    connections = await connect_all(connector, 12)
    for _ in range(2):
        await hold_others_up(server, connections)
    for _ in range(2):
        for connection in connections:
            if connection.dirty:
                await connection.reset()

    assert sorted(sessions_on_each(server)) == [4, 4, 4]
    assert not any(connection.dirty for connection in connections)


async def test_long_replies_add_no_more_than_sixteen_sockets(connector, server):
    connections = await connect_all(connector, 160)
    for _ in range(40):
        await hold_others_up(server, connections)
    for connection in connections:
        if connection.dirty:
            await connection.reset()

    assert sessions_on_each(server) == [10] * 16


@pytest.mark.parametrize("how", ["lost", "aborted", "closed"])
async def test_sockets_that_are_gone_count_no_more(connector, server, how):
    for _ in range(5):
        connection = await connector.connect()
        if how == "lost":
            server.transports[-1].lose()
        elif how == "aborted":
            connection.abort()
        else:
            await connection.close()
    connections = await connect_all(connector, 4)
    await hold_others_up(server, connections)

    for connection in connections:
        if connection.dirty:
            await connection.reset()

    assert sorted(sessions_on_each(server)) == [2, 2]


REFUSED = fails(ConnectionRefusedError("refused"))


async def test_where_no_more_sockets_are_to_be_had_sessions_stay_together(connector, server):
    connections = await connect_all(connector, 4)
    await hold_others_up(server, connections)
    server.script(opening=(REFUSED,))

    await connections[0].reset()

    assert sessions_on_each(server) == [4]
    assert not any(connection.dirty for connection in connections)


async def test_where_no_more_sockets_are_to_be_had_more_sessions_sit_on_those_there_are(
    connector, server
):
    await connector.connect()
    server.script(opening=(REFUSED,) * 40)

    await connect_all(connector, 39)

    assert sessions_on_each(server) == [40]


async def test_more_sockets_are_tried_again_after_ten_seconds(connector, server):
    await connect_all(connector, 16)
    server.script(opening=(REFUSED,))
    await connector.connect()
    assert sessions_on_each(server) == [17]

    await asyncio.sleep(10)
    await connector.connect()

    assert sessions_on_each(server) == [17, 1]


async def test_where_no_socket_is_open_one_that_can_not_be_opened_is_an_error(connector, server):
    server.script(opening=(REFUSED,))

    with pytest.raises(Unreachable, match="nothing listens"):
        await connector.connect()


async def test_a_long_reply_holds_up_nobody_but_its_own_session(connector, server):
    connections = await connect_all(connector, 4)
    server.answer("query", long_reply(after=0.1), Answer(after=0.2))
    await asyncio.gather(*(connections[0].request("query", ["SELECT"]) for _ in range(2)))

    assert socket_of(await connector.connect(), server) == 0


@pytest.mark.parametrize("turns", range(24))
async def test_a_move_cancelled_after_any_number_of_turns_leaves_nothing(connector, server, turns):
    connections = await connect_all(connector, 4)
    await hold_others_up(server, connections)
    moving = asyncio.create_task(connections[0].reset())
    for _ in range(turns):
        await asyncio.sleep(0)

    moving.cancel()
    await asyncio.wait({moving})
    connections[0].abort()

    assert server.attached == 3
    assert server.open == 1


async def lend_all_at_once(pool, server, answers=()):
    """Have a request on each session, and all of them given back in one instant."""
    server.answer("query", *answers, then=Answer(after=0.2))
    leases = [await pool.checkout() for _ in range(pool.stats().max_size)]
    await asyncio.gather(*(lease.query("SELECT") for lease in leases))
    for lease in leases:
        pool.checkin(lease)
    await asyncio.sleep(0.1)


@pytest.mark.parametrize(("size", "long_replies"), [(8, 1), (40, 3), (64, 10)])
async def test_sessions_of_a_pool_move_when_their_leases_come_back_and_then_stay(
    server, size, long_replies
):
    connector = make_connector(server, namespace="n", database="d")
    pool = SurrealDBConnectionPool("ws://db", connector=connector, min_size=size, max_size=size)
    async with pool:
        before = pool.stats().sockets
        await lend_all_at_once(pool, server, [long_reply(after=0.1)] * long_replies)
        for _ in range(8):
            await lend_all_at_once(pool, server)
        moves = pool.stats().resets

        await lend_all_at_once(pool, server)

        assert pool.stats().sockets > before
        assert pool.stats().resets == moves, "each lease that comes back moves once more"
        assert pool.stats().discarded == 0
