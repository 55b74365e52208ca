"""Owns which Python and SDK values SurrealDB's CBOR tags become; must not know messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from cbor2 import CBORTag

from purreal._tags import CodecError, Tag

_NANOSECONDS = 1_000_000_000

# The Gregorian calendar repeats after 400 years of this many seconds.
_CYCLE_SECONDS = 146_097 * 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Seconds since 1970 at which the years 1 and 10000 begin: what Python's datetime can hold.
_YEAR_1, _YEAR_10000 = -62_135_596_800, 253_402_300_800

_new = object.__new__

_decoders: dict[int, Callable[[Any], Any]] = {}


def learn(sdk: Any, ranges: Any, shapes: Any) -> None:
    """Take the classes to make from the SDK's modules (itself, ranges, geometries)."""
    _decoders.update(_make_decoders(sdk, ranges))
    _decoders.update(_geometries(shapes))


def from_tag(tag: CBORTag, immutable: bool) -> Any:
    """Turn a tagged value into what SDK 2.0.0 gives for it (the `tag_hook` of cbor2).

    Raises:
        CodecError: SurrealDB has no such tag.
    """
    decoder = _decoders.get(tag.tag)
    if decoder is None:
        raise CodecError(f"tag {tag.tag} is none of SurrealDB's")
    try:
        return decoder(tag.value)
    except Exception:
        # A tag that we know with a content that the SDK's class refuses (say a polygon that is not
        # closed) must not cost the connection: the caller gets to see what came.
        return CBORTag(tag.tag, _thaw(tag.value))


def _make_decoders(sdk: Any, ranges: Any) -> dict[int, Callable[[Any], Any]]:
    return {
        Tag.NONE: lambda content: None,
        Tag.TABLE: sdk.Table,
        Tag.RECORD_ID: _record_ids(sdk.RecordID),
        Tag.UUID_TEXT: UUID,
        Tag.DECIMAL: Decimal,
        Tag.DATETIME: lambda content: _datetime(sdk.Datetime, content),
        Tag.DURATION_TEXT: lambda content: _duration(sdk.Duration, content),
        Tag.DURATION: lambda content: _duration(sdk.Duration, content),
        Tag.RANGE: lambda content: sdk.Range(*content),
        Tag.BOUND_INCLUDED: lambda content: ranges.BoundIncluded(_thaw(content)),
        Tag.BOUND_EXCLUDED: lambda content: ranges.BoundExcluded(_thaw(content)),
        Tag.FILE: lambda content: "{}:{}".format(*content),
        Tag.SET: _thaw,
    }


def _geometries(shapes: Any) -> dict[int, Callable[[Any], Any]]:
    return {
        Tag.POINT: shapes.GeometryPoint.parse_coordinates,
        Tag.LINE: lambda content: shapes.GeometryLine(*content),
        Tag.POLYGON: lambda content: shapes.GeometryPolygon(*content),
        Tag.MULTI_POINT: lambda content: shapes.GeometryMultiPoint(*content),
        Tag.MULTI_LINE: lambda content: shapes.GeometryMultiLine(*content),
        Tag.MULTI_POLYGON: lambda content: shapes.GeometryMultiPolygon(*content),
        Tag.COLLECTION: lambda content: shapes.GeometryCollection(*content),
    }


def _thaw(value: Any) -> Any:
    # Inside a tag cbor2 6 makes tuples and frozen dicts; the SDK gives lists and dicts.
    if type(value) is str or type(value) is int:
        return value
    if isinstance(value, tuple | list):
        return [_thaw(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _thaw(item) for key, item in value.items()}
    return value


def _record_ids(kind: Any) -> Callable[[Any], Any]:
    # There is one in each record, and nearly half the time of reading a record would go into the
    # import statement inside the class' `__init__`.
    if vars(kind("table", 1)) != {"table_name": "table", "id": 1}:
        return lambda content: kind(content[0], _thaw(content[1]))  # a later SDK does more there

    def record_id(content: Any) -> Any:
        record = _new(kind)
        record.table_name, identifier = content
        record.id = _thaw(identifier)
        return record

    return record_id


def _duration(duration: Any, content: Any) -> Any:
    if isinstance(content, str):
        return duration.parse(content)
    seconds, nanoseconds = _seconds_and_nanoseconds(content)
    return duration(seconds * _NANOSECONDS + nanoseconds)


def _datetime(text_datetime: Any, content: Any) -> Any:
    seconds, nanoseconds = _seconds_and_nanoseconds(content)
    if _YEAR_1 <= seconds < _YEAR_10000:
        return _EPOCH + timedelta(seconds=seconds, microseconds=nanoseconds // 1000)
    # SurrealDB's years reach ±262143. Same date within the 400-year cycle, other year.
    cycles, seconds = divmod(seconds, _CYCLE_SECONDS)
    near = _EPOCH + timedelta(seconds=seconds)
    year = near.year + 400 * cycles
    return text_datetime(f"{year:+05d}-{near:%m-%dT%H:%M:%S}.{nanoseconds:09d}Z")


def _seconds_and_nanoseconds(content: Any) -> tuple[int, int]:
    # Trailing zeros are left out: [] is 0 s, [5] is 5 s. The types are checked because
    # arithmetic with something else may not fail but go on for minutes (a list times 10**9).
    seconds, nanoseconds = (*content, 0, 0)[:2]
    if type(seconds) is not int or type(nanoseconds) is not int:
        raise TypeError("seconds and nanoseconds are integers")
    return seconds, nanoseconds
