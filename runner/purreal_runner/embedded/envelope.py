"""Reads and rewrites the outer CBOR map of requests and replies; knows no engine, no sockets.

A request that reaches the engine without a `session` entry runs in the engine's own session, which
has every right. So each request gets the entry of its client's session, and the client must not be
able to undo that. Two facts about the engine decide how (both tried): of equal keys the last one
wins, and bytes after the map are ignored.

* The usual request can't contain the key `session`: the word does not occur in its bytes. Our
  entry goes in *front*; behind the client's entries it could be pushed out of the map by a header
  that counts too few of them.
* Any other request is decoded, must be exactly one map without repeated keys, and gets our entry
  at its *end*, where it overrides whatever the client wrote.
"""

import secrets
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import cbor2

from purreal_runner.embedded.answers import INVALID_REQUEST, PARSE_ERROR

_SESSION_KEY: Final = b"\x67session\xd8\x25\x50"  # text(7) "session", tag 37 (UUID), bytes(16)
_SESSION_ENTRY_SIZE: Final = len(_SESSION_KEY) + 16
_METHOD_KEY: Final = b"\x66method"
_ABSENT: Final = object()
_NONE_TAG: Final = 6  # SurrealDB's NONE
_NO_IDS: Final = (list, tuple, dict, set, frozenset)  # refused by the real server too
_MAX_DEPTH: Final = 200  # nesting; the engine's own parser stops at 256


class Unreadable(Exception):
    """These bytes are no RPC request; `answer` is the frame that says so."""

    def __init__(self, answer: bytes) -> None:
        super().__init__("not an RPC request")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Request:
    """What routing needs to know of one request.

    `session` is the session the client named, None for the socket's own. `echo` holds the reply's
    `id` entry and is only filled for requests that were decoded. `decoded` tells which of the two
    places the session entry goes to.
    """

    data: bytes
    method: bytes
    session: UUID | None = None
    decoded: bool = False
    echo: dict[str, Any] | None = None


def read_request(data: bytes) -> Request:
    """Find out method and session of a request, without decoding it where that is safe.

    Raises `Unreadable` for bytes that can't be a request.
    """
    # 0x7f opens a text in pieces: the one way to write a key without its letters side by side.
    if b"session" in data or b"tach" in data or b"\x7f" in data:
        return _decode(data)
    at = data.find(_METHOD_KEY) + len(_METHOD_KEY)
    if at < len(_METHOD_KEY) or at >= len(data) or not 0x60 <= data[at] <= 0x77:
        return Request(data, b"")
    return Request(data, data[at + 1 : at + 1 + data[at] - 0x60])


def _decode(data: bytes) -> Request:
    # The mark behind the request shows whether the request ends where its bytes end.
    mark = secrets.token_bytes(16)
    try:
        request, end = cbor2.loads(
            b"\x82" + data + b"\x50" + mark, max_depth=_MAX_DEPTH, allow_duplicate_keys=False
        )
    except Exception as error:  # whatever the decoder makes of rubbish, the answer is the same
        raise Unreadable(PARSE_ERROR) from error
    if end != mark or not isinstance(request, dict):
        raise Unreadable(PARSE_ERROR)
    method = request.get("method")
    if not isinstance(method, str):
        raise Unreadable(INVALID_REQUEST)
    echo = {"id": request["id"]} if "id" in request else {}
    if isinstance(echo.get("id"), _NO_IDS):
        raise Unreadable(INVALID_REQUEST)
    session = _session_id(request.get("session", _ABSENT))
    return Request(data, method.encode("utf-8", "replace"), session, decoded=True, echo=echo)


def _session_id(value: object) -> UUID | None:
    if value is _ABSENT or value is None:
        return None
    if isinstance(value, UUID):
        return value
    if isinstance(value, cbor2.CBORTag):
        if value.tag == _NONE_TAG:
            return None
        value = value.value
    try:
        return UUID(value)  # type: ignore[arg-type]
    except (AttributeError, TypeError, ValueError):
        raise Unreadable(INVALID_REQUEST) from None


def request_id(data: bytes) -> dict[str, Any]:
    """The reply's `id` entry for a request that was not decoded on its way in; empty when it has
    none.
    """
    try:
        request = cbor2.loads(data, max_depth=_MAX_DEPTH)
        return {"id": request["id"]}
    except Exception:
        return {}


def session_entry(session: UUID) -> bytes:
    """The CBOR map entry that names a session."""
    return _SESSION_KEY + session.bytes


def with_session(request: Request, entry: bytes) -> bytes:
    """The request's bytes with `entry` (see `session_entry`) as the only session that counts.

    Raises `Unreadable` when the request is no CBOR map.
    """
    data = request.data
    head, body = _split_header(data)
    if not request.decoded:
        return b"".join((head, entry, memoryview(data)[body:]))
    if head == b"\xbf":  # a map without a length ends with a stop byte
        return b"".join((head, memoryview(data)[body:-1], entry, b"\xff"))
    return b"".join((head, memoryview(data)[body:], entry))


_SHORT_HEADERS: Final = {0xA0 + n: bytes((0xA0 + n + 1,)) for n in range(23)}
_LENGTH_SIZES: Final = {0xB8: 1, 0xB9: 2, 0xBA: 4, 0xBB: 8}


def _split_header(data: bytes) -> tuple[bytes, int]:
    """The header of a map with one entry more, and where the entries start (RFC 8949 §3)."""
    first = data[0] if data else 0
    if (short := _SHORT_HEADERS.get(first)) is not None:
        return short, 1
    if first == 0xBF:
        return b"\xbf", 1
    if first == 0xB7:
        return b"\xb8\x18", 1
    size = _LENGTH_SIZES.get(first)
    if size is None or len(data) <= size:
        raise Unreadable(PARSE_ERROR)
    count = int.from_bytes(data[1 : 1 + size], "big") + 1
    if count >= 1 << 32:
        raise Unreadable(PARSE_ERROR)
    return b"\xba" + count.to_bytes(4, "big"), 1 + size


def without_session(reply: bytes, entry: bytes) -> bytes:
    """The reply as the owner of a hidden session must see it: without that entry at its end."""
    if not reply.endswith(entry):
        return reply
    return b"".join((bytes((reply[0] - 1,)), memoryview(reply)[1:-_SESSION_ENTRY_SIZE]))


def for_client_session(reply: bytes, inner: UUID, outer: UUID) -> bytes:
    """The reply as the client must see it: with its own name of the session, not the engine's."""
    if reply.endswith(inner.bytes):
        reply = reply[:-16] + outer.bytes
    if reply.startswith(b"\x65error", 1):  # messages such as "Session not found: <id>"
        reply = reply.replace(str(inner).encode(), str(outer).encode())
    return reply
