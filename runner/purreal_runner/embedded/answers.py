"""Answers the server gives by itself, in the real server's words; knows no client, no engine."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import cbor2

_NONE: Final = cbor2.CBORTag(6, None)  # SurrealDB's NONE


def _error(code: int, kind: str, message: str, details: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "cause": _NONE,
        "code": code,
        "details": dict(details),
        "kind": kind,
        "message": message,
    }


# Frames without an `id`, as the real server sends them: it could not read one.
PARSE_ERROR: Final = cbor2.dumps(
    {"error": _error(-32700, "Validation", "Parse error", {"kind": "Parse"})}
)
INVALID_REQUEST: Final = cbor2.dumps(
    {"error": _error(-32600, "Validation", "Invalid request", {"kind": "InvalidRequest"})}
)

_NO_SESSION_NAMED: Final = _error(
    -32603, "Validation", "Expected a session ID", {"kind": "InvalidParams"}
)
_TOO_MANY_SESSIONS: Final = _error(
    -32602,
    "NotAllowed",
    "Method not allowed",
    {"details": {"name": "attach"}, "kind": "Method"},
)


def no_session_named(echo: Mapping[str, Any]) -> bytes:
    """`attach` or `detach` without a `session` field."""
    return cbor2.dumps({"error": _NO_SESSION_NAMED, **echo})


def too_many_sessions(echo: Mapping[str, Any], session: bytes) -> bytes:
    """One `attach` more than a socket may have sessions."""
    return cbor2.dumps({"error": _TOO_MANY_SESSIONS, **echo, **_session(session)})


def session_list(
    echo: Mapping[str, Any], sessions: Iterable[bytes], session: bytes | None
) -> bytes:
    """The reply to `sessions`: the attached sessions of the socket that asks."""
    listed = [_uuid(each) for each in sessions]
    return cbor2.dumps({**echo, "result": listed, **_session(session)})


def _session(session: bytes | None) -> dict[str, Any]:
    return {} if session is None else {"session": _uuid(session)}


def _uuid(its_bytes: bytes) -> cbor2.CBORTag:
    return cbor2.CBORTag(37, its_bytes)


def unreadable(reason: str) -> bytes:
    """The frame for a request that the engine could not take, by the engine's own sentence."""
    return INVALID_REQUEST if reason.startswith("Failed to parse request") else PARSE_ERROR


def internal_error(echo: Mapping[str, Any]) -> bytes:
    """A request that the engine lost by a fault of its own."""
    return cbor2.dumps({"error": _error(-32000, "Internal", "The engine failed", {}), **echo})
