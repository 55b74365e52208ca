"""Snippets about the connection itself, and what of the SDK's class a lease does not have."""

from typing import Any

from tests.compatibility.comparing import Raised, Returned, Rows, Stage

LEASE = Rows()


@LEASE.same("connect")
async def where_there_is_a_connection(db: Any, stage: Stage) -> Any:
    answers = [await db.connect(), await db.connect("ws://127.0.0.1:9")]
    return answers, await db.query("RETURN 1")


@LEASE.same("close")
async def twice(db: Any, stage: Stage) -> Any:
    return await db.close(), await db.close()


@LEASE.differs(
    "close",
    how="`ConnectionLost`: nothing is replaced inside a lease; the SDK connects anew, as nobody",
    sdk=Raised("NotAllowedError", "Anonymous access not allowed"),
    lease=Raised("ConnectionLost", "it was closed on this side; the request was not sent"),
)
async def a_query_after_the_close(db: Any, stage: Stage) -> Any:
    await db.close()
    return await db.query("RETURN 1")


@LEASE.differs(
    "connect",
    how="`ConnectionLost`: nothing is replaced inside a lease; the SDK connects anew, as nobody",
    sdk=Returned(None),
    lease=Raised("ConnectionLost", "acquire a new one"),
)
async def after_the_close(db: Any, stage: Stage) -> Any:
    await db.close()
    return await db.connect()


@LEASE.same("connect", "close")
async def a_block_gives_itself_and_closes_at_its_end(db: Any, stage: Stage) -> Any:
    async with db as same:
        is_same = same is db, await same.query("RETURN 1")
    return is_same, await db.close()


@LEASE.differs(
    "url",
    "raw_url",
    "host",
    "port",
    "token",
    "socket",
    "loop",
    "qry",
    "recv_task",
    "live_queues",
    "check_response_for_error",
    "check_response_for_result",
    how="none of them: the pool knows the address, tokens are what `signin` returns, the others"
    " are inner parts of the SDK",
    sdk=Returned([True] * 12),
    lease=Returned([False] * 12),
)
async def attributes_and_inner_parts(db: Any, stage: Stage) -> Any:
    address, inside = ("url", "raw_url", "host", "port"), ("socket", "loop", "qry", "recv_task")
    more = ("token", "live_queues", "check_response_for_error", "check_response_for_result")
    return [hasattr(db, name) for name in (*address, *inside, *more)]
