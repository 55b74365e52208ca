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
from typing import Any, Final, NamedTuple
from uuid import UUID

import cbor2

from purreal_runner.embedded.answers import INVALID_REQUEST, PARSE_ERROR
from purreal_runner.embedded.items import BREAK, UNTIL_BREAK, end_of_item, map_at, text_at

_UUID: Final = b"\xd8\x25\x50"  # tag 37, bytes(16)
_UUID_SIZE: Final = len(_UUID) + 16
_SESSION_KEY: Final = b"\x67session" + _UUID
_SESSION_ENTRY_SIZE: Final = len(_SESSION_KEY) + 16
_NONE_TAG: Final = 6  # SurrealDB's NONE
_NO_IDS: Final = (list, tuple, dict, set, frozenset)  # refused by the real server too
_READ: Final = frozenset((b"id", b"method", b"session"))
_LONG_MAP: Final = b"\xba"  # whose number of entries has four bytes


class Unreadable(Exception):
    """These bytes are no RPC request; `answer` is the frame that says so."""

    def __init__(self, answer: bytes) -> None:
        super().__init__("not an RPC request")
        self.answer = answer


class _Entry(NamedTuple):
    """Where an entry of the map begins, where its value begins, and where both end."""

    begin: int
    value: int
    end: int


@dataclass(frozen=True, slots=True)
class Request:
    """What routing needs to know of one request.

    Attributes:
        data: its bytes.
        method: its name.
        echo: the reply's `id` entry; empty when the request has none.
        session: the one that the client named; None for the socket's own.
        entries: how many it has, or `UNTIL_BREAK`.
        first: where the first one begins.
        naming: the client's `session` entry, whatever it says.
    """

    data: bytes
    method: bytes
    echo: dict[str, Any]
    session: UUID | None
    entries: int
    first: int
    naming: _Entry | None


def read_request(data: bytes) -> Request:
    """Find out what routing needs to know. Raises `Unreadable` for what can't be a request."""
    try:
        entries, first = map_at(data, 0)
        found = _find(data, entries, first)
    except (IndexError, ValueError) as error:
        raise Unreadable(PARSE_ERROR) from error
    naming = found.get(b"session")
    method, echo = _method(data, found.get(b"method")), _echo(data, found.get(b"id"))
    return Request(data, method, echo, _session(data, naming), entries, first, naming)


def _find(data: bytes, entries: int, at: int) -> dict[bytes, _Entry]:
    found: dict[bytes, _Entry] = {}
    while entries and not (entries < 0 and data[at] == BREAK):
        key, value = text_at(data, at)
        entries -= 1
        if key not in _READ:
            if entries == 0:
                break  # nothing comes behind the last value, however long it is
            at = end_of_item(data, value)
        elif key in found:
            raise ValueError("an entry twice")
        else:
            found[key] = _Entry(at, value, end_of_item(data, value))
            at = found[key].end
    return found


def _method(data: bytes, entry: _Entry | None) -> bytes:
    try:
        if entry is not None:
            return text_at(data, entry.value)[0]
    except ValueError:
        pass
    raise Unreadable(INVALID_REQUEST)


def _echo(data: bytes, entry: _Entry | None) -> dict[str, Any]:
    if entry is None:
        return {}
    identity = _decoded(data[entry.value : entry.end])
    if isinstance(identity, _NO_IDS):
        raise Unreadable(INVALID_REQUEST)
    return {"id": identity}


def _session(data: bytes, entry: _Entry | None) -> UUID | None:
    if entry is None:
        return None
    value = data[entry.value : entry.end]
    if len(value) == _UUID_SIZE and value.startswith(_UUID):
        return UUID(bytes=value[len(_UUID) :])
    return _session_id(_decoded(value))


def _session_id(value: object) -> UUID | None:
    if value is None or isinstance(value, UUID):
        return value
    if isinstance(value, cbor2.CBORTag):
        if value.tag == _NONE_TAG:
            return None
        value = value.value
    try:
        return UUID(value)  # type: ignore[arg-type]
    except (AttributeError, TypeError, ValueError):
        raise Unreadable(INVALID_REQUEST) from None


def _decoded(item: bytes) -> object:
    try:
        return cbor2.loads(item)
    except Exception as error:  # whatever the decoder makes of rubbish, the answer is the same
        raise Unreadable(PARSE_ERROR) from error


def session_entry(session: UUID) -> bytes:
    """The CBOR map entry that names a session."""
    return _SESSION_KEY + session.bytes


def with_session(request: Request, entry: bytes) -> bytes:
    """The request's bytes with `entry` (see `session_entry`) as their only session."""
    data, naming = memoryview(request.data), request.naming
    if naming is not None:
        return b"".join((data[: naming.begin], entry, data[naming.end :]))
    return b"".join((_header(request.entries), entry, data[request.first :]))


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
