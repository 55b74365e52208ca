"""Owns the numbers of SurrealDB's CBOR tags and the error about them; must not know values."""

from __future__ import annotations

from enum import IntEnum

_SHOWN_STEPS = 12


class CodecError(ValueError):
    """A value has no CBOR form that the server reads, or bytes are not what the server writes.

    Its text tells where the value is, what it is and why not, never the value itself: that may be
    a secret.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self._steps: list[str] = []

    def came_from(self, step: str) -> None:
        """Note where in the value around it the refused one is, such as ``[3]`` or ``.price``."""
        self._steps.append(step)

    def __str__(self) -> str:
        steps = self._steps[::-1]
        if len(steps) > _SHOWN_STEPS:
            steps = [*steps[:_SHOWN_STEPS], "…"]
        path = "".join(steps).removeprefix(".")
        return f"{path}: {super().__str__()}" if path else super().__str__()


class Tag(IntEnum):
    """SurrealDB's CBOR tags, of https://surrealdb.com/docs/surrealdb/integration/cbor."""

    DATETIME_TEXT = 0
    NONE = 6
    TABLE = 7
    RECORD_ID = 8
    UUID_TEXT = 9
    DECIMAL = 10
    DATETIME = 12
    DURATION_TEXT = 13
    DURATION = 14
    RANGE = 49
    BOUND_INCLUDED = 50
    BOUND_EXCLUDED = 51
    FILE = 55
    SET = 56
    POINT = 88
    LINE = 89
    POLYGON = 90
    MULTI_POINT = 91
    MULTI_LINE = 92
    MULTI_POLYGON = 93
    COLLECTION = 94
