"""The benchmarks' instant server gives our pool and the official SDK the answers they asked for."""

import asyncio
import os
import uuid
from contextlib import suppress

import cbor2
import pytest
from surrealdb import AsyncSurreal, RecordID
from surrealdb.errors import SurrealError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from benchmarks.instant_server import find_compiler, run_instant_server
from purreal import Credentials, SurrealDBConnectionPool

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="no C compiler (cc) on PATH")

ROOT = Credentials("root", "any")
CBOR = Subprotocol("cbor")


@pytest.fixture
async def url():
    async with run_instant_server(seconds=60) as server:
        yield server.url


@pytest.fixture
async def socket(url):
    async with connect(
        url + "/rpc", subprotocols=[Subprotocol("cbor")], compression=None
    ) as opened:
        yield opened


async def ask(socket, method, *params, **others):
    await socket.send(cbor2.dumps({"id": 7, "method": method, "params": list(params), **others}))
    return cbor2.loads(await socket.recv())


async def test_each_borrower_of_our_pool_gets_the_answer_to_its_own_question(url):
    pool = SurrealDBConnectionPool(
        url, credentials=ROOT, namespace="a", database="b", min_size=4, max_size=4
    )

    async def work(number):
        asked = RecordID("person", number)
        async with pool.acquire() as conn:
            [record] = await conn.query("SELECT * FROM $id", {"id": asked})
            returned = await conn.query("RETURN $x", {"x": {"deep": [number, None]}})
        assert record == {
            "id": asked, "name": "Tobie Example", "age": 42, "tags": ["alpha", "beta"],
        }  # fmt: skip
        assert returned == {"deep": [number, None]}

    async with pool:
        await asyncio.gather(*(work(number) for number in range(100)))
        assert pool.stats().sign_ins == 1


async def test_the_official_sdk_gets_the_answer_to_its_own_question(url):
    async with AsyncSurreal(url) as db:
        token = await db.signin({"username": "root", "password": "any"})
        await db.authenticate(token.access)
        await db.use("a", "b")
        await db.let("name", 1)
        await db.unset("name")

        assert await db.version() == "surrealdb-3.3.5"
        assert await db.query("RETURN $x", {"x": [1, {"a": "b"}]}) == [1, {"a": "b"}]
        assert await db.query("RETURN 17") == 17
        records = await asyncio.gather(
            *(db.query("UPDATE $r", {"n": 5, "r": RecordID("t", n)}) for n in range(50))
        )
        assert [record["id"].id for [record] in records] == list(range(50))
        with pytest.raises(SurrealError, match="Method not found"):
            await db.kill(uuid.uuid4())


async def test_sessions_are_attached_up_to_the_limit_and_detached(socket):
    ids = [uuid.UUID(int=number) for number in range(257)]

    answers = [await ask(socket, "attach", session=cbor2.CBORTag(37, i.bytes)) for i in ids[:256]]

    assert [answer["result"].value for answer in answers] == [None] * 256
    one_more = await ask(socket, "attach", session=str(ids[256]))
    assert one_more["error"]["code"] == -32602
    stranger = await ask(socket, "query", "RETURN 1", session=str(ids[256]))
    assert stranger["error"]["message"] == "Session not found"
    known = await ask(socket, "query", "RETURN 1", session=str(ids[255]))
    assert known["result"] == [{"status": "OK", "result": 1, "time": "1µs"}]
    await ask(socket, "detach", session=str(ids[255]))
    again = await ask(socket, "attach", session=str(ids[256]))
    assert "error" not in again
    assert set((await ask(socket, "sessions"))["result"]) == {*ids[:255], ids[256]}


async def test_statements_are_answered_one_by_one(socket):
    text = "LET $a = 'x;y'; RETURN 3;; SELECT * FROM t"

    answer = await ask(socket, "query", text)

    assert [statement["status"] for statement in answer["result"]] == ["OK"] * 3
    assert answer["result"][1]["result"] == 3
    assert answer["result"][2]["result"] == []


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 900_000])
async def test_messages_of_every_length_come_back_whole(socket, size):
    data = os.urandom(size)

    answer = await ask(socket, "query", "RETURN $x", {"x": data})

    assert answer["result"][0]["result"] == data


async def test_many_requests_in_one_write_get_all_their_answers(socket):
    async def answers():
        return [cbor2.loads(await socket.recv())["id"] for _ in range(5000)]

    reading = asyncio.create_task(answers())
    for number in range(5000):
        await socket.send(cbor2.dumps({"id": number, "method": "ping", "params": []}))

    assert await reading == list(range(5000))


async def test_a_ping_is_answered(socket):
    await (await socket.ping(b"are you there"))


@pytest.mark.parametrize("rubbish", [b"", b"\xff", b"\x81" * 1000, b"\xa1\x62id", b"\xbf"])
async def test_rubbish_is_answered_with_an_error_and_the_socket_lives_on(socket, rubbish):
    await socket.send(rubbish)

    assert cbor2.loads(await socket.recv())["error"]["message"] == "Parse error"
    assert (await ask(socket, "ping"))["id"] == 7


async def test_too_long_a_message_closes_the_socket(socket):
    with suppress(ConnectionClosed):
        await socket.send(bytes(2 * 1024 * 1024))

    with pytest.raises(ConnectionClosed):
        await socket.recv()


async def test_it_speaks_cbor_only(url):
    with pytest.raises(InvalidStatus):
        await connect(url + "/rpc", subprotocols=[Subprotocol("json")])


async def test_it_ends_after_its_time(url):
    async with (
        run_instant_server(seconds=1) as short,
        connect(short.url + "/rpc", subprotocols=[CBOR]) as socket,
    ):
        with pytest.raises(ConnectionClosed):
            await socket.recv()
