"""Owns how Python's and the SDK's values are spelled in CBOR; must not know messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from cbor2 import CBORTag

from purreal._tags import CodecError, Tag

_NONE = CBORTag(Tag.NONE, None)
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_NANOSECONDS = 1_000_000_000

_encoders: dict[type, Callable[[Any], Any]] = {}


def learn(sdk: Any, ranges: Any, shapes: Any) -> None:
    """Take the classes to write from the SDK's modules (itself, ranges, geometries)."""
    _encoders.update(_plain_types())
    _encoders.update(_sdk_types(sdk, ranges))
    _encoders.update(_geometries(shapes))


def to_wire(value: Any) -> Any:
    """Spell `value` in what `cbor2.dumps` writes the way the server reads it.

    Raises:
        CodecError: the server has no such value.
    """
    # One walk before a plain `dumps` costs half of `dumps(encoders=…)`, and it can refuse what
    # the `default=` hook never sees: cbor2 writes Decimal, None, sets and large integers by itself,
    # in forms that the server takes for something else or can't read.
    kind = type(value)
    if kind is str or kind is bool or kind is float:
        return value
    if kind is int:
        return _integer(value)
    if kind is dict:
        return _object(value)
    if kind is list or kind is tuple:
        return [to_wire(item) for item in value]
    if value is None:
        return _NONE
    return _encoder_of(kind)(value)


def _integer(value: int) -> int:
    if not _INT64_MIN <= value <= _INT64_MAX:
        # 3.3.5 wraps 2**63 round to a negative number and can't read 2**64 at all.
        raise CodecError(f"the integer {value} does not fit in 64 bits: send it as a Decimal")
    return value


def _object(value: Mapping[Any, Any]) -> dict[str, Any]:
    written = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise CodecError(f"object keys are strings, and {key!r} is a {type(key).__name__}")
        written[str(key) if type(key) is not str else key] = to_wire(item)
    return written


def _encoder_of(kind: type) -> Callable[[Any], Any]:
    for base in kind.__mro__:
        if base in _encoders:
            return _encoders[base]
    raise CodecError(
        f"values of type {kind.__module__}.{kind.__qualname__} have no SurrealDB form;"
        f" send text, numbers, lists, dicts, datetime, UUID, Decimal or the SDK's types"
    )


def _plain_types() -> dict[type, Callable[[Any], Any]]:
    return {
        # Subclasses of the plain types (enumerations, ordered dicts) come this way.
        str: str.__str__,
        int: lambda value: _integer(int(value)),
        float: float,
        dict: _object,
        list: _array,
        tuple: _array,
        bytes: _unchanged,
        bytearray: bytes,
        UUID: _unchanged,
        datetime: _unchanged,
        date: _refuse_date,
        set: _tagged(Tag.SET, list),
        frozenset: _tagged(Tag.SET, list),
        Decimal: _tagged(Tag.DECIMAL, str),
    }


def _sdk_types(sdk: Any, ranges: Any) -> dict[type, Callable[[Any], Any]]:
    return {
        sdk.RecordID: _tagged(Tag.RECORD_ID, lambda value: [value.table_name, value.id]),
        sdk.Table: _tagged(Tag.TABLE, lambda value: value.table_name),
        sdk.Duration: _duration,
        sdk.Datetime: _tagged(Tag.DATETIME_TEXT, lambda value: value.dt),
        # An open end is CBOR null, which is how the server writes it; NONE would be a value.
        sdk.Range: lambda value: CBORTag(
            Tag.RANGE, [_bound_to_wire(value.begin), _bound_to_wire(value.end)]
        ),
        ranges.BoundIncluded: _tagged(Tag.BOUND_INCLUDED, lambda value: value.value),
        ranges.BoundExcluded: _tagged(Tag.BOUND_EXCLUDED, lambda value: value.value),
    }


def _geometries(shapes: Any) -> dict[type, Callable[[Any], Any]]:
    return {
        shapes.GeometryPoint: _tagged(Tag.POINT, _coordinates),
        shapes.GeometryLine: _tagged(Tag.LINE, lambda value: value.geometry_points),
        shapes.GeometryPolygon: _tagged(Tag.POLYGON, lambda value: value.geometry_lines),
        shapes.GeometryMultiPoint: _tagged(Tag.MULTI_POINT, lambda value: value.geometry_points),
        shapes.GeometryMultiLine: _tagged(Tag.MULTI_LINE, lambda value: value.geometry_lines),
        shapes.GeometryMultiPolygon: _tagged(
            Tag.MULTI_POLYGON, lambda value: value.geometry_polygons
        ),
        shapes.GeometryCollection: _tagged(Tag.COLLECTION, lambda value: value.geometries),
    }


def _tagged(tag: Tag, content: Callable[[Any], Any]) -> Callable[[Any], CBORTag]:
    return lambda value: CBORTag(tag, to_wire(content(value)))


def _array(value: Any) -> list[Any]:
    return [to_wire(item) for item in value]


def _unchanged(value: Any) -> Any:
    return value


def _coordinates(point: Any) -> list[float]:
    return [float(number) for number in point.get_coordinates()]


def _duration(value: Any) -> CBORTag:
    if not 0 <= value.elapsed < 2**64 * _NANOSECONDS:
        raise CodecError(f"a duration of {value.elapsed} ns: SurrealDB's reach from 0 to 2**64 s")
    return CBORTag(Tag.DURATION, divmod(value.elapsed, _NANOSECONDS))


def _bound_to_wire(bound: Any) -> Any:
    return None if bound is None else to_wire(bound)


def _refuse_date(value: date) -> Any:
    raise CodecError(f"a date without a time ({value}) has no SurrealDB form: send a datetime")
