"""Owns how Python's and the SDK's values are spelled in CBOR; must not know messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from cbor2 import CBORTag

from purreal import _scalars
from purreal._scalars import INT64_MAX, INT64_MIN
from purreal._tags import CodecError, Tag

MAX_LEVELS = 100
"""How deep arrays, objects and tags may be nested in a message of SurrealDB, the message included.

Counted on 3.3.5 and on the embedded engine 3.2.4: at 101 they answer that they can't read it.
"""

Encoder = Callable[[Any, int], Any]
"""Spells a value, given how many levels of nesting it may use."""

_NONE = CBORTag(Tag.NONE, None)

# Of https://surrealdb.com/docs/surrealql/datamodel/ids.
_IDENTIFIERS = (str, int, UUID, list, tuple, dict)

# Types whose values cbor2 writes the way the server reads them, whatever they are.
_AS_IT_IS = frozenset({str, bool, float})

_encoders: dict[type, Encoder] = {}


def learn(sdk: Any, ranges: Any, shapes: Any) -> None:
    """Take the classes to write from the SDK's modules (itself, ranges, geometries)."""
    _encoders.update(_sdk_types(sdk, ranges))
    _encoders.update(_geometries(shapes))


def to_wire(value: Any, levels: int = MAX_LEVELS) -> Any:
    """Spell `value` in what `cbor2.dumps` writes the way the server reads it.

    Args:
        levels: how many levels of nesting are left for it.

    Raises:
        CodecError: the server has no such value; says where in `value` it is.
    """
    # One walk before a plain `dumps` costs half of `dumps(encoders=…)`, and it can refuse what
    # the `default=` hook never sees: cbor2 writes Decimal, None, sets and large integers by itself,
    # in forms that the server takes for something else or can't read.
    kind = type(value)
    if kind in _AS_IT_IS or (kind is int and INT64_MIN <= value <= INT64_MAX):
        return value
    encoder = _encoders.get(kind) or _encoder_of(kind)
    return encoder(value, levels)


def _descend(levels: int) -> int:
    if levels < 1:
        raise CodecError(
            f"it is nested too deep: SurrealDB reads {MAX_LEVELS} levels, the request's included"
        )
    return levels - 1


def _object(value: Mapping[Any, Any], levels: int) -> dict[str, Any]:
    levels = _descend(levels)
    written: dict[str, Any] = {}
    for key, item in value.items():
        if type(key) is not str:
            key = _plain_key(key)
        if type(item) in _AS_IT_IS:  # as `to_wire` does; most items are, and a call costs more
            written[key] = item
            continue
        try:
            written[key] = to_wire(item, levels)
        except CodecError as error:
            error.came_from(f".{key}")
            raise
    return written


def _plain_key(key: Any) -> str:
    if not isinstance(key, str):
        raise CodecError(f"object keys are strings, and one is a {type(key).__name__}")
    return str(key)


def _array(value: Iterable[Any], levels: int) -> list[Any]:
    levels = _descend(levels)
    written: list[Any] = []
    try:
        for item in value:
            written.append(to_wire(item, levels))  # noqa: PERF401 (its length is the index)
    except CodecError as error:
        error.came_from(f"[{len(written)}]")
        raise
    return written


def _encoder_of(kind: type) -> Encoder:
    for base in kind.__mro__:
        if base in _encoders:
            return _encoders[base]
    raise CodecError(
        f"values of type {_name(kind)} have no SurrealDB form;"
        f" send text, numbers, lists, dicts, datetime, UUID, Decimal or the SDK's types"
    )


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _plain_types() -> dict[type, Encoder]:
    return {
        # Subclasses of the plain types (enumerations, ordered dicts) come this way.
        str: lambda value, levels: str.__str__(value),
        int: lambda value, levels: _scalars.integer(int(value)),
        float: lambda value, levels: float(value),
        type(None): _none,
        dict: _object,
        list: _array,
        tuple: _array,
        bytes: lambda value, levels: value,
        bytearray: lambda value, levels: bytes(value),
        UUID: _uuid,
        datetime: _tagged(Tag.DATETIME_TEXT, _scalars.datetime_text),
        date: _refuse_date,
        set: _tagged(Tag.SET, list),
        frozenset: _tagged(Tag.SET, list),
        Decimal: _tagged(Tag.DECIMAL, _scalars.decimal_text),
    }


def _sdk_types(sdk: Any, ranges: Any) -> dict[type, Encoder]:
    return {
        sdk.RecordID: _record_id(sdk.Range),
        sdk.Table: _tagged(Tag.TABLE, _table_name),
        sdk.Duration: _duration,
        sdk.Datetime: _tagged(Tag.DATETIME_TEXT, lambda value: _scalars.checked_datetime(value.dt)),
        sdk.Range: _range(ranges.BoundIncluded, ranges.BoundExcluded),
    }


def _duration(value: Any, levels: int) -> CBORTag:
    _descend(_descend(levels))
    return CBORTag(Tag.DURATION, _scalars.duration_parts(value.elapsed))


def _range(included: Any, excluded: Any) -> Encoder:
    def bound(end: Any, levels: int) -> Any:
        # An open end is CBOR null, which is how the server writes it; NONE would be a value.
        if end is None:
            return None
        if not isinstance(end, (included, excluded)):
            raise CodecError("the ends of a range are BoundIncluded, BoundExcluded or None")
        tag = Tag.BOUND_INCLUDED if isinstance(end, included) else Tag.BOUND_EXCLUDED
        return CBORTag(tag, to_wire(end.value, _descend(levels)))

    def encode(value: Any, levels: int) -> CBORTag:
        levels = _descend(_descend(levels))
        return CBORTag(Tag.RANGE, [bound(value.begin, levels), bound(value.end, levels)])

    return encode


def _record_id(range_kind: Any) -> Encoder:
    def encode(value: Any, levels: int) -> CBORTag:
        levels = _descend(_descend(levels))
        identifier = value.id
        if type(identifier) is not str:
            _check_identifier(identifier, range_kind)
            try:
                identifier = to_wire(identifier, levels)
            except CodecError as error:
                error.came_from(".id")
                raise
        return CBORTag(Tag.RECORD_ID, [_table_name(value), identifier])

    return encode


def _check_identifier(value: Any, range_kind: Any) -> None:
    if type(value) is int:
        return
    if isinstance(value, range_kind):
        for end in (value.begin, value.end):
            if end is not None:
                _check_identifier(getattr(end, "value", end), range_kind)
    # A boolean is an integer in Python alone.
    elif isinstance(value, bool) or not isinstance(value, _IDENTIFIERS):
        raise CodecError(
            f"the id of a record can not be of type {_name(type(value))}:"
            f" it is text, an integer, a UUID, a list or a dict, or a range of those"
        )


def _geometries(shapes: Any) -> dict[type, Encoder]:
    point, line, polygon = shapes.GeometryPoint, shapes.GeometryLine, shapes.GeometryPolygon
    return {
        point: _tagged(Tag.POINT, _coordinates),
        line: _parts(Tag.LINE, "geometry_points", point),
        polygon: _parts(Tag.POLYGON, "geometry_lines", line),
        shapes.GeometryMultiPoint: _parts(Tag.MULTI_POINT, "geometry_points", point),
        shapes.GeometryMultiLine: _parts(Tag.MULTI_LINE, "geometry_lines", line),
        shapes.GeometryMultiPolygon: _parts(Tag.MULTI_POLYGON, "geometry_polygons", polygon),
        shapes.GeometryCollection: _parts(Tag.COLLECTION, "geometries", shapes.Geometry),
    }


def _tagged(tag: Tag, content: Callable[[Any], Any]) -> Encoder:
    return lambda value, levels: CBORTag(tag, to_wire(content(value), _descend(levels)))


def _none(value: None, levels: int) -> CBORTag:
    _descend(levels)
    return _NONE


def _uuid(value: UUID, levels: int) -> UUID:
    _descend(levels)  # cbor2 writes it as tagged bytes.
    return value


def _table_name(value: Any) -> str:
    name = value.table_name
    if not isinstance(name, str):
        raise CodecError(f"the name of a table is text, not a {type(name).__name__}")
    return str(name)


def _parts(tag: Tag, attribute: str, kind: type) -> Encoder:
    def content(shape: Any) -> Any:
        parts = getattr(shape, attribute)
        for part in parts:
            if not isinstance(part, kind):
                raise CodecError(f"a {type(part).__name__} is where a {kind.__name__} belongs")
        return parts

    return _tagged(tag, content)


def _coordinates(point: Any) -> list[float]:
    try:
        return [float(number) for number in point.get_coordinates()]
    except (TypeError, ValueError):
        raise CodecError("the coordinates of a point are numbers") from None


def _refuse_date(value: date, levels: int) -> Any:
    raise CodecError("a date without a time has no SurrealDB form: send a datetime")


_encoders.update(_plain_types())
