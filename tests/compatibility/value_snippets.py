"""Snippets about values: what is written, what is read, and where the SDK can't."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

from surrealdb import Datetime, Duration, Range, RecordID, Table
from surrealdb.data.types.geometry import (
    GeometryCollection,
    GeometryLine,
    GeometryMultiLine,
    GeometryMultiPoint,
    GeometryMultiPolygon,
    GeometryPoint,
    GeometryPolygon,
)
from surrealdb.data.types.range import BoundExcluded, BoundIncluded

from tests.compatibility.comparing import Raised, Returned, Rows, Stage

VALUES = Rows()

POINT = GeometryPoint(1.5, -2.0)
LINE = GeometryLine(GeometryPoint(0.0, 0.0), POINT)
POLYGON = GeometryPolygon(
    GeometryLine(
        GeometryPoint(0.0, 0.0),
        GeometryPoint(1.0, 0.0),
        GeometryPoint(1.0, 1.0),
        GeometryPoint(0.0, 0.0),
    )
)

WRITTEN: Mapping[str, Any] = {
    "None": None,
    "bool": [True, False],
    "int": [0, -1, 2**63 - 1, -(2**63)],
    "float": [0.0, -1.5, 1e300, math.inf, -math.inf, math.nan],
    "str": ["", "größe", "a\0b"],
    "bytes": b"\x00\xff",
    "list and dict": [{"a": {"b": [None, {"c": []}]}}, {}, []],
    "Decimal": [Decimal("1.50"), Decimal("-99999999999999999999.5")],
    "UUID": UUID(int=7),
    "datetime": [
        datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        datetime(2020, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
    "Datetime": Datetime("2020-01-02T03:04:05Z"),
    "Table": Table("person"),
    "RecordID": [
        RecordID("person", "tobie"),
        RecordID("person", 17),
        RecordID("person", ["a", {"b": [1, None]}]),
        RecordID("person", {"a": 1}),
        RecordID("person", UUID(int=1)),
    ],
    "Range": [
        Range(BoundIncluded(1), BoundExcluded(9)),
        Range(BoundExcluded(RecordID("t", 1)), BoundIncluded(RecordID("t", 2))),
    ],
    "GeometryPoint": POINT,
    "GeometryLine": LINE,
    "GeometryPolygon": POLYGON,
    "GeometryMultiPoint": GeometryMultiPoint(POINT, POINT),
    "GeometryMultiLine": GeometryMultiLine(LINE, LINE),
    "GeometryMultiPolygon": GeometryMultiPolygon(POLYGON, POLYGON),
    "GeometryCollection": GeometryCollection(POINT, LINE, POLYGON),
}

READ: Mapping[str, str] = {
    "NONE and NULL": "[NONE, NULL, { a: NULL, b: NONE }]",
    "numbers": "[1, 1f, 1.5, 1.5dec, 1dec, 9223372036854775807]",
    "text and bytes": "['a', <bytes> 'a']",
    "a datetime with nanoseconds": "d'2020-01-01T00:00:00.123456789Z'",
    "durations": "[1ns, 1s, 1s1ns, 1w]",
    "ranges": "[1..3, 1..=3, 1>..3, 1.., ..3, ..]",
    "records": "[t:1, t:a, t:[1, 'a'], t:{ a: 1 }, t:1..3]",
    "a table": "type::table('t')",
    "a point as two numbers": "(1.0, 2.0)",
}


def _goes_in_and_comes_out(name: str, value: Any) -> None:
    async def snippet(db: Any, stage: Stage) -> Any:
        await db.query("CREATE t:1 SET value = $value", {"value": value})
        return await db.query("RETURN [$value, type::of($value)]", {"value": value}), [
            record.get("value") for record in await db.select("t:1")
        ]

    snippet.__name__ = f"{name}_is_sent_and_read"
    VALUES.same("query")(snippet)


def _is_read(name: str, text: str) -> None:
    async def snippet(db: Any, stage: Stage) -> Any:
        return await db.query(f"RETURN {text}")

    snippet.__name__ = f"{name}_of_a_query"
    VALUES.same("query")(snippet)


for _name, _value in WRITTEN.items():
    _goes_in_and_comes_out(_name, _value)
for _name, _text in READ.items():
    _is_read(_name, _text)


@VALUES.differs(
    "query",
    how="a duration; what the SDK writes the server can't read, and its connection is dead",
    sdk=Raised("KeyError"),
    lease=Returned([Duration.parse("1h30m"), Duration(5), "duration"]),
)
async def a_duration_is_sent(db: Any, stage: Stage) -> Any:
    long, short = Duration.parse("1h30m"), Duration(5)
    text = "RETURN [$long, $short, type::of($long)]"
    return await db.query(text, {"long": long, "short": short})


@VALUES.differs(
    "query",
    how="a list; the SDK can't read it, and its connection is dead",
    sdk=Raised("KeyError"),
    lease=Returned([1, 2]),
)
async def a_set_is_read(db: Any, stage: Stage) -> Any:
    return await db.query("RETURN <set> [1, 2, 1]")


@VALUES.differs(
    "query",
    how="a `Duration`; the SDK can't read it, and its connection is dead",
    sdk=Raised("KeyError"),
    lease=Returned(Duration(0)),
)
async def a_duration_of_nothing_is_read(db: Any, stage: Stage) -> Any:
    return await db.query("RETURN 0s")


@VALUES.differs(
    "query",
    how="a `Datetime` with its text; the SDK can't read it, and its connection is dead",
    sdk=Raised("KeyError"),
    lease=Returned("+10000-01-01T00:00:00.000000000Z"),
)
async def a_year_that_python_does_not_know_is_read(db: Any, stage: Stage) -> Any:
    return (await db.query("RETURN d'+10000-01-01T00:00:00Z'")).dt
