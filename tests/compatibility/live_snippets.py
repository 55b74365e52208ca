"""Snippets about live queries; the embedded engine has none and says so."""

import asyncio
from typing import Any
from uuid import UUID

from surrealdb import RecordID, Table

from tests.compatibility.comparing import Raised, Returned, Rows, Stage
from tests.compatibility.session_snippets import signed_in_session

LIVE = Rows()

CHANGES = ("CREATE t:1 SET n = 1", "UPDATE t:1 SET n = 2", "DELETE t:1")


async def changes_seen(stage: Stage, *readers: Any) -> list[Any]:
    """Make changes one by one: the server notifies of those at the same time in any order."""
    found = []
    for change in CHANGES:
        await stage.other.query(change)
        found.append([await anext(reader) for reader in readers])
    return found


async def until_quiet(notifications: Any) -> list[Any]:
    """All that comes until nothing has come for a while, or the end; then how it went on."""
    found = []
    try:
        while True:
            async with asyncio.timeout(0.5):
                found.append(await anext(notifications))
    except TimeoutError:
        return [*found, "waits"]
    except StopAsyncIteration:
        return [*found, "ends"]


@LIVE.same("live", "subscribe_live", on_server_only=True)
async def a_table_is_watched(db: Any, stage: Stage) -> Any:
    await db.query("DEFINE TABLE t")
    live_id = await db.live("t")
    notifications = await db.subscribe_live(live_id)
    return type(live_id).__name__, await changes_seen(stage, notifications)


@LIVE.same("live", "subscribe_live", on_server_only=True)
async def changes_of_its_own_and_async_for(db: Any, stage: Stage) -> Any:
    await db.query("DEFINE TABLE t")
    notifications = await db.subscribe_live(str(await db.live(Table("t"))))
    await db.query("CREATE t:1; CREATE t:2")
    found = []
    async for record in notifications:
        found.append(record)
        if len(found) == 2:
            break
    return sorted(record["id"].id for record in found), await notifications.aclose()


@LIVE.same("subscribe_live", on_server_only=True)
async def two_readers_get_everything(db: Any, stage: Stage) -> Any:
    await db.query("DEFINE TABLE t")
    live_id = await db.live("t")
    readers = [await db.subscribe_live(live_id) for _ in range(2)]
    return await changes_seen(stage, *readers)


@LIVE.same("query", "subscribe_live", on_server_only=True)
async def a_live_query_of_a_text(db: Any, stage: Stage) -> Any:
    await db.query("DEFINE TABLE t")
    live_id = await db.query("LIVE SELECT VALUE n FROM t WHERE n > 1")
    notifications = await db.subscribe_live(live_id)
    await stage.other.query("CREATE t:1 SET n = 1; CREATE t:2 SET n = 2")
    return await anext(notifications)


@LIVE.same("live")
async def a_table_that_is_not_there_is_not_watched(db: Any, stage: Stage) -> Any:
    return await db.live("nowhere")


@LIVE.same("live", on_server_only=True)
async def a_record_is_no_table(db: Any, stage: Stage) -> Any:
    return await db.live(RecordID("t", 1))


@LIVE.differs(
    "live",
    how="`diff=True` notifies of JSON Patch operations; SDK 2.0.0 does not pass it on",
    sdk=Returned([{"id": RecordID("t", 1)}]),
    lease=Returned([[{"op": "replace", "path": "", "value": {"id": RecordID("t", 1)}}]]),
    on_server_only=True,
)
async def changes_instead_of_records(db: Any, stage: Stage) -> Any:
    await db.query("DEFINE TABLE t")
    notifications = await db.subscribe_live(await db.live("t", diff=True))
    await stage.other.query("CREATE t:1")
    return [await anext(notifications)]


@LIVE.differs(
    "subscribe_live",
    how="what was notified before the first reader came is kept for it; the SDK drops it",
    sdk=Returned([{"id": RecordID("t", 2)}]),
    lease=Returned([{"id": RecordID("t", 1)}]),
    on_server_only=True,
)
async def notifications_before_the_first_reader(db: Any, stage: Stage) -> Any:
    await db.query("DEFINE TABLE t")
    live_id = await db.live("t")
    await stage.other.query("CREATE t:1")
    await db.query("SLEEP 100ms")
    notifications = await db.subscribe_live(live_id)
    await stage.other.query("CREATE t:2")
    return [await anext(notifications)]


@LIVE.differs(
    "subscribe_live",
    how="raises `LeaseError`; the SDK waits for ever",
    sdk=Returned(["waits"]),
    lease=Raised("LeaseError", "was not started on this lease"),
    on_server_only=True,
)
async def a_live_query_that_never_was(db: Any, stage: Stage) -> Any:
    return await until_quiet(await db.subscribe_live(UUID(int=5)))


@LIVE.differs(
    "subscribe_live",
    how="a wait that was cut short loses nothing; the SDK's iterator is over after it",
    sdk=Returned(["waits", "ends"]),
    lease=Returned(["waits", {"id": RecordID("t", 1)}, "waits"]),
    on_server_only=True,
)
async def reading_on_after_a_timeout(db: Any, stage: Stage) -> Any:
    await db.query("DEFINE TABLE t")
    notifications = await db.subscribe_live(await db.live("t"))
    before = await until_quiet(notifications)
    await stage.other.query("CREATE t:1")
    return before + await until_quiet(notifications)


@LIVE.differs(
    "kill",
    how="whoever reads comes to its end; the SDK waits for ever, often after one None",
    sdk=Returned([None, {"id": RecordID("t", 1)}, "waits"]),
    lease=Returned([None, {"id": RecordID("t", 1)}, "ends"]),
    on_server_only=True,
)
async def it_is_killed(db: Any, stage: Stage) -> Any:
    await db.query("DEFINE TABLE t")
    live_id = await db.live("t")
    notifications = await db.subscribe_live(live_id)
    await db.query("CREATE t:1")
    killed = await db.kill(live_id)
    await stage.other.query("CREATE t:2")
    found = await until_quiet(notifications)
    return [killed, *(each for each in found if each is not None)]


@LIVE.differs(
    "subscribe_live",
    how="whoever reads comes to its end; the SDK gives one None and waits for ever",
    sdk=Returned([None, "waits"]),
    lease=Returned(["ends"]),
    on_server_only=True,
)
async def its_table_is_removed(db: Any, stage: Stage) -> Any:
    await db.query("DEFINE TABLE t")
    notifications = await db.subscribe_live(await db.live("t"))
    await stage.other.query("REMOVE TABLE t")
    return await until_quiet(notifications)


@LIVE.same("kill", on_server_only=True)
async def by_its_id_as_text(db: Any, stage: Stage) -> Any:
    await db.query("DEFINE TABLE t")
    return await db.kill(str(await db.live("t")))


@LIVE.same("kill")
async def what_was_never_live(db: Any, stage: Stage) -> Any:
    return await db.kill(UUID(int=5))


@LIVE.same("kill")
async def what_is_no_id(db: Any, stage: Stage) -> Any:
    return await db.kill("nonsense")


@LIVE.same("session.live", "session.kill", on_server_only=True)
async def in_a_session_of_its_own(db: Any, stage: Stage) -> Any:
    await db.query("DEFINE TABLE t")
    session = await signed_in_session(db, stage)
    live_id = await session.live("t")
    notifications = await db.subscribe_live(live_id)
    return await changes_seen(stage, notifications), await session.kill(live_id)


@LIVE.differs(
    "detach",
    how="whoever reads comes to its end; the SDK waits for ever",
    sdk=Returned(["waits"]),
    lease=Returned(["ends"]),
    on_server_only=True,
)
async def its_session_is_detached(db: Any, stage: Stage) -> Any:
    await db.query("DEFINE TABLE t")
    session = await signed_in_session(db, stage)
    notifications = await db.subscribe_live(await session.live("t"))
    await session.close_session()
    await stage.other.query("CREATE t:1")
    return await until_quiet(notifications)
