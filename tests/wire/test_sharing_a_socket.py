"""What sessions on one socket do to each other: they share its loss, and nothing else."""

import asyncio

import pytest

from purreal import Outcome, RequestTimeout
from purreal.testing import SILENCE, UNDECODABLE, Answer, ScriptedServer
from tests.wire.sessions_in_sight import (
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


def send(connection, text="RETURN 1", **parameters):
    return asyncio.create_task(connection.request("query", [text], **parameters))


async def outcomes(tasks):
    """How requests ended; None where they succeeded."""
    results = await asyncio.gather(*tasks, return_exceptions=True)
    return [getattr(result, "outcome", None) for result in results]


# -- loss -----------------------------------------------------------------------------------------


async def test_a_lost_socket_ends_the_requests_of_all_its_sessions_and_of_no_other(
    connector, server
):
    connections = await connect_all(connector, 18)
    server.answer("query", then=SILENCE)
    here = [send(each) for each in connections if socket_of(each, server) == 0]
    elsewhere = [send(each) for each in connections if socket_of(each, server) == 1]
    await asyncio.sleep(0.1)

    server.transports[0].lose()

    assert await outcomes(here) == [Outcome.UNKNOWN] * 16
    assert not any(task.done() for task in elsewhere)
    for task in elsewhere:
        task.cancel()


async def test_what_was_not_sent_before_the_loss_says_so(connector, server):
    connections = await connect_all(connector, 3)
    server.transports[0].lose()

    assert await outcomes([send(each) for each in connections]) == [Outcome.NOT_SENT] * 3


@pytest.mark.parametrize("rubbish", [UNDECODABLE, Answer(raw="text")], ids=["bytes", "text"])
async def test_rubbish_for_one_session_ends_all_on_its_socket(connector, server, rubbish):
    first, second = await connect_all(connector, 2)
    server.answer("query", SILENCE, rubbish)
    waiting = send(second)
    await asyncio.sleep(0.1)

    assert await outcomes([send(first), waiting]) == [Outcome.UNKNOWN] * 2
    assert not first.usable
    assert not second.usable


async def test_each_session_is_told_of_the_loss_once_and_those_that_have_ended_are_not(
    connector, server
):
    connections = await connect_all(connector, 4)
    losses = []
    for number, connection in enumerate(connections):
        connection.on_lost = lambda number=number: losses.append(number)
    await connections[0].close()
    connections[1].abort()

    server.transports[0].lose()
    connections[2].abort()
    await connections[3].close()

    assert losses == [2, 3]


async def test_after_a_loss_sessions_go_to_a_new_socket(connector, server):
    await connect_all(connector, 2)
    server.transports[0].lose()

    await connect_all(connector, 2)

    assert sessions_on_each(server) == [2]
    assert (connector.sockets, connector.peak_sockets) == (1, 1)


async def test_a_loss_while_a_session_is_left_ends_that_quietly(connector, server):
    first, _ = await connect_all(connector, 2)
    server.answer("detach", Answer(loss=ConnectionResetError("gone")))

    await first.close()

    assert server.open == 0


async def test_an_event_loop_that_shuts_down_is_told_to_each_session_as_that(connector, server):
    connections = await connect_all(connector, 3)
    told = []
    for connection in connections:
        connection.on_lost = lambda: told.append("lost")
        connection.on_abandoned = lambda: told.append("abandoned")

    server.transports[0].abandon()

    assert told == ["abandoned"] * 3


# -- the end of one session -----------------------------------------------------------------------


async def test_an_abort_fails_the_requests_of_its_own_session_only(connector, server):
    first, second = await connect_all(connector, 2)
    server.answer("query", then=Answer(after=1.0))
    mine, others = [send(first), send(first)], [send(second)]
    await asyncio.sleep(0.1)

    first.abort()

    assert await outcomes(mine) == [Outcome.UNKNOWN] * 2
    assert await outcomes(others) == [None]


async def test_an_abort_ends_its_session_on_the_server_and_leaves_the_socket(connector, server):
    first, second = await connect_all(connector, 2)
    name = session_of(first)

    first.abort()

    assert server.requests[-1] == ("detach", [])
    assert server.sessions[-1] == name
    assert sessions_on_each(server) == [1]
    await second.check()


async def test_replies_that_come_after_the_end_of_their_session_are_dropped(connector, server):
    first, second = await connect_all(connector, 2)
    server.answer("query", Answer(after=1.0), Answer(after=2.0))
    cancelled, failed = send(first), send(first)
    await asyncio.sleep(0.1)
    cancelled.cancel()
    await asyncio.wait({cancelled})

    first.abort()
    await asyncio.sleep(5)

    assert await outcomes([failed]) == [Outcome.UNKNOWN]
    assert second.usable
    await second.request("query", ["RETURN 1"])
    assert first.in_flight == second.in_flight == 0


async def test_a_reply_to_a_request_that_timed_out_reaches_nobody_else(connector, server):
    first, second = await connect_all(connector, 2)
    late = [{"status": "OK", "result": "late", "time": "1ms"}]
    server.answer("query", Answer(late, after=2.0))
    with pytest.raises(RequestTimeout):
        await first.request("query", ["SLEEP 2s"], timeout=1.0)
    assert (first.in_flight, second.in_flight) == (1, 0)

    answer = await second.request("query", ["RETURN 1"])
    await asyncio.sleep(2)

    assert answer[0]["result"] is None
    assert (first.in_flight, first.usable) == (0, True)


async def test_a_goodbye_fails_what_its_session_has_in_flight(connector, server):
    first, second = await connect_all(connector, 2)
    server.answer("query", then=SILENCE)
    request, other = send(first), send(second)
    await asyncio.sleep(0.1)

    await first.close()

    async with asyncio.timeout(1):
        assert await outcomes([request]) == [Outcome.UNKNOWN]
    assert not other.done()
    other.cancel()


async def test_a_goodbye_that_gets_no_answer_takes_a_second(connector, server):
    first, second = await connect_all(connector, 2)
    server.answer("detach", SILENCE)
    clock = asyncio.get_running_loop().time
    started = clock()

    await first.close()

    assert clock() - started == pytest.approx(1.0, abs=0.01)
    assert not first.usable
    await second.check()


@pytest.mark.parametrize("turns", range(8))
async def test_a_goodbye_cancelled_after_any_number_of_turns_leaves_no_session(
    connector, server, turns
):
    first, _ = await connect_all(connector, 2)
    closing = asyncio.create_task(first.close())
    for _ in range(turns):
        await asyncio.sleep(0)

    closing.cancel()
    await asyncio.wait({closing})
    first.abort()

    assert sessions_on_each(server) == [1]


# -- a socket that is not read --------------------------------------------------------------------


@pytest.mark.parametrize("how", ["abort", "close"])
async def test_the_end_of_a_session_frees_a_caller_whose_request_waits_to_be_written(
    connector, server, how
):
    first, second = await connect_all(connector, 2)
    gate = server.hold_sending()
    request = send(first, timeout=None)
    await gate.arrived()

    if how == "abort":
        first.abort()
    else:
        await first.close()

    async with asyncio.timeout(0.1):
        assert await outcomes([request]) == [Outcome.NOT_SENT]
    gate.open()
    await second.check()
    assert ("query", ["RETURN 1"]) not in server.requests


@pytest.mark.parametrize("turns", range(8))
async def test_a_goodbye_cancelled_on_a_socket_that_is_not_read_leaves_no_session(
    connector, server, turns
):
    first, second = await connect_all(connector, 2)
    gate = server.hold_sending()
    closing = asyncio.create_task(first.close())
    for _ in range(turns):
        await asyncio.sleep(0)

    closing.cancel()
    await asyncio.wait({closing})
    first.abort()
    gate.open()
    await asyncio.sleep(1)

    assert sessions_on_each(server) == [1]
    await second.check()


async def test_a_goodbye_on_a_socket_that_is_not_read_takes_a_second_and_has_it_avoided(
    connector, server
):
    first, _ = await connect_all(connector, 2)
    gate = server.hold_sending()
    clock = asyncio.get_running_loop().time
    started = clock()

    await first.close()

    assert clock() - started == pytest.approx(1.0, abs=0.01)
    gate.open()
    assert socket_of(await connector.connect(), server) == 1


async def test_sessions_owed_a_goodbye_go_with_their_socket(connector, server):
    connections = await connect_all(connector, 3)
    server.hold_sending()
    connections[0].abort()
    connections[1].abort()

    await connections[2].close()
    await asyncio.sleep(0.001)

    assert (server.attached, server.open, connector.sockets) == (0, 0, 0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("how", ["abort", "close"])
async def test_a_session_ended_on_a_socket_that_is_not_read_does_not_stay_on_the_server(
    connector, server, how
):
    first, second = await connect_all(connector, 2)
    gate = server.hold_sending()
    if how == "abort":
        first.abort()
    else:
        await first.close()

    gate.open()
    await asyncio.sleep(1)
    await second.check()
    await asyncio.sleep(60)

    assert sessions_on_each(server) in ([1], [])


async def test_a_socket_that_is_not_read_is_avoided(connector, server):
    first, *_ = await connect_all(connector, 2)
    gate = server.hold_sending()
    first.abort()
    gate.open()

    newcomer = await connector.connect()

    assert socket_of(newcomer, server) == 1
