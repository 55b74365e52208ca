"""What sessions keep and `reset` clears, on both engines: the facts behind `_session_state`."""

import asyncio
import math
import uuid
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from surrealdb import Datetime, Duration, Range, RecordID, errors
from surrealdb.data.types.geometry import GeometryMultiPoint, GeometryPoint
from surrealdb.data.types.range import BoundExcluded, BoundIncluded

from purreal._connector import WebSocketConnector
from purreal._credentials import Credentials
from purreal._errors import RequestNotSent


@pytest.fixture
def place():
    return f"wire_{uuid.uuid4().hex}", "checkout"


@pytest.fixture
async def connection(target, place, lend):
    connector = WebSocketConnector(
        target.url,
        credentials=Credentials(target.username, target.password),
        namespace=place[0],
        database=place[1],
        lend=lend,
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


def nested(levels):
    value = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        nested(97),  # in the variables, the parameters and the request: 100
        Decimal("79228162514264337593543950335.49"),
        Decimal("-1E+28"),
        Decimal("1E-28"),
        Decimal("0E-40"),
        Duration(2**64 * 10**9 - 1),
        Datetime("+262142-12-31T23:59:59Z"),
        Datetime("2020-01-01 00:00:00.123456789123-23:59"),
        Datetime("2020-02-29"),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(1900, 1, 1, tzinfo=timezone(timedelta(minutes=19, seconds=32))),
        RecordID("", Range(BoundIncluded([None, 1.5, b"x"]), BoundExcluded({"a": {1}}))),
        Range(None, None),
        GeometryMultiPoint(),
        GeometryPoint(math.inf, math.nan),
        {"": "a\0b"},
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_whatever_is_not_refused_here_can_be_read_there(connection, value):
    await connection.request("query", ["RETURN $value", {"value": value}])

    assert connection.usable


async def test_what_can_not_be_read_there_is_refused_here(connection):
    with pytest.raises(RequestNotSent, match=r"params\[1\].value.*…: it is nested too deep"):
        await connection.request("query", ["RETURN $value", {"value": nested(98)}])

    assert connection.usable


async def test_requests_of_one_connection_run_side_by_side(connection):
    slow = asyncio.create_task(connection.request("query", ["SLEEP 300ms"]))
    await asyncio.sleep(0)

    await connection.check()

    assert not slow.done()
    await slow
