"""Clients that send nonsense, ask too much or vanish: they get an error, nobody else notices."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import cbor2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from purreal_runner.embedded.http_probe import http_get
from purreal_runner.embedded.launch import RunningTarget

PARSE_ERROR = {
    "error": {
        "cause": cbor2.CBORTag(6, None),
        "code": -32700,
        "details": {"kind": "Parse"},
        "kind": "Validation",
        "message": "Parse error",
    }
}
INVALID_REQUEST = {
    "error": {
        "cause": cbor2.CBORTag(6, None),
        "code": -32600,
        "details": {"kind": "InvalidRequest"},
        "kind": "Validation",
        "message": "Invalid request",
    }
}
PING = {"id": 1, "method": "ping"}


def port_of(target: RunningTarget) -> int:
    return int(target.url.rpartition(":")[2])


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xff\x00rubbish",
        b"\xa3\x62id",
        b"\xb9",
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xa2session",
        b"\x7f\x7f\x7f",
        b"\x81" * 100_000 + b"session",
        cbor2.dumps([1, 2]),
        cbor2.dumps("a word"),
        cbor2.dumps({**PING, "session": cbor2.CBORTag(37, b"short")}),
        '{"id": 1, "method": "ping"}',
    ],
    ids=lambda frame: repr(frame[:12]),
)
async def test_frames_that_are_no_cbor_map_get_a_parse_error_without_an_id(
    wire: Any, frame: bytes | str
) -> None:
    assert await wire.ask_raw(frame) == PARSE_ERROR
    assert (await wire.ask("ping"))["id"] == 1


@pytest.mark.parametrize(
    "request_map",
    [
        {},
        {"id": 1},
        {"id": 1, "method": 3},
        {"id": [1], "method": "ping"},
        {"id": [1], "method": "sessions"},
        {"id": 1, "method": "ping", "session": 1},
        {"id": 1, "method": "ping", "session": "abc"},
        {"id": 1, "method": "ping", "session": b"\0" * 16},
    ],
    ids=str,
)
async def test_maps_that_are_no_request_get_an_invalid_request_without_an_id(
    wire: Any, request_map: dict[str, Any]
) -> None:
    assert await wire.ask_raw(cbor2.dumps(request_map)) == INVALID_REQUEST
    assert (await wire.ask("ping"))["id"] == 1


@pytest.mark.parametrize("identity", ["a", None, 0, -1, 2**40])
async def test_any_id_comes_back(wire: Any, identity: Any) -> None:
    assert (await wire.ask("ping", id=identity))["id"] == identity
    assert (await wire.ask("sessions", id=identity))["id"] == identity


async def test_a_request_without_an_id_gets_a_reply_without_one(wire: Any) -> None:
    assert await wire.ask_raw(cbor2.dumps({"method": "ping"})) == {"result": cbor2.CBORTag(6, None)}
    assert await wire.ask_raw(cbor2.dumps({"method": "sessions"})) == {"result": []}


async def test_unknown_methods_are_named_unknown(wire: Any) -> None:
    reply = await wire.ask("PING")
    assert reply["error"]["code"] == -32601
    assert reply["error"]["message"] == "Method not found"


async def test_words_about_sessions_inside_a_request_are_only_words(
    wire: Any, target: RunningTarget
) -> None:
    await wire.sign_in(target)
    session = cbor2.CBORTag(37, uuid4().bytes)
    for variables in (
        {"y": {"session": session}},
        {"x": "session attach \x7f"},
        {"x": b"\x7f\x67session"},
    ):
        reply = await wire.ask("query", "RETURN 1", variables)
        assert set(reply) == {"id", "result"}
        assert reply["result"][0]["result"] == 1


async def test_maps_of_any_header_are_read(wire: Any) -> None:
    entries = cbor2.dumps(PING)[1:]
    for header in (b"\xb8\x02", b"\xb9\x00\x02", b"\xba\x00\x00\x00\x02"):
        assert (await wire.ask_raw(header + entries))["id"] == 1
    assert (await wire.ask_raw(b"\xbf" + entries + b"\xff"))["id"] == 1
    many = {**PING, **{f"more{number}": number for number in range(300)}}
    for size in (22, 23, 24, 255, 256, 302):
        part = dict(list(many.items())[:size])
        assert (await wire.ask_raw(cbor2.dumps(part)))["id"] == 1


# The engine's own session may do everything; none of these must lead into it.
_ASK = cbor2.dumps({"id": 1, "method": "query", "params": ["INFO FOR ROOT"]})
_NULL_SESSION = b"\x67session\xf6"
_NONE_SESSION = b"\x67session\xc6\xf6"
_PIECES_SESSION = b"\x7f\x63ses\x64sion\xff\xf6"


@pytest.mark.parametrize(
    "frame",
    [
        b"\xa4" + _ASK[1:] + _NULL_SESSION,
        b"\xa4" + _ASK[1:] + _NONE_SESSION,
        b"\xa4" + _NULL_SESSION + _ASK[1:],
        b"\xa4" + _ASK[1:] + _PIECES_SESSION,
        b"\xa5" + _ASK[1:] + _NULL_SESSION + _NULL_SESSION,
        _ASK + _NULL_SESSION,  # behind the map, where a longer header would take it in
        _ASK + _PIECES_SESSION,
        b"\xb8\x03" + _ASK[1:] + _NULL_SESSION,
        b"\xbf" + _ASK[1:] + _NULL_SESSION + b"\xff",
        b"\xbf" + _ASK[1:] + b"\xff" + _NULL_SESSION,
        b"\xd9\xd9\xf7" + _ASK,
        b"\xb8\x04" + _ASK[1:] + b"\x78\x07session\xf6",
    ],
    ids=lambda frame: frame.hex()[-24:],
)
async def test_no_spelling_of_a_request_leads_into_the_engines_own_session(
    wire: Any, frame: bytes
) -> None:
    reply = await wire.ask_raw(frame)
    assert reply.get("error", {}).get("code") in (-32002, -32700)


@pytest.mark.parametrize("method", ["begin", "commit", "cancel"])
async def test_transactions_over_several_requests_are_not_allowed(
    embedded: RunningTarget, open_wire: Any, method: str
) -> None:
    async with open_wire(embedded) as wire:
        await wire.sign_in(embedded)
        error = (await wire.ask(method))["error"]
    assert (error["code"], error["kind"]) == (-32602, "NotAllowed")
    assert error["details"] == {"details": {"name": method}, "kind": "Method"}


async def test_live_queries_are_not_supported(embedded: RunningTarget, open_wire: Any) -> None:
    async with open_wire(embedded) as wire:
        await wire.sign_in(embedded)
        await wire.ask("use", "rubbish", "live")
        error = (await wire.ask("live", "person"))["error"]
    assert (error["code"], error["kind"]) == (-32604, "Configuration")


async def test_only_cbor_is_spoken(embedded: RunningTarget, open_wire: Any) -> None:
    for offered in (None, ["json"], ["nonsense"]):
        with pytest.raises(InvalidStatus, match="HTTP 400"):
            async with open_wire(embedded, subprotocols=offered):
                pass
    async with open_wire(embedded, subprotocols=["json", "cbor"]) as wire:
        assert wire.socket.subprotocol == "cbor"


async def test_plain_http_is_answered(target: RunningTarget) -> None:
    port = port_of(target)
    assert await http_get("127.0.0.1", port, "/health") == ""
    assert await http_get("127.0.0.1", port, "/version") == target.version
    assert await http_get("127.0.0.1", port, "/nonsense") is None
    assert await http_get("127.0.0.1", port, "/rpc") is None


async def test_a_message_beyond_the_limit_closes_its_socket_only(
    target: RunningTarget, open_wire: Any
) -> None:
    async with open_wire(target) as other:
        async with open_wire(target) as wire:
            # A frame's header that announces 1 TiB; its end will never come.
            wire.socket.transport.write(b"\x82\xff" + (2**40).to_bytes(8, "big") + b"mask")
            with pytest.raises(ConnectionClosed):
                await wire.receive()
        assert (await other.ask("ping"))["id"] == 1


async def _garbage(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.sendall(b"\x00\x01\x02 this is no HTTP\r\n\r\n" * 100)


async def _half_a_handshake(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.sendall(b"GET /rpc HTTP/1.1\r\nHost: here\r\nUpgr")


async def _nothing(port: int) -> None:
    socket.create_connection(("127.0.0.1", port)).close()


@pytest.mark.parametrize("stranger", [_garbage, _half_a_handshake, _nothing])
async def test_strangers_do_not_disturb_clients(
    target: RunningTarget, open_wire: Any, stranger: Callable[[int], Awaitable[None]]
) -> None:
    async with open_wire(target) as wire:
        for _ in range(20):
            await stranger(port_of(target))
        assert (await wire.ask("ping"))["id"] == 1


async def test_what_a_vanished_client_left_is_stopped_and_detached(
    embedded: RunningTarget, open_wire: Any
) -> None:
    async with open_wire(embedded) as witness:
        await witness.sign_in(embedded)
        before = await _sessions(embedded)
        for _ in range(5):
            async with open_wire(embedded) as wire:
                await wire.sign_in(embedded)
                for _ in range(10):
                    session = await wire.attach()
                    await wire.sign_in(embedded, session)
                    await wire.send("query", "SLEEP 1h", session=session)
                await wire.send("query", "SLEEP 1h")
                await wire.send("use", "never", "reached")
                wire.socket.transport.abort()
                await witness.value("RETURN 1")
        async with asyncio.timeout(10):
            while await _sessions(embedded) != before:
                await witness.value("RETURN 1")


async def _sessions(target: RunningTarget) -> int:
    status = json.loads(await http_get("127.0.0.1", port_of(target), "/status") or "{}")
    return int(status["sessions"])


async def test_a_polite_goodbye_is_answered(target: RunningTarget, open_wire: Any) -> None:
    async with open_wire(target) as wire:
        await wire.ask("ping")
    assert wire.socket.close_code in (1000, 1005)
