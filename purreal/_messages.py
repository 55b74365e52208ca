"""Owns how a request is spelled in bytes and a reply is read; must not know connections."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from purreal import _codec
from purreal._errors import RequestNotSent
from purreal._tags import CodecError

Reply = Mapping[str, Any]

NOTIFICATION: Final = 0
"""Stands for the request id of a notification of a live query, which has none; requests count
from 1."""

# Replies of a server that is going away; the request itself is not what failed.
_GOING_AWAY = ("gracefully shutting down", "because the WebSocket is closing")

# A request is a CBOR map of three to six entries. All but the parameters is the same each time,
# or nearly, so it is put together from bytes instead of being encoded anew.
_MAP_OF = {entries: bytes((0xA0 | entries,)) for entries in range(3, 7)}
_ID = b"\x62id\x1b"  # the key, and that an integer of eight bytes follows
_METHOD, _PARAMS = b"\x66method", b"\x66params"
_TXN, _TRACE_CONTEXT = b"\x63txn", b"\x6dtrace_context"
_SESSION = b"\x67session\xd8\x25\x50"  # the key, and that the 16 bytes of a UUID follow (tag 37)


def session_entry(session: UUID) -> bytes:
    """Spell the entry that names an attached session, once for all of its requests."""
    return _SESSION + session.bytes


def encode_request(
    request_id: int,
    method: str,
    params: list[Any],
    session: bytes,
    txn: UUID | None,
    trace_context: str | None,
) -> bytes:
    """Spell a request.

    Args:
        session: the `session_entry` of an attached session; empty for the socket's own.

    Raises:
        RequestNotSent: the parameters have no form that the server reads.
    """
    entries = 3
    try:
        parts = [
            _ID,
            request_id.to_bytes(8, "big"),
            _middle(method),
            _written("params", params),
        ]
        if session:
            entries += 1
            parts.append(session)
        if txn is not None:
            entries += 1
            parts += (_TXN, _written("txn", txn))
        if trace_context is not None:
            entries += 1
            parts += (_TRACE_CONTEXT, _written("trace_context", trace_context))
    except CodecError as error:
        raise RequestNotSent(f"`{method}` was not sent: {error}") from error
    return _MAP_OF[entries] + b"".join(parts)


def _written(name: str, value: Any) -> bytes:
    try:
        return _codec.encode(value, levels_around=1)
    except CodecError as error:
        error.came_from(f".{name}")
        raise


@lru_cache(maxsize=128)
def _middle(method: str) -> bytes:
    return _METHOD + _codec.encode(method) + _PARAMS


def read_reply(message: bytes | str) -> tuple[int, Reply]:
    """Take a reply apart, or a notification of a live query: its id is `NOTIFICATION`.

    Raises:
        CodecError: it is no reply to one of our requests, so that it is not known whose answer is
            missing: nothing more on this socket can be trusted.
    """
    if isinstance(message, str):
        raise CodecError("the server sent text where CBOR was agreed")
    reply = _codec.decode(message)
    if not isinstance(reply, dict):
        raise CodecError(f"the server sent a {type(reply).__name__} instead of a reply")
    request_id = reply.get("id")
    if type(request_id) is not int:
        if request_id is None and (notification := _notification_in(reply)):
            return NOTIFICATION, notification
        raise CodecError(_explain_missing_id(reply))
    if "result" not in reply and not isinstance(reply.get("error"), dict):
        raise CodecError("the server sent a reply with neither a result nor an error")
    return request_id, reply


def _notification_in(reply: Reply) -> Reply | None:
    # {"result": {"id", "action", "record", "result", "session"}, "session"}: SurrealDB 2 sends
    # neither of the sessions, and 3 the outer one for attached sessions only.
    result = reply.get("result")
    if not isinstance(result, dict) or not isinstance(result.get("action"), str):
        return None
    live_id = as_uuid(result.get("id"))
    return None if live_id is None else {**result, "id": live_id}


def as_uuid(value: Any) -> UUID | None:
    """Read an id, which may be spelled as text; None for everything else."""
    if isinstance(value, str):
        try:
            return UUID(value)
        except ValueError:
            return None
    return value if isinstance(value, UUID) else None


def _explain_missing_id(reply: Reply) -> str:
    error = reply.get("error")
    if isinstance(error, dict):
        # What SurrealDB answers to bytes that it can't read.
        return f"the server could not read a request and said: {error.get('message')}"
    return "the server sent a message that answers no request"


def going_away(reply: Reply) -> str | None:
    """Return what a server says that is going away; None for all other replies."""
    error = reply.get("error")
    if not isinstance(error, dict) or error.get("kind") != "Internal":
        return None
    text = str(error.get("message"))
    return text if any(phrase in text for phrase in _GOING_AWAY) else None
