"""Owns which numbers and times the server can read, and their text; must not know CBOR or paths."""

from __future__ import annotations

import re
from calendar import isleap
from datetime import UTC, datetime
from decimal import Decimal

from purreal._tags import CodecError

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
_NANOSECONDS = 1_000_000_000

# The limits of a decimal and the form of a datetime were tried on SurrealDB 3.3.5 and on the
# embedded engine 3.2.4: what goes beyond is not refused but taken for bytes that make no sense.
# A decimal there has 96 bits and at most 28 digits after the point; it rounds what is more.
_DECIMAL_END = Decimal("79228162514264337593543950335.5")  # 2**96 - 0.5
_DECIMAL_LEAST = Decimal("1E-28")

_DATETIME = re.compile(
    r"(?P<year>[+-]?\d{4,7})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[Tt ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?"
    r"(?:(?P<utc>[Zz])|[+-](?:[01]\d|2[0-3]):[0-5]\d))?",
    re.ASCII,
)
_FIRST_YEAR, _LAST_YEAR = -262_143, 262_142
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def integer(value: int) -> int:
    """Return a number that fits; 3.3.5 wraps 2**63 round and can't read 2**64 at all.

    Raises:
        CodecError: it does not fit in 64 bits.
    """
    if not INT64_MIN <= value <= INT64_MAX:
        raise CodecError("the integer does not fit in 64 bits: send it as a Decimal")
    return value


def decimal_text(value: Decimal) -> str:
    """Spell a decimal, always without an exponent: with one the server reads fewer of them.

    Raises:
        CodecError: it is no number, or beyond what 96 bits and 28 decimal places can hold.
    """
    if not value.is_finite():
        raise CodecError("a Decimal that is no finite number has no SurrealDB form: send a float")
    # Not abs(): that would round to the precision of the caller's decimal context.
    size = value.copy_abs()
    if size >= _DECIMAL_END or 0 < size < _DECIMAL_LEAST:
        raise CodecError("the Decimal is out of range: SurrealDB's reach from 1E-28 to 2**96")
    return format(value, "f") if size else "0"


def datetime_text(value: datetime) -> str:
    """Spell a datetime; one without a time zone is taken for UTC, as the SDK does.

    Raises:
        CodecError: it is no point in time (such as pandas' NaT), or before the year 1 in UTC.
    """
    offset = value.utcoffset()
    if offset is None:
        return checked_datetime(f"{value.isoformat()}Z")
    if offset.seconds % 60 or offset.microseconds:
        # Local mean time, as in Amsterdam before 1937: the server would drop the seconds.
        try:
            value = value.astimezone(UTC)
        except OverflowError:
            raise CodecError("the datetime is outside of the years 1 to 9999 in UTC") from None
    return checked_datetime(value.isoformat())


def checked_datetime(text: object) -> str:
    """Return the text of a datetime, provided that the server can read it.

    Raises:
        CodecError: it is not of the form of RFC 3339, or there is no such day or year.
    """
    match = _DATETIME.fullmatch(text) if isinstance(text, str) else None
    if match is None or not _is_a_day(match):
        raise CodecError(
            "the text of a datetime is not one that SurrealDB reads:"
            " write it as 2025-01-31T12:00:00Z, with Z or an offset such as +02:00"
        )
    return match[0]


def _is_a_day(match: re.Match[str]) -> bool:
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    if not 1 <= month <= 12:
        return False
    days = 29 if month == 2 and isleap(year) else _DAYS[month - 1]
    # In the outermost years an offset could lead beyond them.
    first, last = (_FIRST_YEAR, _LAST_YEAR) if _is_utc(match) else (_FIRST_YEAR + 1, _LAST_YEAR - 1)
    return 1 <= day <= days and first <= year <= last


def _is_utc(match: re.Match[str]) -> bool:
    return match["utc"] is not None or match.end() == match.end("day")


def duration_parts(nanoseconds: object) -> tuple[int, int]:
    """Split a duration into seconds and nanoseconds.

    Raises:
        CodecError: it is negative, too long, or no whole number.
    """
    if not isinstance(nanoseconds, int) or not 0 <= nanoseconds < 2**64 * _NANOSECONDS:
        raise CodecError("the duration is out of range: SurrealDB's reach from 0 to 2**64 s")
    return divmod(nanoseconds, _NANOSECONDS)
