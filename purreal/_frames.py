"""Owns the bytes of ordinary WebSocket frames: a whole binary message in each; does no I/O."""

from __future__ import annotations

import os
from typing import NamedTuple

try:
    from websockets.speedups import apply_mask
except ImportError:  # a platform without the library's compiled part
    from websockets.utils import apply_mask

WHOLE_MESSAGE = 0x82
"""First byte of a frame that is a whole binary message, without extensions (RFC 6455, 5.2)."""

_MASKED = 0x80
TWO_BYTES, EIGHT_BYTES = 126, 127
"""Lengths that stand for the real one in so many bytes behind them; smaller ones are real."""

# Masks have to be unpredictable (RFC 6455, 10.3), and a system call for each of them would cost
# as much as the rest of the frame.
_MASKS_AT_ONCE = 256

_SHORT_HEADS = [bytes((WHOLE_MESSAGE, _MASKED | size)) for size in range(TWO_BYTES)]
_HEAD_OF_TWO_BYTES = bytes((WHOLE_MESSAGE, _MASKED | TWO_BYTES))


class Header(NamedTuple):
    """What the first bytes of a frame say."""

    first: int
    """The first byte: opcode, FIN and reserved bits."""
    masked: bool
    """As frames of a server never are."""
    payload: int
    """Where its payload begins, counted as `read_header` counts."""
    size: int
    """Bytes of its payload."""


def read_header(data: bytearray, at: int) -> Header | None:
    """Read the header of the frame that begins at `at`; None while it is not there as a whole."""
    payload = at + 2
    if len(data) < payload:
        return None
    first, second = data[at], data[at + 1]
    size = second & ~_MASKED
    if size >= TWO_BYTES:
        begin = payload
        payload += 2 if size == TWO_BYTES else 8
        if len(data) < payload:
            return None
        size = int.from_bytes(data[begin:payload], "big")
    return Header(first, second >= _MASKED, payload, size)


class FrameWriter:
    """Makes the frames of one client, each with a mask of its own."""

    __slots__ = ("_masks", "_next")

    def __init__(self) -> None:
        self._masks = b""
        self._next = 0

    def frame(self, message: bytes) -> bytes:
        """Wrap a message into one frame."""
        if self._next == len(self._masks):
            self._masks, self._next = os.urandom(4 * _MASKS_AT_ONCE), 0
        begin = self._next
        self._next = end = begin + 4
        mask = self._masks[begin:end]
        size = len(message)
        if size < TWO_BYTES:
            head = _SHORT_HEADS[size]
        elif size < 1 << 16:
            head = _HEAD_OF_TWO_BYTES + size.to_bytes(2, "big")
        else:
            head = bytes((WHOLE_MESSAGE, _MASKED | EIGHT_BYTES)) + size.to_bytes(8, "big")
        return head + mask + apply_mask(message, mask)
