"""Owns how a request is spelled in bytes and a reply is read; must not know connections."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from purreal import _codec
from purreal._errors import RequestNotSent
from purreal._identifiers import as_uuid
from purreal._tags import CodecError

Reply = Mapping[str, Any]

NOTIFICATION: Final = 0
"""Stands for the request id of a notification of a live query, which has none; requests count
from 1."""

# Replies of a server that is going away; the request itself is not what failed. Word for word: a
# borrower's own words can be in any longer text, and would end the socket for its neighbours.
_GOING_AWAY = frozenset(
    {
        "The server is gracefully shutting down",
        "The request was cancelled because the WebSocket is closing",
    }
)

# "Method not found" of JSON-RPC 2.0 §5.1 (SurrealDB 2), and what SurrealDB 3 says where a method
# is switched off or has been used too often.
_METHOD_REFUSED = (-32601, -32602)

# A request is a CBOR map of three to six entries. All but the values in the parameters is the same
# each time, or nearly, so it is put together from bytes instead of being encoded anew.
_MAP_OF = [bytes((0xA0 | entries,)) for entries in range(7)]
_ID = b"\x62id\x1b"  # the key, and that an integer of eight bytes follows
_METHOD, _PARAMS = b"\x66method", b"\x66params"
_TXN, _TRACE_CONTEXT = b"\x63txn", b"\x6dtrace_context"
_SESSION = b"\x67session\xd8\x25\x50"  # the key, and that the 16 bytes of a UUID follow (tag 37)
_ARRAY_OF_TWO = b"\x82"

# Longer texts carry data and rarely repeat: to keep them would only hold memory.
_CACHED_CHARACTERS = 2048

# Variables that are written one by one; from here on one walk over all of them costs less.
_FEW_VARIABLES = 3


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
        parts = [b"", _ID, request_id.to_bytes(8, "big"), _middle(method)]
        parts += _written_params(params)
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
    parts[0] = _MAP_OF[entries]
    return b"".join(parts)


def _written_params(params: list[Any]) -> list[bytes]:
    # Of a query the same text comes again and again, and so do the names of its variables.
    if (
        len(params) == 2
        and type(text := params[0]) is str
        and len(text) <= _CACHED_CHARACTERS
        and type(variables := params[1]) is dict
        and len(variables) <= _FEW_VARIABLES
    ):
        parts = [_ARRAY_OF_TWO, _text(text), _MAP_OF[len(variables)]]
        for name, value in variables.items():
            if type(name) is not str or len(name) > _CACHED_CHARACTERS:
                break
            try:
                parts += (_text(name), _codec.encode(value, levels_around=3))
            except CodecError as error:
                error.came_from(f".params[1].{name}")
                raise
        else:
            return parts
    return [_written("params", params)]


def _written(name: str, value: Any) -> bytes:
    try:
        return _codec.encode(value, levels_around=1)
    except CodecError as error:
        error.came_from(f".{name}")
        raise


@lru_cache(maxsize=1024)
def _text(text: str) -> bytes:
    return _codec.encode(text)


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


def result_of(reply: Reply) -> Any:
    """Return the result of a request.

    Raises:
        surrealdb.errors.ServerError: the reply says `error`.
    """
    raw = reply.get("error")
    if raw is None:
        return reply.get("result")
    # Loaded with the first pool; imported by name here so that `import purreal` stays cheap.
    raise importlib.import_module("surrealdb.errors").parse_rpc_error(raw)


def refuses_method(reply: Reply) -> bool:
    """Whether a server says that it does not know the method, or does not allow it (any more)."""
    error = reply.get("error")
    return isinstance(error, dict) and error.get("code") in _METHOD_REFUSED


def _explain_missing_id(reply: Reply) -> str:
    error = reply.get("error")
    if isinstance(error, dict):
        # What SurrealDB answers to bytes that it can't read.
        return f"the server could not read a request and said: {error.get('message')}"
    return "the server sent a message that answers no request"


def going_away(reply: Reply) -> str | None:
    """Return what a server says that is going away; None for all other replies."""
    error = reply.get("error")
    if not isinstance(error, dict):
        return None
    text = str(error.get("message"))
    # SurrealDB 2 tells no kinds.
    return text if error.get("kind") in (None, "Internal") and text in _GOING_AWAY else None
