"""Sessions as clients see them, on the embedded engine and on the real server."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

import cbor2
import pytest

from purreal_runner.embedded.launch import RunningTarget

NONE = cbor2.CBORTag(6, None)


def session_not_found(session: UUID) -> dict[str, Any]:
    return {
        "cause": NONE,
        "code": -32000,
        "details": {"details": {"id": str(session)}, "kind": "Session"},
        "kind": "NotFound",
        "message": f"Session not found: {session}",
    }


NO_SESSION_NAMED = {
    "cause": NONE,
    "code": -32603,
    "details": {"kind": "InvalidParams"},
    "kind": "Validation",
    "message": "Expected a session ID",
}


async def test_a_new_socket_is_anonymous(wire: Any) -> None:
    reply = await wire.ask("query", "INFO FOR ROOT")
    assert reply["error"]["code"] == -32002
    assert reply["error"]["kind"] == "NotAllowed"
    assert set(reply) == {"id", "error"}


async def test_a_wrong_password_is_refused(wire: Any, target: RunningTarget) -> None:
    reply = await wire.ask("signin", {"user": target.username, "pass": target.password + "x"})
    assert reply["error"]["code"] == -32002
    assert reply["error"]["details"] == {"details": {"kind": "InvalidAuth"}, "kind": "Auth"}
    assert reply["error"]["message"] == "There was a problem with authentication"


async def test_replies_outside_attached_sessions_name_no_session(
    wire: Any, target: RunningTarget
) -> None:
    assert set(await wire.sign_in(target)) == {"id", "result"}
    assert await wire.ask("ping") == {"id": 1, "result": NONE}
    assert await wire.ask("ping", session=None) == {"id": 1, "result": NONE}
    assert await wire.ask("ping", session=NONE) == {"id": 1, "result": NONE}
    assert set(await wire.ask("nonsense")) == {"id", "error"}


async def test_a_token_of_one_socket_signs_in_another(
    wire: Any, target: RunningTarget, open_wire: Any
) -> None:
    token = (await wire.sign_in(target))["result"]
    async with open_wire(target) as other:
        assert (await other.ask("authenticate", token))["id"] == 1
        assert await other.value("RETURN 1") == 1


async def test_sockets_do_not_share_user_database_and_variables(
    target: RunningTarget, open_wire: Any
) -> None:
    async with open_wire(target) as one, open_wire(target) as two:
        for wire, name in ((one, "one"), (two, "two")):
            await wire.sign_in(target)
            await wire.ask("use", "sessions", name)
            await wire.ask("let", "mine", name)
        assert await one.value("RETURN [session::db(), $mine]") == ["one", "one"]
        assert await two.value("RETURN [session::db(), $mine]") == ["two", "two"]
        await one.ask("invalidate")
        assert "error" in await one.ask("query", "INFO FOR ROOT")
        assert await two.value("RETURN 1") == 1


async def test_attached_sessions_do_not_share_user_and_database(
    wire: Any, target: RunningTarget
) -> None:
    one, two = await wire.attach(), await wire.attach()
    assert (await wire.sign_in(target, one))["session"] == one
    await wire.ask("use", "sessions", "one", session=one)
    assert await wire.value("RETURN session::db()", one) == "one"
    reply = await wire.ask("query", "INFO FOR ROOT", session=two)
    assert reply["error"]["code"] == -32002
    assert reply["session"] == two
    assert (await wire.ask("query", "INFO FOR ROOT"))["error"]["code"] == -32002


async def test_a_session_can_be_named_as_text(wire: Any, target: RunningTarget) -> None:
    session = await wire.attach()
    await wire.sign_in(target, session)
    reply = await wire.ask("query", "RETURN 1", session=str(session))
    assert reply["session"] == session
    assert reply["result"][0]["result"] == 1


@pytest.mark.parametrize("method", ["query", "use"])
async def test_another_sockets_session_does_not_exist_here(
    target: RunningTarget, open_wire: Any, method: str
) -> None:
    async with open_wire(target) as owner, open_wire(target) as stranger:
        session = await owner.attach()
        await owner.sign_in(target, session)
        reply = await stranger.ask(method, "RETURN 1", session=session)
        assert reply == {"id": 1, "error": session_not_found(session), "session": session}
        # Even a session of the same name is another session, and its end is not the owner's.
        await stranger.attach(session)
        assert "error" in await stranger.ask("query", "INFO FOR ROOT", session=session)
        await stranger.ask("detach", session=session)
        assert await owner.value("RETURN 1", session) == 1


async def test_unknown_sessions_matter_only_to_requests_that_need_one(wire: Any) -> None:
    unknown = uuid4()
    assert await wire.ask("ping", session=unknown) == {"id": 1, "result": NONE, "session": unknown}
    assert "result" in await wire.ask("version", session=unknown)
    assert await wire.ask("detach", session=unknown) == {
        "id": 1,
        "result": NONE,
        "session": unknown,
    }
    assert (await wire.ask("nonsense", session=unknown))["error"]["code"] == -32601


async def test_the_list_of_sessions_holds_only_the_sockets_own(
    target: RunningTarget, open_wire: Any
) -> None:
    async with open_wire(target) as one, open_wire(target) as two:
        mine = {await one.attach(), await one.attach()}
        await two.attach()
        assert set((await one.ask("sessions"))["result"]) == mine
        named = min(mine)
        reply = await one.ask("sessions", session=named)
        assert set(reply["result"]) == mine
        assert reply["session"] == named
        await one.ask("detach", session=named)
        assert set((await one.ask("sessions"))["result"]) == mine - {named}


async def test_a_detached_session_is_gone_and_its_name_free(wire: Any) -> None:
    session = await wire.attach()
    await wire.ask("detach", session=session)
    reply = await wire.ask("query", "RETURN 1", session=session)
    assert reply["error"] == session_not_found(session)
    await wire.attach(session)


async def test_a_session_can_not_be_attached_twice(wire: Any) -> None:
    session = await wire.attach()
    reply = await wire.ask("attach", session=session)
    assert reply["session"] == session
    assert reply["error"]["kind"] == "AlreadyExists"
    assert reply["error"]["message"] == f"Session already exists: {session}"
    assert reply["error"]["details"]["details"] == {"id": str(session)}


@pytest.mark.parametrize("method", ["attach", "detach"])
@pytest.mark.parametrize("fields", [{}, {"session": None}], ids=["no field", "null"])
async def test_attach_and_detach_need_a_session(
    wire: Any, target: RunningTarget, method: str, fields: dict[str, Any]
) -> None:
    await wire.sign_in(target)
    assert await wire.ask(method, **fields) == {"id": 1, "error": NO_SESSION_NAMED}
    assert await wire.value("RETURN 1") == 1


async def test_a_socket_has_at_most_256_sessions_with_its_own(wire: Any) -> None:
    for _ in range(255):
        await wire.attach()
    one_more = uuid4()
    reply = await wire.ask("attach", session=one_more)
    assert reply == {
        "id": 1,
        "error": {
            "cause": NONE,
            "code": -32602,
            "details": {"details": {"name": "attach"}, "kind": "Method"},
            "kind": "NotAllowed",
            "message": "Method not allowed",
        },
        "session": one_more,
    }
    held = (await wire.ask("sessions"))["result"]
    await wire.ask("detach", session=held[0])
    await wire.attach(one_more)


@pytest.mark.parametrize("attached", [False, True], ids=["own session", "attached session"])
async def test_reset_makes_a_session_anonymous(
    wire: Any, target: RunningTarget, attached: bool
) -> None:
    session = await wire.attach() if attached else None
    fields = {"session": session} if attached else {}
    await wire.sign_in(target, session)
    await wire.ask("use", "sessions", "reset", **fields)
    assert await wire.ask("reset", **fields) == {"id": 1, "result": NONE, **fields}
    assert (await wire.ask("query", "RETURN 1", **fields))["error"]["code"] == -32002


@pytest.mark.parametrize("attached", [False, True], ids=["own session", "attached session"])
async def test_pipelined_changes_of_a_session_take_effect_in_order(
    embedded: RunningTarget, open_wire: Any, attached: bool
) -> None:
    # The real server keeps this order for a few requests at a time only, so it is not asked.
    session = uuid4()
    fields = {"session": session} if attached else {}
    user = {"user": embedded.username, "pass": embedded.password}
    async with open_wire(embedded) as wire:
        if attached:
            await wire.send("attach", **fields)
        await wire.send("signin", user, **fields)
        for number in range(50):
            await wire.send("use", "sessions", f"order{number}", **fields)
            await wire.send("query", "RETURN session::db()", id=f"{number}", **fields)
        replies = [await wire.receive() for _ in range(101 + attached)]
    seen = {each["id"]: each["result"][0]["result"] for each in replies if each["id"] != 1}
    assert seen == {f"{number}": f"order{number}" for number in range(50)}


async def test_a_slow_request_does_not_hold_up_the_others(wire: Any, target: RunningTarget) -> None:
    await wire.sign_in(target)
    await wire.send("query", "SLEEP 300ms", id="slow")
    await wire.send("query", "RETURN 1", id="quick")
    await wire.send("ping", id="ping")
    order = [(await wire.receive())["id"] for _ in range(3)]
    assert order[-1] == "slow"


async def test_many_slow_requests_on_many_sockets_run_side_by_side(
    target: RunningTarget, open_wire: Any
) -> None:
    async with AsyncExitStack() as stack, asyncio.timeout(20):
        wires = [await stack.enter_async_context(open_wire(target)) for _ in range(10)]
        for wire in wires:
            await wire.sign_in(target)
            for _ in range(20):
                await wire.send("query", "SLEEP 200ms")  # one after the other: 40 seconds
        for wire in wires:
            for _ in range(20):
                assert (await wire.receive())["result"][0]["status"] == "OK"
