"""What sessions keep and `reset` clears, on both engines: the facts behind `_session_state`."""

import asyncio
import uuid

import pytest
from surrealdb import errors

from purreal._connector import WebSocketConnector
from purreal._credentials import Credentials


@pytest.fixture
def place():
    return f"wire_{uuid.uuid4().hex}", "checkout"


@pytest.fixture
async def connection(target, place):
    connector = WebSocketConnector(
        target.url,
        credentials=Credentials(target.username, target.password),
        namespace=place[0],
        database=place[1],
    )
    connection = await connector.connect()
    yield connection
    await connection.close()


async def returned(connection, text):
    return (await connection.request("query", [text]))[0]["result"]


WHERE = "RETURN [session::ns(), session::db()]"


@pytest.mark.parametrize(
    ("text", "question", "unchanged"),
    [
        ("LET $left = 1", "RETURN $left", None),
        ("RETURN 1; LET $left = 1", "RETURN $left", None),
        ("BEGIN; CREATE t:1", "RETURN record::exists(t:1)", False),
    ],
)
async def test_a_query_text_leaves_nothing_behind(connection, text, question, unchanged):
    await connection.request("query", ["DEFINE TABLE t"])

    await connection.request("query", [text])

    assert await returned(connection, question) == unchanged


async def test_use_in_a_query_text_ends_with_it(connection, place):
    await connection.request("query", ["USE NS elsewhere DB elsewhere"])

    assert await returned(connection, WHERE) == list(place)


async def test_reset_forgets_variables_database_and_user(connection, place):
    await connection.request("let", ["left", 1])
    await connection.request("use", ["elsewhere", "elsewhere"])
    assert await returned(connection, "RETURN $left") == 1

    await connection.call("reset", [])
    with pytest.raises(errors.NotAllowedError):
        await returned(connection, WHERE)
    await connection.reset()

    assert await returned(connection, WHERE) == list(place)
    assert await returned(connection, "RETURN $left") is None


async def test_requests_of_one_connection_run_side_by_side(connection):
    slow = asyncio.create_task(connection.request("query", ["SLEEP 300ms"]))
    await asyncio.sleep(0)

    await connection.check()

    assert not slow.done()
    await slow
