"""Which notification reaches whom, and how reading ends; frames are those of real servers."""

import asyncio
from uuid import UUID

import pytest
from surrealdb import RecordID, errors

from purreal import NotificationsLost, _codec, _live
from purreal._connector import WebSocketConnector
from purreal._errors import ConnectionLost, LeaseError, RequestError, UnreadableReply
from purreal._methods import Methods
from purreal._notifications import Notifications
from purreal.testing import SILENCE, Answer, ScriptedServer

pytestmark = pytest.mark.looptime

LIVE = UUID(int=11)
OTHER = UUID(int=12)
SESSION = UUID(int=13)
_codec.load()
RECORD = {"id": RecordID("t", 1), "n": 1}


def frame(action="CREATE", live_id=LIVE, result=RECORD, **more):
    notification = {"id": live_id, "action": action, "result": result, **more}
    return _codec.encode({"result": notification})


# As 3.3.5 sends them for the socket's own and for an attached session; as SurrealDB 2 does by its
# sources, and the oldest of them, which had no `record` yet; with the id as text, and with an `id`
# that says that it is none.
SHAPES = {
    "3, own session": frame(record=RecordID("t", 1), session=SESSION),
    "3, attached session": _codec.encode(
        {
            "result": {
                "id": LIVE,
                "action": "CREATE",
                "record": RecordID("t", 1),
                "result": RECORD,
                "session": SESSION,
            },
            "session": SESSION,
        }
    ),
    "2": frame(record=RecordID("t", 1)),
    "2, oldest": frame(),
    "text as id": frame(live_id=str(LIVE)),
    "no id but a key for it": _codec.encode(
        {"id": None, "result": {"id": LIVE, "action": "CREATE", "result": RECORD}}
    ),
}
KILLED = frame("KILLED", result=None, record=None, session=None)


class Borrower(Methods):
    def __init__(self, connection) -> None:
        self.connection = connection

    async def _request(self, method, params, *, session=None, txn=None):
        return await self.connection.request(method, params, session=session, txn=txn)

    def _notifications(self, live_id):
        return Notifications(self.connection.live_query(live_id), lambda: None)


@pytest.fixture
def server() -> ScriptedServer:
    server = ScriptedServer()
    server.answer("live", then=Answer(LIVE))
    return server


@pytest.fixture
async def borrower(server) -> Borrower:
    connector = WebSocketConnector(
        "ws://db", request_timeout=5.0, open_transport=server.open_transport
    )
    return Borrower(await connector.connect())


@pytest.fixture
def push(server):
    """Let the server send a frame on the only socket."""
    return lambda message: server.transports[0].push(message)


async def waiting(notifications):
    """A task that waits for the next notification."""
    task = asyncio.create_task(anext(notifications))
    await asyncio.sleep(0)
    return task


@pytest.mark.parametrize("message", SHAPES.values(), ids=SHAPES.keys())
async def test_every_shape_of_a_notification_reaches_its_reader(borrower, push, message):
    notifications = await borrower.subscribe_live(await borrower.live("t"))

    push(message)

    assert await anext(notifications) == RECORD
    assert borrower.connection.usable


async def test_one_that_comes_before_the_answer_to_live_is_kept(borrower, server, push):
    server.answer("live", Answer(LIVE, after=1.0))
    starting = asyncio.create_task(borrower.live("t"))
    await asyncio.sleep(0.5)
    push(frame())
    push(frame(live_id=OTHER))

    notifications = await borrower.subscribe_live(await starting)

    assert await anext(notifications) == RECORD


async def test_one_of_a_live_query_that_nobody_knows_is_dropped(borrower, push):
    await borrower.live("t")

    push(frame(live_id=OTHER))

    assert borrower.connection.usable
    with pytest.raises(LeaseError, match="not started on this lease"):
        await borrower.subscribe_live(OTHER)


@pytest.mark.parametrize(
    "result",
    [
        {"action": "CREATE", "result": RECORD},
        {"id": "x", "action": "CREATE", "result": RECORD},
        {"id": LIVE, "result": RECORD},
        {"id": LIVE, "action": 1},
        [LIVE, "CREATE", RECORD],
    ],
    ids=repr,
)
async def test_what_is_no_notification_and_has_no_id_ends_the_socket(borrower, push, result):
    notifications = await borrower.subscribe_live(await borrower.live("t"))

    push(_codec.encode({"result": result}))

    assert not borrower.connection.usable
    with pytest.raises(UnreadableReply, match="answers no request"):
        await anext(notifications)


@pytest.mark.parametrize("has_type", [True, False], ids=["3", "2, which does not say"])
async def test_the_ids_that_a_text_returns_may_be_read(borrower, server, push, has_type):
    statements = [
        {"status": "OK", "result": 1, "time": "1ms", "type": None},
        {"status": "OK", "result": LIVE, "time": "1ms", "type": "live"},
        {"status": "OK", "result": OTHER, "time": "1ms", "type": "other"},
    ]
    if not has_type:
        statements = [{k: each[k] for k in each if k != "type"} for each in statements]
    server.answer("query", Answer(statements))
    await borrower.query("RETURN 1; LIVE SELECT * FROM t; RETURN $other")

    notifications = await borrower.subscribe_live(LIVE)
    push(frame())

    assert await anext(notifications) == RECORD
    if has_type:
        with pytest.raises(LeaseError):
            await borrower.subscribe_live(OTHER)


async def test_a_killed_live_query_is_read_to_its_end(borrower, push):
    notifications = await borrower.subscribe_live(await borrower.live("t"))
    push(frame())
    push(KILLED)
    push(frame(result="too late"))

    assert [record async for record in notifications] == [RECORD]
    assert [record async for record in notifications] == []


async def test_who_comes_after_the_end_reads_what_nobody_has_read(borrower, push):
    live_id = await borrower.live("t")
    push(frame())
    push(KILLED)  # its table was removed, say

    readers = [await borrower.subscribe_live(live_id) for _ in range(2)]

    assert [[record async for record in reader] for reader in readers] == [[RECORD], []]


async def test_kill_ends_the_reading_also_where_the_server_does_not_say_so(borrower, push):
    notifications = await borrower.subscribe_live(await borrower.live("t"))
    task = await waiting(notifications)

    await borrower.kill(str(LIVE))

    with pytest.raises(StopAsyncIteration):
        await task
    with pytest.raises(LeaseError, match="or it was killed"):
        await borrower.subscribe_live(LIVE)


async def test_a_kill_that_is_refused_ends_nothing(borrower, server, push):
    notifications = await borrower.subscribe_live(await borrower.live("t"))
    server.answer("kill", Answer(error={"code": -32000, "message": "no"}))
    with pytest.raises(errors.ServerError):
        await borrower.kill(LIVE)

    push(frame())

    assert await anext(notifications) == RECORD


async def test_a_lost_socket_ends_the_reading_after_what_was_unread(borrower, server, push):
    live_id = await borrower.live("t")
    readers = [await borrower.subscribe_live(live_id) for _ in range(2)]
    push(frame())
    assert await anext(readers[0]) == RECORD
    task = await waiting(readers[0])

    server.transports[0].lose()

    with pytest.raises(ConnectionLost):
        await task
    assert await anext(readers[1]) == RECORD
    for _ in range(2):
        with pytest.raises(ConnectionLost):
            await anext(readers[1])


async def test_a_reset_ends_the_reading_and_drops_what_still_comes(borrower, push):
    notifications = await borrower.subscribe_live(await borrower.live("t"))
    task = await waiting(notifications)
    assert borrower.connection.dirty

    await borrower.connection.reset()
    push(frame())

    with pytest.raises(LeaseError):
        await task
    assert borrower.connection.usable
    assert not borrower.connection.dirty
    with pytest.raises(LeaseError):
        await borrower.subscribe_live(LIVE)


async def test_a_reader_that_is_too_slow_gets_what_was_kept_and_then_an_error(
    borrower, push, monkeypatch
):
    monkeypatch.setattr(_live, "MOST_UNREAD", 3)
    live_id = await borrower.live("t")
    slow, fast = [await borrower.subscribe_live(live_id) for _ in range(2)]
    for number in range(5):
        push(frame(result=number))
        assert await anext(fast) == number

    assert [await anext(slow) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(NotificationsLost, match="more than 3 times"):
        await anext(slow)
    push(frame(result=5))
    assert await anext(fast) == 5


async def test_a_reader_may_leave_so_many_bytes_unread_and_one_of_any_length(
    borrower, push, monkeypatch
):
    monkeypatch.setattr(_live, "MOST_UNREAD_BYTES", 3000)
    live_id = await borrower.live("t")
    reader = await borrower.subscribe_live(live_id)
    push(frame(result="x" * 4000))
    assert await anext(reader) == "x" * 4000

    for number in range(3):
        push(frame(result=str(number) * 1000))

    assert [await anext(reader) for _ in range(2)] == ["0" * 1000, "1" * 1000]
    with pytest.raises(NotificationsLost):
        await anext(reader)


async def test_what_comes_before_anybody_started_it_is_bounded_all_together(monkeypatch):
    monkeypatch.setattr(_live, "MOST_UNREAD_BYTES", 3000)
    queries = _live.LiveQueries()
    queries.begin_start()
    for number in range(5):
        queries.notify({"id": UUID(int=number), "action": "CREATE", "result": number}, 1000)

    kept = [queries.add(UUID(int=number)).add_reader() for number in range(5)]

    assert [await reader.next() for reader in kept[:3]] == [0, 1, 2]
    for reader in kept[3:]:
        with pytest.raises(NotificationsLost):
            await reader.next()


async def test_a_closed_reader_collects_nothing_and_the_others_go_on(borrower, push):
    live_id = await borrower.live("t")
    left, right = [await borrower.subscribe_live(live_id) for _ in range(2)]
    push(frame())

    await left.aclose()
    await left.aclose()

    assert [record async for record in left] == []
    assert await anext(right) == RECORD


async def test_each_of_several_tasks_gets_another_notification(borrower, push):
    notifications = await borrower.subscribe_live(await borrower.live("t"))
    tasks = [await waiting(notifications) for _ in range(3)]

    for number in range(3):
        push(frame(result=number))

    assert sorted(await asyncio.gather(*tasks)) == [0, 1, 2]


async def test_sessions_are_detached_one_by_one_before_the_next_borrower(borrower, server):
    first, second, third = [await borrower.attach() for _ in range(3)]
    await borrower.detach(second)
    server.requests.clear()

    await borrower.connection.reset()

    methods = [method for method, _ in server.requests]
    assert methods == ["detach", "detach", "reset"]
    for session in (first, second, third):
        with pytest.raises(errors.NotFoundError, match=f"Session not found: {session}"):
            await borrower.query("RETURN 1", session_id=session)
    assert server.requests[-1][0] == "reset"


async def test_a_session_may_be_there_although_nobody_heard_of_it(borrower, server):
    server.answer("attach", Answer(after=1.0))
    task = asyncio.create_task(borrower.attach())
    await asyncio.sleep(0.5)
    task.cancel()
    await asyncio.sleep(1.0)

    await borrower.connection.reset()

    assert [method for method, _ in server.requests] == ["attach", "detach", "reset"]


async def test_a_session_that_was_refused_need_not_be_detached(borrower, server):
    refusal = {"code": -32601, "message": "Method not found"}  # as SurrealDB 2 says
    server.answer("attach", Answer(error=refusal))
    with pytest.raises(errors.NotFoundError, match="Method not found"):
        await borrower.new_session()

    await borrower.connection.reset()

    assert [method for method, _ in server.requests] == ["attach", "reset"]


async def test_transactions_of_a_session_are_cancelled_before_it_is_detached(borrower, server):
    server.answer("begin", then=Answer(OTHER))
    session = await borrower.new_session()
    await session.begin_transaction()

    await borrower.connection.reset()

    methods = [method for method, _ in server.requests]
    assert methods == ["attach", "begin", "cancel", "detach", "reset"]


async def test_a_session_takes_its_transactions_along(borrower, server):
    server.answer("begin", then=Answer(OTHER))
    session = await borrower.new_session()
    await session.begin_transaction()
    await session.close_session()

    await borrower.connection.reset()

    methods = [method for method, _ in server.requests]
    assert methods == ["attach", "begin", "detach", "reset"]


async def test_a_reset_that_can_not_be_done_ends_the_reading_all_the_same(borrower, server):
    notifications = await borrower.subscribe_live(await borrower.live("t"))
    server.answer("query", SILENCE)
    unanswered = asyncio.create_task(borrower.query("RETURN 1"))
    task = await waiting(notifications)

    with pytest.raises(RequestError, match="can not be reset"):
        await borrower.connection.reset()

    with pytest.raises(LeaseError):
        await task
    unanswered.cancel()


async def test_errors_of_surrealdb_2_have_the_sdk_s_classes_and_name_the_cause(borrower, server):
    did_not_run = "The query was not executed due to a failed transaction"
    server.answer(
        "query",
        Answer(
            [
                {"status": "ERR", "result": did_not_run, "time": "1ms"},
                {"status": "ERR", "result": "An error occurred: inside", "time": "1ms"},
                {"status": "ERR", "result": did_not_run, "time": "1ms"},
            ]
        ),
        Answer(error={"code": -32000, "message": "There was a problem with the database"}),
    )

    with pytest.raises(errors.InternalError, match="inside"):
        await borrower.query("BEGIN; CREATE t:1; THROW 'inside'; CREATE t:2; COMMIT")
    with pytest.raises(errors.InternalError, match="problem with the database"):
        await borrower.query("RETURN 1")
