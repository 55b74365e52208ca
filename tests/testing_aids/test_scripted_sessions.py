"""What the scripted server knows of sessions, which tests of shared sockets rely on."""

import asyncio
import uuid

import pytest

from purreal._deadlines import Deadlines
from purreal._messages import refuses_method, session_entry
from purreal._rpc import RpcChannel
from purreal._rpc_session import RpcSession
from purreal.testing import Answer, ScriptedServer

pytestmark = pytest.mark.looptime


class Nobody:
    def channel_lost(self):
        pass

    def channel_abandoned(self):
        pass

    def others_held_up(self):
        pass


async def open_channel(server):
    deadlines = Deadlines(asyncio.get_running_loop())
    return await RpcChannel.open("ws://db", deadlines, server.open_transport, Nobody())


def ask(channel, method, session, **fields):
    return channel.call(method, [], session=session, timeout=5.0, **fields)


def new_session():
    return RpcSession(session_entry(uuid.uuid4()))


async def test_sessions_are_counted_from_their_attach_to_their_detach():
    server = ScriptedServer()
    channel, session = await open_channel(server), new_session()
    await ask(channel, "attach", session)
    attached = server.attached

    await ask(channel, "detach", session)

    assert (attached, server.attached) == (1, 0)
    assert server.transports[0].requests == server.requests == [("attach", []), ("detach", [])]
    assert server.sessions[0] == server.sessions[1] is not None


async def test_those_of_an_ended_transport_are_gone():
    server = ScriptedServer()
    channel = await open_channel(server)
    await ask(channel, "attach", new_session())

    server.transports[0].lose()

    assert server.attached == 0


async def test_a_session_that_is_not_attached_here_is_not_found():
    server = ScriptedServer()
    one, other, session = await open_channel(server), await open_channel(server), new_session()
    await ask(one, "attach", session)

    reply = await ask(other, "ping", session)

    assert reply["error"]["kind"] == "NotFound"
    assert "result" in await ask(one, "ping", session)
    assert "result" in await ask(other, "ping", RpcSession())


async def test_more_than_fit_on_a_transport_are_refused_as_a_method():
    server = ScriptedServer(most_sessions=1)
    channel, first = await open_channel(server), new_session()
    await ask(channel, "attach", first)

    refused = await ask(channel, "attach", new_session())
    await ask(channel, "detach", first)
    again = await ask(channel, "attach", new_session())

    assert refuses_method(refused)
    assert "result" in again


async def test_a_scripted_refusal_attaches_nothing():
    server = ScriptedServer()
    server.answer("attach", Answer(error={"code": -32000, "kind": "Internal", "message": "no"}))
    channel = await open_channel(server)

    await ask(channel, "attach", new_session())

    assert server.attached == 0


async def test_held_answers_come_when_their_gate_opens_and_others_meanwhile():
    server = ScriptedServer()
    gate = server.hold_answers("query")
    channel = await open_channel(server)
    held = asyncio.create_task(ask(channel, "query", RpcSession()))
    await gate.arrived()

    await ask(channel, "ping", RpcSession())
    waiting = gate.waiting
    gate.open()
    await held

    assert (waiting, gate.waiting) == (1, 0)
    assert "result" in await ask(channel, "query", RpcSession())
