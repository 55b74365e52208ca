"""Reads and rewrites the outer CBOR map of requests and replies; knows no engine, no sockets.

A request that reaches the engine without a `session` entry runs in the engine's own session, which
has every right. So each request gets the entry of its client's session, and the client must not be
able to undo that. Two facts about the engine decide how (both tried): of equal keys the last one
wins, and bytes after the map are ignored. So every key of the map is read, and then

* the client's own entry is replaced where it stands, which must be the only one;
* a request without one gets ours in *front*; behind the client's entries it could be pushed out of
  the map by a header that counts too few of them.

Parameters are not decoded: not all that the engine can read has a value in Python.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import cbor2

from purreal_runner.embedded.answers import INVALID_REQUEST, PARSE_ERROR
from purreal_runner.embedded.items import BREAK, UNTIL_BREAK, end_of_item, map_at, text_at

_UUID: Final = b"\xd8\x25\x50"  # tag 37, bytes(16)
_UUID_SIZE: Final = len(_UUID) + 16
_SESSION_KEY: Final = b"\x67session" + _UUID
_SESSION_ENTRY_SIZE: Final = len(_SESSION_KEY) + 16
_NONE_TAG: Final = 6  # SurrealDB's NONE
_LISTS_AND_MAPS: Final = range(0x80, 0xC0)  # by their first byte; no ids on the real server either
_READ: Final = frozenset((b"id", b"method", b"session"))
_LONG_MAP: Final = b"\xba"  # whose number of entries has four bytes


class Unreadable(Exception):
    """These bytes are no RPC request; `answer` is the frame that says so."""

    def __init__(self, answer: bytes) -> None:
        super().__init__("not an RPC request")
        self.answer = answer


_Place = tuple[int, int, int]
"""Where an entry of the map begins, where its value begins, and where both end."""


@dataclass(frozen=True, slots=True)
class Request:
    """What routing needs to know of one request.

    Attributes:
        method: its name.
        identity: the item that is its `id`, see `echo`; empty when it has none.
        session: the 16 bytes of the one that the client named; None for the socket's own.
        around: its bytes before and behind the place for the session that counts.
    """

    method: bytes
    identity: bytes
    session: bytes | None
    around: tuple[bytes | memoryview, memoryview]


def read_request(data: bytes) -> Request:
    """Find out what routing needs to know. Raises `Unreadable` for what can't be a request."""
    try:
        entries, first = map_at(data, 0)
        found = _find(data, entries, first)
    except (IndexError, ValueError) as error:
        raise Unreadable(PARSE_ERROR) from error
    view, named = memoryview(data), found.get(b"session")
    return Request(
        _method(data, found.get(b"method")),
        _identity(data, found.get(b"id")),
        _session(data, named),
        (_header(entries), view[first:]) if named is None else (view[: named[0]], view[named[2] :]),
    )


def _find(data: bytes, entries: int, at: int) -> dict[bytes, _Place]:
    """The entries that matter, out of so many that begin at `at`."""
    found: dict[bytes, _Place] = {}
    while entries and not (entries < 0 and data[at] == BREAK):
        key, value = text_at(data, at)
        entries -= 1
        if entries == 0 and key not in _READ:
            break  # nothing comes behind the last value, wherever that ends
        end = end_of_item(data, value)
        if key in found:
            raise ValueError("an entry twice")
        if key in _READ:
            found[key] = at, value, end
        at = end
    return found


def _method(data: bytes, place: _Place | None) -> bytes:
    try:
        if place is not None:
            return text_at(data, place[1])[0]
    except ValueError:
        pass
    raise Unreadable(INVALID_REQUEST)


def _identity(data: bytes, place: _Place | None) -> bytes:
    if place is None:
        return b""
    if data[place[1]] in _LISTS_AND_MAPS:
        raise Unreadable(INVALID_REQUEST)
    return data[place[1] : place[2]]


def _session(data: bytes, place: _Place | None) -> bytes | None:
    if place is None:
        return None
    value = data[place[1] : place[2]]
    if len(value) == _UUID_SIZE and value.startswith(_UUID):
        return value[len(_UUID) :]
    return _session_id(_decoded(value))


def _session_id(value: object) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, UUID):
        return value.bytes
    if isinstance(value, cbor2.CBORTag):
        if value.tag == _NONE_TAG:
            return None
        value = value.value
    try:
        return UUID(value).bytes  # type: ignore[arg-type]
    except (AttributeError, TypeError, ValueError):
        raise Unreadable(INVALID_REQUEST) from None


def _decoded(item: bytes) -> object:
    try:
        return cbor2.loads(item)
    except Exception as error:  # whatever the decoder makes of rubbish, the answer is the same
        raise Unreadable(PARSE_ERROR) from error


def echo(identity: bytes) -> dict[str, Any]:
    """The reply's `id` entry; empty when the request has none that can be read."""
    try:
        return {"id": cbor2.loads(identity)}
    except Exception:
        return {}


def session_entry(session: UUID) -> bytes:
    """The CBOR map entry that names a session."""
    return _SESSION_KEY + session.bytes


def with_session(request: Request, entry: bytes) -> bytes:
    """The request's bytes with `entry` (see `session_entry`) as the session that counts."""
    return entry.join(request.around)


def _header(entries: int) -> bytes:
    """Of a map with one entry more."""
    if entries == UNTIL_BREAK:
        return b"\xbf"
    more = entries + 1
    return bytes((0xA0 + more,)) if more < 24 else _LONG_MAP + more.to_bytes(4, "big")


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
