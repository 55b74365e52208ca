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
_TEXT_IN_PIECES: Final = 0x7F
_ARGUMENT_SIZES: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_DEEPEST: Final = 256  # nesting; the engine's own parser stops there too


def map_at(data: bytes, at: int) -> tuple[int, int]:
    """How many entries the map at `at` has, or `UNTIL_BREAK`, and where they begin."""
    major, entries, begin = _head(data, at)
    if major != _MAP:
        raise ValueError("no map")
    return entries, begin


def text_at(data: bytes, at: int) -> tuple[bytes, int]:
    """The letters of the text at `at`, which may be in pieces, and where it ends."""
    major, length, begin = _head(data, at)
    if major != _TEXT:
        raise ValueError("no text")
    if length != UNTIL_BREAK:
        end = _within(data, begin + length)
        return data[begin:end], end
    pieces = []
    while data[begin] != BREAK:
        if data[begin] == _TEXT_IN_PIECES:
            raise ValueError("pieces of a piece")
        piece, begin = text_at(data, begin)
        pieces.append(piece)
    return b"".join(pieces), begin + 1


def end_of_item(data: bytes, at: int) -> int:
    """Where the item at `at` ends.

    Not all that is wrong is noticed, but all that could make it end elsewhere: the pieces of a text
    may be any items, and a map without a length may lack its last value.
    """
    around: list[int] = []  # for each container around this item, how many it lacks, itself too
    lacking = 1  # below zero in a container without a length
    while True:
        if size := _SIZES[data[at]]:
            at += size
        elif data[at] == BREAK and lacking < 0:
            at += 1
            lacking = around.pop()
        else:
            inside, at = _opened(data, at)
            if inside:
                around.append(lacking)
                lacking = inside
                if len(around) > _DEEPEST:
                    raise ValueError("nested too deep")
                continue
        lacking -= 1
        while lacking == 0:
            if not around:
                return _within(data, at)
            lacking = around.pop() - 1


def _opened(data: bytes, at: int) -> tuple[int, int]:
    """How many items are in the one at `at`, below zero up to a break, and what comes behind all of
    it that is no item.
    """
    major, argument, begin = _head(data, at)
    if argument == UNTIL_BREAK:
        return argument, begin
    if major in (_BYTES, _TEXT):
        return 0, begin + argument
    return {_ARRAY: argument, _MAP: 2 * argument, _TAG: 1}.get(major, 0), begin


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """The major type of the item at `at`, its argument, and what comes behind them."""
    major, info = divmod(data[at], 32)
    if info < 24:
        return major, info, at + 1
    if info == 31 and _BYTES <= major <= _MAP:
        return major, UNTIL_BREAK, at + 1
    if info not in _ARGUMENT_SIZES:
        raise ValueError("a byte that no item begins with")
    begin = _within(data, at + 1 + _ARGUMENT_SIZES[info])
    return major, int.from_bytes(data[at + 1 : begin], "big"), begin


def _within(data: bytes, end: int) -> int:
    if end > len(data):
        raise IndexError("the bytes end too early")
    return end


def _size_told_by(initial: int) -> int:
    """The bytes of an item that begins with this one; 0: that needs a closer look."""
    major, info = divmod(initial, 32)
    if major in (_BYTES, _TEXT) and info < 24:
        return 1 + info
    if major < _BYTES or major == _SIMPLE:
        return 1 if info < 24 else 1 + _ARGUMENT_SIZES.get(info, -1)
    return 0


_SIZES: Final = tuple(map(_size_told_by, range(256)))
