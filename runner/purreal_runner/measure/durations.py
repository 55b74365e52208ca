"""Owns reading the duration strings of SurrealDB's replies; knows nothing about measuring."""

import re

_NS_PER_TWO_LETTER_UNIT = {"ns": 1, "µs": 1_000, "μs": 1_000, "us": 1_000, "ms": 1_000_000}
_NS_PER_UNIT = _NS_PER_TWO_LETTER_UNIT | {
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
    "w": 604_800_000_000_000,
    "y": 31_536_000_000_000_000,
}
_PIECE = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|µs|μs|us|ms|s|m|h|d|w|y)")


def parse_duration_ns(text: str) -> int:
    """Read a duration such as `656.478µs`, `1.77ms`, `0ns`, `1.2s` or `1m2s`.

    No cache on purpose: the strings of a real run hardly ever repeat (they carry nanoseconds), and
    a cache that always misses costs more than the two lines of the common case.

    Args:
        text: the `time` of one statement, as SurrealDB prints it.

    Returns:
        Whole nanoseconds.

    Raises:
        ValueError: the text is not a duration.
    """
    try:
        return round(float(text[:-2]) * _NS_PER_TWO_LETTER_UNIT[text[-2:]])
    except (KeyError, ValueError):  # a unit of one letter, or several pieces, such as 1s200ms
        return _parse_pieces(text)


def _parse_pieces(text: str) -> int:
    total = 0.0
    position = 0
    for piece in _PIECE.finditer(text):
        if piece.start() != position:
            break
        total += float(piece[1]) * _NS_PER_UNIT[piece[2]]
        position = piece.end()
    if position != len(text) or not text:
        raise ValueError(f"{text!r} is not a duration; expected for example '656.478µs' or '1m2s'")
    return round(total)
