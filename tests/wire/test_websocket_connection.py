"""One lendable connection over a scripted transport: dirt, reset, transactions, exchanges."""

import asyncio
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from surrealdb.errors import ServerError

from purreal._connector import WebSocketConnector
from purreal._credentials import Credentials
from purreal._errors import ConnectionLost, Outcome, RequestError, RequestTimeout
from purreal._session_state import is_session_expired
from purreal.testing import SILENCE, Answer, ScriptedServer

pytestmark = pytest.mark.looptime


@pytest.fixture
def server() -> ScriptedServer:
    server = ScriptedServer()
    server.answer("signin", then=Answer("a.b.c"))
    return server


@pytest.fixture
async def connection(server, lend):
    connector = WebSocketConnector(
        "ws://db",
        credentials=Credentials("app", "s3cret"),
        namespace="shop",
        database="checkout",
        request_timeout=5.0,
        lend=lend,
        open_transport=server.open_transport,
    )
    connection = await connector.connect()
    server.requests.clear()
    return connection


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("query", ["USE NS other"]),
        ("query", ["use ns other; SELECT 1"]),
        ("query", ["LIVE SELECT * FROM person"]),
        ("query", ["BEGIN; CREATE person"]),
        ("query", ["SELECT 1; " + " " * 5000 + "USE DB x"]),
        ("query", [object]),
        ("use", ["a", "b"]),
        ("let", ["a", 1]),
        ("unset", ["a"]),
        ("signin", [{}]),
        ("signup", [{}]),
        ("authenticate", ["a.b.c"]),
        ("invalidate", []),
        ("reset", []),
        ("begin", []),
        ("attach", []),
        ("a method of the future", []),
    ],
)
async def test_requests_that_may_change_the_session_make_it_dirty(connection, method, params):
    if params != [object]:
        await connection.request(method, params)
    else:
        with pytest.raises(RequestError):
            await connection.request(method, params)

    assert connection.dirty


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("query", ["SELECT * FROM person"]),
        ("query", ["LET $x = 1; RETURN $x"]),
        ("query", ["BEGIN; CREATE person; COMMIT"]),
        ("query", ["SELECT used, alive, lively FROM person"]),
        ("select", ["person"]),
        ("run", ["math::abs", None, [1]]),
        ("ping", []),
        ("version", []),
    ],
)
async def test_requests_that_leave_nothing_behind_keep_it_clean(connection, method, params):
    await connection.request(method, params)

    assert not connection.dirty


async def test_a_request_that_was_cancelled_still_made_it_dirty(connection, server):
    server.answer("let", SILENCE)
    request = asyncio.create_task(connection.request("let", ["a", 1]))
    await asyncio.sleep(0.001)

    request.cancel()
    await asyncio.wait({request})

    assert connection.dirty


async def test_reset_authenticates_and_selects_the_database_again(connection, server):
    await connection.request("let", ["a", 1])
    server.requests.clear()

    await connection.reset()

    assert server.requests == [
        ("reset", []),
        ("authenticate", ["a.b.c"]),
        ("use", ["shop", "checkout"]),
    ]
    assert not connection.dirty


REFUSAL = Answer(error={"code": -32000, "kind": "NotAllowed", "message": "no"})


@pytest.mark.parametrize("steps", [("reset",), ("use",), ("authenticate", "signin")])
async def test_a_failed_reset_raises_and_leaves_it_dirty(connection, server, steps):
    for step in steps:
        server.answer(step, then=REFUSAL)
    await connection.request("let", ["a", 1])

    with pytest.raises(Exception, match="no"):
        await connection.reset()

    assert connection.dirty


async def test_a_reset_whose_token_is_refused_falls_back_to_the_password(connection, server):
    server.answer("authenticate", REFUSAL)
    await connection.request("let", ["a", 1])

    await connection.reset()

    methods = [method for method, _ in server.requests]
    assert methods == ["let", "reset", "authenticate", "signin", "use"]
    assert not connection.dirty


async def test_an_open_transaction_is_cancelled_by_reset(connection, server):
    transaction = uuid4()
    server.answer("begin", Answer(transaction))
    await connection.request("begin", [])
    assert connection.dirty
    server.requests.clear()

    await connection.reset()

    assert server.requests[0] == ("cancel", [transaction])
    assert not connection.dirty


@pytest.mark.parametrize("ending", ["commit", "cancel"])
async def test_an_ended_transaction_leaves_nothing_to_reset(connection, server, ending):
    transaction = UUID(int=7)
    server.answer("begin", Answer(str(transaction)))
    await connection.request("begin", [])

    await connection.request(ending, [transaction])

    assert not connection.dirty


CONFLICT = Answer(
    error={"code": -32000, "kind": "Query", "message": "Transaction conflict: Write conflict"}
)
UNKNOWN_TRANSACTION = Answer(
    error={"code": -32602, "kind": "Validation", "message": "Transaction not found"}
)


@pytest.mark.parametrize("ending", ["commit", "cancel"])
async def test_a_transaction_whose_end_was_refused_is_not_ended_again(connection, server, ending):
    transaction = uuid4()
    server.answer("begin", Answer(transaction))
    await connection.request("begin", [])
    server.answer(ending, CONFLICT)
    with pytest.raises(Exception, match="conflict"):
        await connection.request(ending, [transaction])
    assert connection.dirty
    server.requests.clear()

    await connection.reset()

    assert [method for method, _ in server.requests] == ["reset", "authenticate", "use"]
    assert not connection.dirty


async def test_a_transaction_that_the_server_has_ended_does_not_spoil_the_reset(connection, server):
    server.answer("begin", Answer(uuid4()))
    await connection.request("begin", [])
    server.answer("cancel", UNKNOWN_TRANSACTION)

    await connection.reset()

    assert not connection.dirty


async def test_a_transaction_that_can_not_be_cancelled_for_lack_of_an_answer_spoils_the_reset(
    connection, server
):
    server.answer("begin", Answer(uuid4()))
    await connection.request("begin", [])
    server.answer("cancel", SILENCE)

    with pytest.raises(RequestTimeout):
        await connection.reset()

    assert connection.dirty


async def test_the_end_of_a_transaction_is_understood_in_text_too(connection, server):
    transaction = uuid4()
    server.answer("begin", Answer(transaction))
    await connection.request("begin", [])

    await connection.request("commit", [str(transaction)])

    assert not connection.dirty


async def test_a_begin_whose_answer_was_missed_makes_the_connection_unresettable(
    connection, server
):
    server.answer("begin", Answer(uuid4(), after=2.0))
    with pytest.raises(RequestTimeout):
        await connection.request("begin", [], timeout=1.0)
    await asyncio.sleep(2.0)
    assert connection.in_flight == 0

    with pytest.raises(RequestError, match="can not be reset"):
        await connection.reset()

    assert connection.dirty


async def test_a_refused_begin_opens_nothing(connection, server):
    server.answer("begin", Answer(error={"code": -32602, "message": "Method not allowed"}))

    with pytest.raises(Exception, match="not allowed"):
        await connection.request("begin", [])

    assert not connection.dirty


async def test_a_connection_with_requests_in_flight_can_not_be_reset(connection, server):
    server.answer("query", SILENCE)
    with pytest.raises(RequestTimeout):
        await connection.request("query", ["SLEEP 1h"], timeout=1.0)

    with pytest.raises(RequestError, match="still running"):
        await connection.reset()

    assert connection.in_flight == 1


@pytest.mark.parametrize(
    "expired",
    [
        {
            "code": -32000,
            "kind": "NotAllowed",
            "message": "The session has expired",
            "details": {"kind": "Auth", "details": {"kind": "SessionExpired"}},
        },
        {
            "code": -32000,
            "message": "There was a problem with the database: The session has expired",
        },
    ],
    ids=["SurrealDB 3", "SurrealDB 2"],
)
async def test_an_expired_session_is_made_good_by_the_next_reset(connection, server, expired):
    server.answer("query", Answer(error=expired))

    with pytest.raises(Exception, match="session has expired"):
        await connection.request("query", ["RETURN 1"])

    assert connection.dirty


def test_only_a_server_says_that_a_session_has_expired():
    assert not is_session_expired(ValueError("The session has expired"))


async def test_what_a_borrower_throws_is_no_expired_session(connection, server):
    thrown = "There was a problem with the database: An error occurred: The session has expired"
    server.answer("run", Answer(error={"code": -32000, "message": thrown}))

    with pytest.raises(ServerError, match="session has expired"):
        await connection.request("run", ["fn::throws", None, []])

    assert not connection.dirty


async def test_the_check_is_a_ping_and_silence_ends_the_connection(connection, server):
    await connection.check()
    assert server.requests == [("ping", [])]
    server.answer("ping", then=SILENCE)
    clock = asyncio.get_running_loop().time
    started = clock()

    with pytest.raises(RequestTimeout):
        await connection.check()

    assert clock() - started == pytest.approx(5.0, abs=0.01)
    assert (connection.usable, server.open) == (False, 0)


async def test_the_connector_s_request_timeout_holds_where_a_request_names_none(connection, server):
    server.answer("query", then=SILENCE)
    clock = asyncio.get_running_loop().time
    started = clock()

    with pytest.raises(RequestTimeout):
        await connection.request("query", ["RETURN 1"])

    assert clock() - started == pytest.approx(5.0, abs=0.01)


async def test_without_a_timeout_a_request_waits_as_long_as_it_takes(connection, server):
    server.answer("query", Answer([{"status": "OK", "result": 1}], after=7200.0))

    answer = await connection.request("query", ["RETURN 1"], timeout=None)

    assert answer[0]["result"] == 1


async def test_exchanges_tell_the_reply_the_error_and_the_time(connection, server, monkeypatch):
    virtual = SimpleNamespace(monotonic=asyncio.get_running_loop().time)
    monkeypatch.setattr("purreal._websocket_connection.time", virtual)
    seen = []
    connection.on_exchange = seen.append
    refusal = {"code": -32000, "kind": "Validation", "message": "Parse error"}
    statements = [{"status": "OK", "result": 1, "time": "5µs"}]
    server.answer("query", Answer(statements, after=0.25), Answer(error=refusal), SILENCE)

    await connection.request("query", ["RETURN 1"])
    with pytest.raises(Exception, match="Parse error"):
        await connection.request("query", ["RETRUN"])
    with pytest.raises(RequestTimeout):
        await connection.request("query", ["RETURN 2"])
    await connection.check()

    assert [exchange.reply is not None for exchange in seen] == [True, True, False]
    assert seen[0].reply["result"] == statements
    assert seen[0].seconds == pytest.approx(0.25, abs=0.01)
    assert [type(exchange.error).__name__ for exchange in seen] == [
        "NoneType",
        "ValidationError",
        "RequestTimeout",
    ]
    assert {exchange.connection_id for exchange in seen} == {connection.id}


def broken_hook(exchange):
    raise RuntimeError("the observer has a bug")


async def test_an_observer_that_raises_costs_neither_the_result_nor_the_book_keeping(
    connection, server, caplog
):
    connection.on_exchange = broken_hook
    transaction = uuid4()
    server.answer("begin", Answer(transaction))

    answer = await connection.request("begin", [])

    assert answer == transaction
    assert connection.dirty
    assert [(record.name, record.exc_info[0]) for record in caplog.records] == [
        ("purreal", RuntimeError)
    ]
    await connection.reset()
    assert ("cancel", [transaction]) in server.requests


async def test_an_observer_that_raises_hides_no_error(connection, server, caplog):
    connection.on_exchange = broken_hook
    server.answer("query", then=SILENCE)

    with pytest.raises(RequestTimeout):
        await connection.request("query", ["RETURN 1"])

    assert len(caplog.records) == 1


async def test_an_observer_that_raises_hides_no_cancellation(connection, server):
    connection.on_exchange = broken_hook
    server.answer("begin", SILENCE)
    request = asyncio.create_task(connection.request("begin", []))
    await asyncio.sleep(0.001)

    request.cancel()
    await asyncio.wait({request})

    assert request.cancelled()
    assert connection.dirty


async def test_a_loss_is_told_once_and_an_abort_is_none(connection, server):
    losses = []
    connection.on_lost = lambda: losses.append(connection.id)

    server.transports[0].lose()
    connection.abort()
    await connection.close()

    assert losses == [connection.id]
    with pytest.raises(ConnectionLost) as caught:
        await connection.request("query", ["RETURN 1"])
    assert caught.value.outcome is Outcome.NOT_SENT


async def test_an_abort_is_no_loss(connection, server):
    losses = []
    connection.on_lost = lambda: losses.append(connection.id)

    connection.abort()
    await asyncio.sleep(0.01)

    assert (losses, server.open, connection.usable) == ([], 0, False)
