"""Finds where CBOR items end (RFC 8949 §3) without decoding them; knows no requests, no values.

What a decoder has no value for, such as a date beyond its calendar, is only so many bytes here.
All functions raise `ValueError` for what is no CBOR, `IndexError` where the bytes end too early.
"""

from typing import Final

BREAK: Final = 0xFF
"""The byte that ends what was begun without a length."""
UNTIL_BREAK: Final = -1
"""Stands for the length of what was begun without one."""

_BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(2, 8)  # major types; below are numbers
_SHORT: Final = 24  # arguments below it are in the first byte
_ARGUMENT_SIZES: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_NO_LENGTH: Final = 31
_SHORT_TEXTS: Final = range(_TEXT << 5, (_TEXT << 5) + _SHORT)  # by their first byte
_DEEPEST: Final = 256  # nesting; the engine's own parser stops there too


def map_at(data: bytes, at: int) -> tuple[int, int]:
    """How many entries the map at `at` has, or `UNTIL_BREAK`, and where they begin."""
    major, entries, begin = _head(data, at)
    if major != _MAP:
        raise ValueError("no map")
    return entries, begin


def text_at(data: bytes, at: int) -> tuple[bytes, int]:
    """The letters of the text at `at`, which may be in pieces, and where it ends."""
    initial = data[at]
    if initial in _SHORT_TEXTS:  # as nearly all keys are
        end = at + _SIZES[initial]
        if end <= len(data):
            return data[at + 1 : end], end
    major, length, begin = _head(data, at)
    if major != _TEXT:
        raise ValueError("no text")
    if length != UNTIL_BREAK:
        end = _within(data, begin + length)
        return data[begin:end], end
    pieces = []
    while data[begin] != BREAK:
        if data[begin] & 0x1F == _NO_LENGTH:
            raise ValueError("a piece in pieces")
        piece, begin = text_at(data, begin)
        pieces.append(piece)
    return b"".join(pieces), begin + 1


def end_of_item(data: bytes, at: int) -> int:
    """Where the item at `at` ends.

    Not all that is wrong is noticed, but all that could make it end elsewhere: the pieces of a text
    may be any items, and a map without a length may lack its last value.
    """
    lacking = 1  # items, up to the end or to the next one of a container without a length
    around: list[int] = []  # what is lacking behind each of these
    while True:
        initial = data[at]
        if size := _SIZES[initial]:
            at += size
            lacking += _MORE[initial]
        else:
            inside, at = _opened(data, at)
            lacking -= 1
            if inside != UNTIL_BREAK:
                lacking += inside
            elif len(around) < _DEEPEST:
                around.append(lacking)
                lacking = 0
            else:
                raise ValueError("nested too deep")
        while lacking == 0:
            if not around:
                return _within(data, at)
            if data[at] == BREAK:
                at += 1
                lacking = around.pop()
            else:
                lacking = 1


def _opened(data: bytes, at: int) -> tuple[int, int]:
    """How many items are in the one at `at`, or `UNTIL_BREAK`, and where they begin; where there
    are none, where it ends.
    """
    major, argument, begin = _head(data, at)
    if argument == UNTIL_BREAK or major == _ARRAY:
        return argument, begin
    if major in (_BYTES, _TEXT):
        return 0, begin + argument
    return {_MAP: 2 * argument, _TAG: 1}.get(major, 0), begin


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """The major type of the item at `at`, its argument, and what comes behind them."""
    major, info = data[at] >> 5, data[at] & 0x1F
    if info < _SHORT:
        return major, info, at + 1
    if info == _NO_LENGTH and _BYTES <= major <= _MAP:
        return major, UNTIL_BREAK, at + 1
    if info not in _ARGUMENT_SIZES:
        raise ValueError("a byte that no item begins with")
    begin = _within(data, at + 1 + _ARGUMENT_SIZES[info])
    return major, int.from_bytes(data[at + 1 : begin], "big"), begin


def _within(data: bytes, end: int) -> int:
    if end > len(data):
        raise IndexError("the bytes end too early")
    return end


def _told_by(initial: int) -> tuple[int, int]:
    """How many bytes the first byte of an item tells of, and how many items it adds to those that
    are lacking; 0 bytes: that needs a closer look.
    """
    major, info = initial >> 5, initial & 0x1F
    if major < _BYTES or major == _SIMPLE:
        return (1 if info < _SHORT else 1 + _ARGUMENT_SIZES.get(info, -1)), -1
    if info >= _SHORT:
        return 0, 0
    if major in (_BYTES, _TEXT):
        return 1 + info, -1
    return 1, {_ARRAY: info, _MAP: 2 * info, _TAG: 1}[major] - 1


_SIZES: Final = tuple(_told_by(initial)[0] for initial in range(256))
_MORE: Final = tuple(_told_by(initial)[1] for initial in range(256))
