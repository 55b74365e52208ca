"""Which query texts are taken to outlast themselves: all that do, on both engines, and few more."""

import uuid

import pytest

from purreal._connector import WebSocketConnector
from purreal._credentials import Credentials
from purreal._lasting_text import may_last

HARMLESS = [
    "SELECT * FROM person WHERE live = true",
    "SELECT * FROM person WHERE live AND name = 'x'",
    "SELECT use, person.live, kill FROM person",
    "SELECT 'we use ns this; LIVE SELECT * FROM t; BEGIN' AS text FROM person",
    'RETURN "it\'s; USE NS other"',
    "/* use ns other; */ RETURN 1",
    "RETURN 1; -- it's time to USE NS other\nRETURN 2",
    "RETURN 1 // USE NS other",
    "RETURN 1 # LIVE SELECT * FROM t",
    "RETURN [$use, $live, $kill, $begin]",
    "RETURN `use`.`live`; RETURN ⟨USE NS other⟩",
    "UPDATE t:live SET use = 1, kill = 'x' WHERE live != NONE",
    "CREATE t:1 SET url = 'https://example.org/use/live'\r\n",
    "SELECT used, alive, lively, skill, house FROM person",
    "LET $x = 1; RETURN $x",
    "BEGIN; CREATE t; COMMIT",
    "BEGIN TRANSACTION; CREATE t SET x = 1 / 2; CANCEL TRANSACTION",
]

LASTING = [
    "USE NS other",
    "use ns other; SELECT 1",
    "RETURN 1;use\n\tdb other",
    "USE/* to */NS other",
    "USE--\nNS other",
    "USE DEFAULT",
    "IF true { USE DB other }",
    "LIVE SELECT * FROM t",
    "live/**/select * from t",
    "KILL $id",
    "KILL u'0190d6a2-6c2c-7c9a-8f7b-3e0b9a9d0a01'",
    'KILL"0190d6a2-6c2c-7c9a-8f7b-3e0b9a9d0a01"',
    "BEGIN; CREATE t",
    "BEGIN; CREATE t; -- COMMIT",
    "BEGIN; CREATE t SET text = 'COMMIT'",
    "SELECT 1; " + " " * 5000 + "USE DB x",
]

# Not certain where text and comments begin and end, or seen otherwise by the server than by eye.
TRICKY = [
    "RETURN 'it\\'s'; USE NS other; RETURN 'x'",
    "RETURN '\\\\'; USE NS other --'",
    "RETURN /'/; USE NS other; RETURN /'/",
    "RETURN 8 /2; USE NS other; RETURN 8/ 2",
    "RETURN 5<--3; USE NS other",
    "RETURN 1 -- comment\u2028; USE NS other",
    "RETURN 1 -- comment\x85; LIVE SELECT * FROM t",
    "RETURN 1; -- comment\rUSE NS other",
    "RETURN 1 // comment\u2029; USE NS other",
    "RETURN ⟨it's⟩; USE NS other; RETURN ⟨it's⟩",
    "RETURN `it's`; USE NS other; RETURN `it's`",
    'RETURN "it\'s"; USE NS other; RETURN "it\'s"',
    "-- it's\nUSE NS other; -- it's",
    "/* it's */ USE NS other; /* it's */",
    "/* /* */ USE NS other; RETURN 1 /* */",
    "USE\u00a0NS other",
    "RETURN 'a'; USE NS other; RETURN 'b",
    "RETURN function() { return `'` }; USE NS other; RETURN '1'",
    "# '\nUSE NS other #'",
    "RETURN 1 /* USE NS other",
    "⟨ USE NS other",
    "RETURN 'use'" + " " * 50_000,
    "RETURN $`'`; USE NS other; RETURN $`'`",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_texts_that_only_mention_the_words_cost_no_reset(text):
    assert not may_last(text)


@pytest.mark.parametrize("text", LASTING + TRICKY)
def test_texts_that_may_last_are_recognised(text):
    assert may_last(text)


@pytest.fixture
async def connect(target):
    opened = []
    place = f"wire_{uuid.uuid4().hex}"

    async def connect():
        connector = WebSocketConnector(
            target.url,
            credentials=Credentials(target.username, target.password),
            namespace=place,
            database="checkout",
        )
        opened.append(await connector.connect())
        return opened[-1]

    yield connect
    for connection in opened:
        await connection.close()


async def test_what_is_taken_to_leave_nothing_behind_does_so(connect):
    connection, other = await connect(), await connect()
    await connection.request("query", ["DEFINE TABLE t; DEFINE TABLE person"])
    question = ["RETURN [session::ns(), session::db(), $x, $use]"]
    (before,) = await connection.request("query", question)

    for text in HARMLESS:
        await connection.request("query", [text])
    for table in ("t", "person"):
        (info,) = await other.request("query", [f"INFO FOR TABLE {table}"])
        assert info["result"]["lives"] == {}

    (after,) = await connection.request("query", question)
    assert after["result"] == before["result"]
    assert connection.usable
    assert not connection.dirty
