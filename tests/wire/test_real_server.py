"""The wire against a real SurrealDB: what persists in a session, what reset clears, all levels."""

import asyncio
import contextlib
import uuid
from decimal import Decimal

import pytest
from surrealdb import Duration, RecordID, Table, errors

from purreal._connector import WebSocketConnector
from purreal._credentials import Credentials
from purreal._errors import AuthenticationFailed, Unreachable
from purreal._methods import Methods


class Borrower(Methods):
    def __init__(self, connection) -> None:
        self.connection = connection

    async def _request(self, method, params, *, session=None, txn=None):
        return await self.connection.request(method, params, session=session, txn=txn)


@pytest.fixture
def place():
    """A namespace and database of the test's own, on a server that many tests share."""
    return f"wire_{uuid.uuid4().hex}", "checkout"


@pytest.fixture
async def connect(server_target, place, lend):
    opened = []

    async def connect(**parameters):
        credentials = Credentials(server_target.username, server_target.password)
        defaults = {
            "credentials": credentials,
            "namespace": place[0],
            "database": place[1],
            "lend": lend,
        }
        connector = WebSocketConnector(server_target.url, **(defaults | parameters))
        connection = await connector.connect()
        opened.append(connection)
        return Borrower(connection)

    yield connect
    for connection in opened:
        await connection.close()


async def where(borrower):
    return await borrower.query("RETURN [session::ns(), session::db()]")


async def test_reset_leaves_nothing_of_the_last_user(connect, place):
    borrower, other = await connect(), await connect()
    await borrower.query(
        "DEFINE TABLE t; DEFINE USER OVERWRITE guest ON ROOT PASSWORD 'pw' ROLES VIEWER"
    )
    await borrower.query("LIVE SELECT * FROM t")
    await borrower.signin({"username": "guest", "password": "pw"})
    await borrower.let("secret", "s")
    await borrower.use("elsewhere", "elsewhere")
    transaction = await borrower.begin()
    assert borrower.connection.dirty

    await borrower.connection.reset()

    assert not borrower.connection.dirty
    assert await borrower.query("RETURN $secret") is None
    assert await where(borrower) == list(place)
    await other.create("t:1")
    assert await borrower.create("t:2") == {"id": RecordID("t", 2)}
    assert (await other.query("INFO FOR TABLE t"))["lives"] == {}
    with pytest.raises(errors.ServerError, match="Transaction not found"):
        await borrower.query("RETURN 1", txn_id=transaction)
    assert borrower.connection.usable


async def test_transactions_commit_cancel_and_stay_invisible_until_then(connect):
    borrower, other = await connect(), await connect()
    await other.query("DEFINE TABLE t")

    transaction = await borrower.begin()
    await borrower.create("t:1", {"n": 1}, txn_id=transaction)
    seen_before = await other.select("t")
    await borrower.commit(transaction)
    undone = await borrower.begin()
    await borrower.create("t:2", txn_id=undone)
    await borrower.cancel(undone)

    assert seen_before == []
    assert await other.select("t") == [{"id": RecordID("t", 1), "n": 1}]
    assert not borrower.connection.dirty


async def test_an_end_that_was_not_sent_leaves_the_transaction_open(connect):
    borrower = await connect()
    transaction = await borrower.begin()
    await borrower.create("t:1", txn_id=transaction)
    with pytest.raises(errors.NotFoundError):
        await borrower.commit(transaction, session_id=uuid.uuid4())

    await borrower.commit(transaction)

    assert await borrower.select("t") == [{"id": RecordID("t", 1)}]


async def test_after_a_write_conflict_the_connection_is_reset_and_not_lost(connect):
    first, second = await connect(), await connect()
    await first.query("DEFINE TABLE t; CREATE t:1 SET n = 0")
    winner, loser = await first.begin(), await second.begin()
    await first.query("UPDATE t:1 SET n = 1", txn_id=winner)
    with contextlib.suppress(errors.ServerError):
        await second.query("UPDATE t:1 SET n = 2", txn_id=loser)
    await first.commit(winner)
    with pytest.raises(errors.ServerError):
        await second.commit(loser)
    assert second.connection.dirty

    await second.connection.reset()

    assert not second.connection.dirty
    assert await second.query("RETURN t:1.n") == 1


async def test_the_sdk_s_methods_give_what_the_sdk_gives(connect):
    borrower = await connect()

    created = await borrower.create("person:1", {"name": "Ada", "price": Decimal("1.50")})
    await borrower.create(RecordID("person", 2), {"wait": Duration(5)})
    merged = await borrower.merge("person:1", {"age": 36})
    patched = await borrower.patch(
        RecordID("person", 1), [{"op": "replace", "path": "/age", "value": 37}]
    )
    updated = await borrower.update("person:2", {"name": "Bob"})
    upserted = await borrower.upsert("person:3", {"name": "Cy"})
    inserted = await borrower.insert(Table("person"), [{"id": 4}, {"id": 5}])
    related = await borrower.insert_relation(
        "knows", {"in": RecordID("person", 1), "out": RecordID("person", 2)}
    )
    selected = await borrower.select(Table("person"))
    ranged = await borrower.select("person:2..4")
    deleted = await borrower.delete("person:5")
    rest = await borrower.delete("person")

    assert created == {"id": RecordID("person", 1), "name": "Ada", "price": Decimal("1.50")}
    assert merged["age"] == 36
    assert patched["age"] == 37
    assert updated == {"id": RecordID("person", 2), "name": "Bob"}
    assert upserted["name"] == "Cy"
    assert inserted == [{"id": RecordID("person", 4)}, {"id": RecordID("person", 5)}]
    assert related[0]["out"] == RecordID("person", 2)
    assert len(selected) == 5
    assert [record["id"].id for record in ranged] == [2, 3]
    assert deleted == {"id": RecordID("person", 5)}
    assert len(rest) == 4
    assert await borrower.run("math::abs", [-3]) == 3
    assert (await borrower.version()).startswith("surrealdb-")
    assert (await borrower.query_raw("RETURN 1; RETURN 2"))["result"][1]["result"] == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("RETURN 1; THROW 'second'; RETURN 3", "second"),
        ("BEGIN; CREATE t:1; THROW 'inside'; CREATE t:2; COMMIT", "inside"),
        ("SELECT FROM", "Parse error"),
    ],
)
async def test_any_failed_statement_is_raised_by_its_cause(connect, text, message):
    borrower = await connect()

    with pytest.raises(errors.ServerError, match=message):
        await borrower.query(text)

    assert borrower.connection.usable


async def test_all_levels_sign_in_once_and_share_their_token(connect, server_target, place):
    root = await connect()
    await root.query(
        "DEFINE USER n ON NAMESPACE PASSWORD 'pw' ROLES OWNER;"
        "DEFINE USER d ON DATABASE PASSWORD 'pw' ROLES OWNER;"
        "DEFINE ACCESS account ON DATABASE TYPE RECORD"
        " SIGNIN (SELECT * FROM user WHERE name = $name AND word = $word);"
        "CREATE user:1 SET name = 'ada', word = 'pw'"
    )
    people = [
        Credentials("n", "pw", level="namespace"),
        Credentials("d", "pw", level="database"),
        Credentials(level="record", access="account", variables={"name": "ada", "word": "pw"}),
    ]

    for credentials in people:
        connector = WebSocketConnector(
            server_target.url, credentials=credentials, namespace=place[0], database=place[1]
        )
        connections = await asyncio.gather(*(connector.connect() for _ in range(3)))
        assert connector.sign_ins == 1
        assert await where(Borrower(connections[2])) == list(place)
        for connection in connections:
            await connection.close()


async def test_wrong_credentials_and_unknown_places_are_told_apart(connect, server_target):
    with pytest.raises(AuthenticationFailed, match="problem with authentication"):
        await connect(credentials=Credentials(server_target.username, "wrong"))
    with pytest.raises(Unreachable, match="HTTP 404"):
        await WebSocketConnector(server_target.url + "/elsewhere").connect()
    with pytest.raises(Unreachable, match="TLS failed"):
        await WebSocketConnector(server_target.url.replace("ws:", "wss:")).connect()


async def test_an_anonymous_connection_is_made_but_may_not_query(connect):
    anonymous = await connect(credentials=None)

    await anonymous.connection.check()
    with pytest.raises(errors.NotAllowedError):
        await anonymous.query("RETURN 1")


async def test_an_expired_session_is_good_again_after_a_reset(connect):
    root = await connect()
    await root.query(
        "DEFINE USER brief ON DATABASE PASSWORD 'pw' ROLES OWNER DURATION FOR SESSION 1ms"
    )
    brief = await connect(credentials=Credentials("brief", "pw", level="database"))

    async with asyncio.timeout(5):
        while True:
            try:
                await brief.query("RETURN 1")
            except errors.NotAllowedError:
                break

    assert brief.connection.dirty
    await brief.connection.reset()
    assert not brief.connection.dirty
