"""What servers do with attached sessions, on both engines: the facts behind `_shared_sockets`."""

import asyncio
import uuid
from contextlib import asynccontextmanager

import pytest

from purreal import _codec
from purreal._deadlines import Deadlines
from purreal._messages import refuses_method, result_of, session_entry
from purreal._rpc import RpcChannel, RpcSession
from purreal._websockets import WebSockets

MOST_SESSIONS = 255


class Nobody:
    """Listens to a channel and is not interested."""

    def channel_lost(self):
        pass

    def channel_abandoned(self):
        pass

    def others_held_up(self):
        pass


class Socket:
    """One socket to a database, with a database of the test's own."""

    def __init__(self, target, channel):
        self.channel = channel
        self.place = f"attached_{uuid.uuid4().hex}", "checkout"
        self._user = {"user": target.username, "pass": target.password}

    async def ask(self, session, method, *params, **fields):
        return await self.channel.call(method, list(params), session=session, timeout=20, **fields)

    async def tell(self, session, method, *params, **fields):
        return result_of(await self.ask(session, method, *params, **fields))

    async def value(self, session, text, **fields):
        [statement] = await self.tell(session, "query", text, **fields)
        assert statement["status"] == "OK", statement
        return statement["result"]

    async def attach(self):
        session = RpcSession(session_entry(uuid.uuid4()))
        await self.tell(session, "attach")
        await self.tell(session, "signin", self._user)
        await self.tell(session, "use", *self.place)
        return session


@asynccontextmanager
async def open_socket(target):
    _codec.load()
    endpoint = f"{target.url}/rpc"
    deadlines = Deadlines(asyncio.get_running_loop())
    channel = await RpcChannel.open(endpoint, deadlines, WebSockets(endpoint, None).open, Nobody())
    yield Socket(target, channel)
    await channel.close()


@pytest.fixture
async def socket(target):
    async with open_socket(target) as opened:
        yield opened


@pytest.fixture
async def server_socket(server_target):
    """For what the embedded engine does not have: transactions by method, live queries."""
    async with open_socket(server_target) as opened:
        yield opened


async def test_a_socket_takes_255_sessions_and_refuses_the_next_as_a_method(socket):
    sessions = [RpcSession(session_entry(uuid.uuid4())) for _ in range(MOST_SESSIONS + 1)]
    replies = [await socket.ask(session, "attach") for session in sessions]

    assert [refuses_method(reply) for reply in replies] == [False] * MOST_SESSIONS + [True]
    assert all("result" in reply for reply in replies[:-1])

    await socket.tell(sessions[0], "detach")
    assert "result" in await socket.ask(sessions[-1], "attach")


async def test_a_new_session_is_anonymous_whoever_the_others_are(socket):
    await socket.attach()
    fresh = RpcSession(session_entry(uuid.uuid4()))
    await socket.tell(fresh, "attach")

    reply = await socket.ask(fresh, "query", "INFO FOR ROOT")

    assert reply["error"]["kind"] == "NotAllowed"
    assert not refuses_method(reply)


async def test_a_name_in_use_is_refused_and_not_as_a_method(socket):
    session = await socket.attach()

    reply = await socket.ask(session, "attach")

    assert "error" in reply
    assert not refuses_method(reply)
    assert await socket.value(session, "RETURN 1") == 1


async def test_to_detach_twice_harms_nobody(socket):
    session, other = await socket.attach(), await socket.attach()

    await socket.ask(session, "detach")
    await socket.ask(session, "detach")

    reply = await socket.ask(session, "query", "RETURN 1")
    assert reply["error"]["kind"] == "NotFound"
    assert await socket.value(other, "RETURN 1") == 1


async def test_detach_ends_transactions_and_keeps_nothing_of_them(server_socket):
    session, other = await server_socket.attach(), await server_socket.attach()
    await server_socket.value(other, "DEFINE TABLE t")
    transaction = await server_socket.tell(session, "begin")
    await server_socket.value(session, "CREATE t:1 SET by = 'the transaction'", txn=transaction)

    await server_socket.tell(session, "detach")

    for who in (other, RpcSession()):
        assert "error" in await server_socket.ask(who, "commit", transaction)
    assert await server_socket.value(other, "SELECT * FROM t") == []
    [made] = await server_socket.value(other, "CREATE t:1 SET by = 'another'")
    assert made["by"] == "another"


@pytest.mark.parametrize("method", ["reset", "detach", "invalidate"])
async def test_a_transaction_outlives_the_end_of_another_session(server_socket, method):
    session, other = await server_socket.attach(), await server_socket.attach()
    await server_socket.value(session, "DEFINE TABLE t")
    of_other = await server_socket.tell(other, "begin")
    transaction = await server_socket.tell(session, "begin")
    await server_socket.value(session, "CREATE t:1", txn=transaction)
    await server_socket.value(other, "CREATE t:2", txn=of_other)

    await server_socket.tell(other, method)

    await server_socket.tell(session, "commit", transaction)
    assert [each["id"].id for each in await server_socket.value(session, "SELECT * FROM t")] == [1]


async def test_a_transaction_obeys_whoever_knows_its_id_on_its_socket_and_nobody_elsewhere(
    server_socket, server_target
):
    """Ids have 74 random bits, so a borrower has to give one away for that."""
    session, other = await server_socket.attach(), await server_socket.attach()
    await server_socket.value(session, "DEFINE TABLE t")
    transaction = await server_socket.tell(session, "begin")
    await server_socket.value(session, "CREATE t:1", txn=transaction)
    async with open_socket(server_target) as elsewhere:
        elsewhere.place = server_socket.place
        stranger = await elsewhere.attach()
        assert "error" in await elsewhere.ask(stranger, "commit", transaction)

    assert len(await server_socket.value(other, "SELECT * FROM t", txn=transaction)) == 1
    await server_socket.tell(other, "cancel", transaction)

    assert "error" in await server_socket.ask(session, "commit", transaction)
    assert transaction.version == 7


async def test_detach_ends_live_queries(server_socket):
    session, other = await server_socket.attach(), await server_socket.attach()
    await server_socket.value(other, "DEFINE TABLE t")
    await server_socket.value(session, "LIVE SELECT * FROM t")
    assert len((await server_socket.value(other, "INFO FOR TABLE t"))["lives"]) == 1

    await server_socket.tell(session, "detach")

    assert (await server_socket.value(other, "INFO FOR TABLE t"))["lives"] == {}
    await server_socket.value(other, "CREATE t:1")
    await server_socket.value(other, "SLEEP 200ms")
    assert server_socket.channel.usable, "a notification would have ended it"


async def test_a_live_query_of_root_ends_for_root_who_knows_its_id_on_any_socket(
    server_socket, server_target
):
    """So here sessions that share a socket are no worse off than connections."""
    session, neighbour = await server_socket.attach(), await server_socket.attach()
    await server_socket.value(session, "DEFINE TABLE t")
    ids = [await server_socket.value(session, "LIVE SELECT * FROM t") for _ in range(3)]
    async with open_socket(server_target) as elsewhere:
        stranger = await elsewhere.attach()  # in a database of its own, but root as well

        await server_socket.tell(neighbour, "kill", ids[0])
        await elsewhere.tell(stranger, "kill", ids[1])
        assert len((await server_socket.value(session, "INFO FOR TABLE t"))["lives"]) == 1
        await elsewhere.value(stranger, f"KILL u'{ids[2]}'")

    assert (await server_socket.value(session, "INFO FOR TABLE t"))["lives"] == {}


@pytest.mark.parametrize("role", ["EDITOR", "OWNER"])
@pytest.mark.parametrize("whose", ["root", "one"])
async def test_a_live_query_can_not_be_killed_by_another_user(server_socket, whose, role):
    """Whatever the roles are; only root can kill those of others."""
    sessions = {name: await server_socket.attach() for name in ("root", "one", "other")}
    namespace, database = server_socket.place
    await server_socket.value(sessions["root"], "DEFINE TABLE t")
    for name, its_role in (("one", "EDITOR"), ("other", role)):
        statement = f"DEFINE USER {name} ON DATABASE PASSWORD 'pw' ROLES {its_role}"
        await server_socket.value(sessions["root"], statement)
        user = {"ns": namespace, "db": database, "user": name, "pass": "pw"}
        await server_socket.tell(sessions[name], "signin", user)
    live_id = await server_socket.value(sessions[whose], "LIVE SELECT * FROM t")

    assert "error" in await server_socket.ask(sessions["other"], "kill", live_id)

    assert len((await server_socket.value(sessions["root"], "INFO FOR TABLE t"))["lives"]) == 1
    await server_socket.tell(sessions["root"], "kill", live_id)
    assert (await server_socket.value(sessions["root"], "INFO FOR TABLE t"))["lives"] == {}


async def test_a_request_in_flight_survives_the_detach_of_its_session(socket):
    session, other = await socket.attach(), await socket.attach()
    await socket.value(other, "DEFINE TABLE t")
    request = asyncio.create_task(socket.ask(session, "query", "SLEEP 300ms; CREATE t:1; RETURN 7"))
    await asyncio.sleep(0)
    await socket.value(other, "SLEEP 50ms")

    await socket.tell(session, "detach")

    assert (await request)["result"][-1]["result"] == 7
    assert len(await socket.value(other, "SELECT * FROM t")) == 1


async def test_requests_of_sessions_on_one_socket_run_side_by_side(socket):
    first, second = await socket.attach(), await socket.attach()
    slow = asyncio.create_task(socket.value(first, "SLEEP 300ms"))
    await asyncio.sleep(0)

    await socket.value(second, "RETURN 1")

    assert not slow.done()
    await slow
