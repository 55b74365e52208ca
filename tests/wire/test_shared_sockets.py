"""Where a new session goes, when sockets are opened, and when they are closed."""

import asyncio

import pytest

from purreal import ConnectionLost, Credentials, Outcome, SessionsUnavailable, Unreachable
from purreal.testing import SILENCE, Answer, ScriptedServer, Step, fails
from tests.wire.sessions_in_sight import (
    NOT_ALLOWED,
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


def now():
    return asyncio.get_running_loop().time()


async def ask(connection, **parameters):
    """Begin a request; it is on its way when this returns."""
    task = asyncio.create_task(connection.request("query", ["RETURN 1"], **parameters))
    await asyncio.sleep(0.001)
    return task


# -- which socket ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "spread"),
    [
        (1, [1]),
        (16, [16]),
        (17, [16, 1]),
        (33, [16, 16, 1]),
        (64, [16, 16, 16, 16]),
        (66, [17, 17, 16, 16]),
        (200, [50, 50, 50, 50]),
    ],
)
async def test_a_socket_is_added_for_every_16_sessions_up_to_four(connector, server, count, spread):
    await connect_all(connector, count)

    assert sorted(sessions_on_each(server), reverse=True) == spread
    assert (connector.sockets, connector.peak_sockets) == (len(spread), len(spread))


async def test_a_session_goes_where_least_is_in_flight_even_if_more_sessions_are_there(
    connector, server
):
    connections = await connect_all(connector, 17)
    await connections[0].close()  # room on the first socket
    server.answer("query", SILENCE)
    request = await ask(connections[16])

    newcomer = await connector.connect()

    assert socket_of(newcomer, server) == 0
    request.cancel()


async def test_of_sockets_with_as_much_in_flight_a_session_goes_where_the_fewest_are(
    connector, server
):
    connections = await connect_all(connector, 17)
    await connections[0].close()

    newcomer = await connector.connect()

    assert socket_of(newcomer, server) == 1


async def test_a_request_that_was_given_up_still_counts_as_in_flight(connector, server):
    connections = await connect_all(connector, 17)
    await connections[0].close()
    server.answer("query", SILENCE)
    request = await ask(connections[16])
    request.cancel()
    await asyncio.wait({request})

    assert socket_of(await connector.connect(), server) == 0


# -- how many fit ---------------------------------------------------------------------------------


async def test_a_server_that_takes_three_on_a_socket_gets_one_more_socket_for_every_three():
    server = ScriptedServer(most_sessions=3)
    connector = make_connector(server)

    await connect_all(connector, 14)

    assert sessions_on_each(server) == [3, 3, 3, 3, 2]
    attaches = [method for method, _ in server.requests if method == "attach"]
    assert len(attaches) - 14 <= 4, "each full socket is tried once"


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_a_place_that_becomes_free_on_a_full_socket_is_used_again(how):
    server = ScriptedServer(most_sessions=3)
    connector = make_connector(server)
    connections = await connect_all(connector, 7)
    if how == "close":
        await connections[1].close()
    else:
        connections[1].abort()

    newcomers = await connect_all(connector, 3)

    assert sessions_on_each(server) == [3, 3, 3]
    assert 0 in [socket_of(newcomer, server) for newcomer in newcomers]


async def test_many_that_come_at_once_to_a_server_that_takes_three_all_find_a_place():
    server = ScriptedServer(most_sessions=3)
    connector = make_connector(server)

    connections = await asyncio.gather(*(connector.connect() for _ in range(50)))

    assert len({session_of(connection) for connection in connections}) == server.attached == 50
    assert server.open == 17


async def test_a_refusal_of_another_kind_is_told_and_is_no_full_socket(connector, server):
    await connector.connect()
    server.answer("attach", Answer(error={"code": -32000, "kind": "Internal", "message": "odd"}))

    with pytest.raises(Unreachable, match="odd"):
        await connector.connect()

    assert sessions_on_each(server) == [1]
    await connector.connect()
    assert sessions_on_each(server) == [2]


# -- opening --------------------------------------------------------------------------------------


async def test_many_that_come_at_once_share_the_socket_that_one_of_them_opens(connector, server):
    gate = server.hold_opening()
    connecting = [asyncio.create_task(connector.connect()) for _ in range(10)]
    await gate.arrived()
    await asyncio.sleep(1)
    assert gate.waiting == 1

    gate.open()
    await asyncio.gather(*connecting)

    assert sessions_on_each(server) == [10]


@pytest.mark.parametrize("count", [40, 64])
async def test_many_that_come_at_once_are_spread_as_if_they_came_one_after_the_other(
    connector, server, count
):
    await asyncio.gather(*(connector.connect() for _ in range(count)))

    assert max(sessions_on_each(server)) <= 2 * 16


async def test_while_one_opens_a_socket_the_others_make_do_with_those_that_are_there(
    connector, server
):
    await connect_all(connector, 16)
    gate = server.hold_opening()
    opener = asyncio.create_task(connector.connect())
    await gate.arrived()

    await connect_all(connector, 3)

    assert not opener.done()
    assert sessions_on_each(server) == [19]
    gate.open()
    await opener
    assert sessions_on_each(server) == [19, 1]


async def test_a_socket_that_is_slow_to_open_is_waited_for_a_tenth_of_a_second_by_all_together(
    connector, server
):
    await connect_all(connector, 16)
    gate = server.hold_opening()
    opener = asyncio.create_task(connector.connect())
    await gate.arrived()
    started = now()

    await asyncio.gather(*(connector.connect() for _ in range(50)))
    await connector.connect()

    assert now() - started == pytest.approx(0.1, abs=0.01)
    assert sessions_on_each(server) == [67]
    gate.open()
    await opener


async def test_no_session_moves_while_a_socket_is_slow_to_open(connector, server):
    connections = await connect_all(connector, 4)
    server.answer("query", Answer([{"result": "x" * 300_000}], after=0.1), Answer(after=0.2))
    requests = [await ask(connection) for connection in connections[:2]]
    await asyncio.gather(*requests)
    gate = server.hold_opening()
    mover = asyncio.create_task(connections[0].reset())
    await gate.arrived()
    await asyncio.sleep(0.2)
    server.requests.clear()

    assert not connections[1].dirty
    await connections[1].reset()

    assert [method for method, _ in server.requests] == ["reset"]
    gate.open()
    await mover
    assert connections[1].dirty


async def test_those_who_wait_share_the_answer_that_there_are_no_sessions_and_the_next_asks_again(
    connector, server
):
    server.answer("attach", NOT_ALLOWED)

    results = await asyncio.gather(*(connector.connect() for _ in range(5)), return_exceptions=True)

    assert [type(result) for result in results] == [SessionsUnavailable] * 5
    assert [method for method, _ in server.requests] == ["attach"]
    await connector.connect()
    assert sessions_on_each(server) == [1]


async def test_when_the_one_that_opens_fails_the_next_tries(connector, server):
    server.script(opening=(fails(ConnectionRefusedError()),))

    results = await asyncio.gather(*(connector.connect() for _ in range(5)), return_exceptions=True)

    assert [isinstance(result, Unreachable) for result in results] == [True] + [False] * 4
    assert sessions_on_each(server) == [4]


async def test_when_the_one_that_opens_is_cancelled_the_next_opens(connector, server):
    gate = server.hold_opening()
    first, second = (asyncio.create_task(connector.connect()) for _ in range(2))
    await gate.arrived()

    first.cancel()
    await gate.arrived(2)
    gate.open()
    await second

    assert first.cancelled()
    assert sessions_on_each(server) == [1]


@pytest.mark.parametrize("others", [0, 1], ids=["alone", "beside_another"])
@pytest.mark.parametrize("turns", range(20))
async def test_a_connect_cancelled_after_any_number_of_turns_leaves_no_session(
    connector, server, others, turns
):
    await connect_all(connector, others)
    connecting = asyncio.create_task(connector.connect())
    for _ in range(turns):
        await asyncio.sleep(0)

    connecting.cancel()
    await asyncio.wait({connecting})
    if not connecting.cancelled():
        connecting.result().abort()
    await asyncio.sleep(0.001)

    assert (server.attached, server.open, connector.sockets) == (others, others, others)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("others", [0, 1], ids=["alone", "beside_another"])
@pytest.mark.parametrize("step", ["attach", "use"])
@pytest.mark.parametrize("end", ["cancel", "refusal", "loss", "too_late"])
async def test_a_connect_that_fails_at_any_step_leaves_no_session(server, others, step, end):
    connector = make_connector(server, namespace="n", database="d", connect_timeout=1.0)
    await connect_all(connector, others)
    refusal = Answer(error={"code": -32000, "kind": "NotAllowed", "message": "no"})
    answers = {"refusal": refusal, "loss": Answer(loss=ConnectionResetError("gone"))}
    server.answer(step, answers.get(end, SILENCE))
    connecting = asyncio.create_task(connector.connect())
    await asyncio.sleep(0.5)
    if end == "cancel":
        connecting.cancel()

    [result] = await asyncio.gather(connecting, return_exceptions=True)

    assert isinstance(result, BaseException)
    left = 0 if end == "loss" else others
    assert (server.attached, server.open, connector.sockets) == (left, left, left)
    assert ("detach", []) in server.requests or not left
    await connector.connect()


# -- the end of a socket --------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_the_last_one_out_closes_the_socket(connector, server, how):
    connections = await connect_all(connector, 3)
    for number, connection in enumerate(connections):
        assert sessions_on_each(server) == [3 - number]
        if how == "close":
            await connection.close()
        else:
            connection.abort()
    await asyncio.sleep(0.001)

    assert (server.open, connector.sockets, connector.peak_sockets) == (0, 0, 1)
    await connector.connect()
    assert server.open == 1


async def test_ending_a_session_twice_is_harmless_to_the_others(connector, server):
    first, second = await connect_all(connector, 2)

    await first.close()
    await first.close()
    first.abort()

    assert [method for method, _ in server.requests].count("detach") == 1
    await second.check()


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_a_request_of_a_session_that_was_ended_is_not_sent(connector, server, how):
    first, _ = await connect_all(connector, 2)
    if how == "close":
        await first.close()
    else:
        first.abort()

    with pytest.raises(ConnectionLost) as caught:
        await first.request("query", ["RETURN 1"])

    assert caught.value.outcome is Outcome.NOT_SENT
    assert ("query", ["RETURN 1"]) not in server.requests


async def test_a_socket_takes_no_more_sessions_after_its_lifetime_and_ends_with_those_on_it(server):
    connector = make_connector(server, max_lifetime=100.0)
    old = await connect_all(connector, 2)
    await asyncio.sleep(99)
    old.append(await connector.connect())
    await asyncio.sleep(2)

    young = await connector.connect()

    assert sessions_on_each(server) == [3, 1]
    for connection in old:
        await connection.check()
        await connection.close()
    assert sessions_on_each(server) == [1]
    await young.check()


# -- a silent socket ------------------------------------------------------------------------------


async def test_when_an_attach_gets_no_answer_another_socket_is_there_within_two_seconds(
    connector, server
):
    await connector.connect()
    server.answer("attach", SILENCE)
    started = now()

    connection = await connector.connect()

    assert now() - started == pytest.approx(2.0, abs=0.01)
    assert (socket_of(connection, server), sessions_on_each(server)) == (1, [1, 1])


async def test_a_silent_socket_is_avoided_for_ten_seconds(connector, server):
    await connector.connect()
    server.answer("attach", Answer(after=5.0))
    await connector.connect()

    started = now()
    await connect_all(connector, 3)
    assert now() - started < 0.1
    assert sessions_on_each(server) == [1, 4]
    await asyncio.sleep(10)
    await connector.connect()

    assert sessions_on_each(server) == [2, 4]


@pytest.mark.parametrize("step", ["ping", "use"])
async def test_a_check_or_a_set_up_of_more_than_a_second_has_its_socket_avoided(server, step):
    connector = make_connector(server, namespace="n", database="d")
    first = await connector.connect()
    server.answer(step, SILENCE)
    work = first.check() if step == "ping" else connector.connect()
    task = asyncio.create_task(work)
    await asyncio.sleep(1.1)

    newcomer = await connector.connect()

    assert socket_of(newcomer, server) == 1
    task.cancel()


async def test_a_check_that_is_answered_in_time_has_nothing_avoided(connector, server):
    first = await connector.connect()
    server.answer("ping", Answer(after=0.9))
    await first.check()
    await asyncio.sleep(1)

    assert socket_of(await connector.connect(), server) == 0


async def test_a_password_that_takes_long_to_check_has_nothing_avoided(server):
    connector = make_connector(server, credentials=Credentials("app", "s3cret"))
    server.answer("signin", Answer("a.b.c", after=2.0))
    await connector.connect()

    assert socket_of(await connector.connect(), server) == 0


async def test_an_answer_that_is_read_late_has_nothing_avoided(connector, server):
    # As after a stall of the event loop, whose timers come before the tasks that were answered.
    first = await connector.connect()
    server.answer("ping", Answer(after=1.01))
    await first.check()

    assert socket_of(await connector.connect(), server) == 0


async def test_without_sessions_on_the_server_a_socket_is_closed_again(server):
    server.answer("attach", then=NOT_ALLOWED)

    with pytest.raises(SessionsUnavailable, match="SurrealDB 3"):
        await make_connector(server).connect()

    assert server.open == 0


async def test_an_opening_that_never_ends_is_limited_by_the_connect_timeout(server):
    connector = make_connector(server, connect_timeout=3.0)
    server.script(opening=(Step(None),))
    started = now()

    with pytest.raises(Unreachable, match="within 3 s"):
        await connector.connect()

    assert now() - started == pytest.approx(3.0, abs=0.01)
    await connector.connect()
