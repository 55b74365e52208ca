"""Owns the order of those who wait; must not know what they wait for."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from purreal._slots import Claim

# Of those who have left, so many more than of those who wait may still be in the way.
_GONE_ALLOWED = 64


class WaitingLine:
    """First come, first served; leaving takes one step from any place.

    Who leaves stays in the `deque` until its turn comes or they are the most, and is passed over:
    that costs a sixth of an ordered dictionary, at any length.

    Attributes:
        count: how many wait.
    """

    __slots__ = ("_line", "count")

    def __init__(self) -> None:
        self.count = 0
        self._line: deque[Claim] = deque()

    def __iter__(self) -> Iterator[Claim]:
        return (claim for claim in self._line if claim.is_waiting)

    def join(self, claim: Claim) -> None:
        claim.is_waiting = True
        self._line.append(claim)
        self.count += 1

    def leave(self, claim: Claim) -> None:
        """Give up a place anywhere in the line."""
        claim.is_waiting = False
        self.count -= 1
        if not self.count or len(self._line) > 2 * self.count + _GONE_ALLOWED:
            self._line = deque(self)

    def next(self) -> Claim:
        """Take the first; somebody must be waiting."""
        while True:
            claim = self._line.popleft()
            if claim.is_waiting:
                claim.is_waiting = False
                self.count -= 1
                return claim
