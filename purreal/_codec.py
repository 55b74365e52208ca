"""Owns SurrealDB's CBOR dialect in the SDK's value types; must not know messages."""

from __future__ import annotations

import importlib
from datetime import UTC
from functools import lru_cache
from typing import Any

import cbor2

from purreal import _from_wire, _to_wire
from purreal._scalars import INT64_MAX, INT64_MIN
from purreal._tags import CodecError

_TAGGED_RECORD = b"\xc8\x82"  # tag 8, and that an array of two follows: table and id

_loaded = False
_record_id: type | None = None


def load() -> None:
    """Import the SDK's value types (about 0.4 s the first time) and get ready to use them.

    Called when the first pool is made: not at `import purreal`, which must stay cheap, and not at
    the first reply, where it would stall every connection of the event loop.
    """
    global _loaded, _record_id
    if _loaded:
        return
    sdk = importlib.import_module("surrealdb")
    ranges = importlib.import_module("surrealdb.data.types.range")
    shapes = importlib.import_module("surrealdb.data.types.geometry")
    importlib.import_module("surrealdb.errors")
    _to_wire.learn(sdk, ranges, shapes)
    _from_wire.learn(sdk, ranges, shapes)
    _record_id = sdk.RecordID
    _loaded = True


def encode(value: Any, *, levels_around: int = 0) -> bytes:
    """Write `value`, which may hold plain Python values and the SDK's types, as CBOR.

    None is written as NONE (tag 6), as the SDK does: the server tells it from NULL.

    Args:
        levels_around: how many levels of nesting the bytes will be put into.

    Raises:
        CodecError: the value has no form that the server can read. Found here, because the server
            answers what it can't read without naming the request, which ends the connection.
    """
    try:
        if type(value) is _record_id and (written := _plain_record(value)):
            return written
        return cbor2.dumps(
            _to_wire.to_wire(value, _to_wire.MAX_LEVELS - levels_around), timezone=UTC
        )
    except (cbor2.CBOREncodeError, RecursionError, UnicodeError) as error:
        raise CodecError(f"the value can not be written as CBOR: {error}") from error


def _plain_record(record: Any) -> bytes | None:
    # Most queries about one record name it in a variable, and to write it the general way costs
    # three times as much. None: its id is neither text nor a number, or its parts are no such.
    table, identifier = record.table_name, record.id
    kind = type(identifier)
    if type(table) is str and (
        kind is str or (kind is int and INT64_MIN <= identifier <= INT64_MAX)
    ):
        return _TAGGED_RECORD + _table(table) + cbor2.dumps(identifier)
    return None


@lru_cache(maxsize=512)
def _table(name: str) -> bytes:
    return cbor2.dumps(name)


def decode(data: bytes) -> Any:
    """Read one CBOR value into the types that SDK 2.0.0 gives.

    Both NONE and NULL become None. Where that SDK has no type: a set becomes a list, a file
    the text ``bucket:/key``, a datetime outside the years 1 to 9999 a `surrealdb.Datetime`.

    Raises:
        CodecError: the bytes are no CBOR, or hold a tag that SurrealDB does not have.
    """
    try:
        return cbor2.loads(data, tag_hook=_from_wire.from_tag)
    except Exception as error:
        raise CodecError(f"not readable as SurrealDB CBOR: {error}") from error
