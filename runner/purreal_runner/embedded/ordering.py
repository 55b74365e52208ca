"""The order of requests within one session: decides who may run now; knows no bytes and no engine.

The real server runs the requests of a session side by side, except those that change the session
(`use`, `signin`, `let`, …): such a one waits for all before it, and all after it wait for it. So a
pipelined `signin, use, query` works. The engine promises no order, so it is kept here.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

# Methods that run beside a change of their session. Unknown ones are taken as changes, which is
# always safe.
_READERS: Final = frozenset(
    b"query info version select insert create upsert update merge patch delete relate "
    b"insert_relation run graphql live kill begin commit cancel".split()
)


def changes_session(method: bytes) -> bool:
    """Whether a request with this method needs its session for itself."""
    return method not in _READERS


class SessionOrder:
    """A fair reader-writer queue for one session: plain calls, no waiting inside."""

    __slots__ = ("_changing", "_running", "_waiting")

    def __init__(self) -> None:
        self._running = 0
        self._changing = False
        self._waiting: deque[tuple[bool, Callable[[], None]]] = deque()

    def submit(self, changes: bool, start: Callable[[], None]) -> None:
        """Call `start` as soon as the order allows it, perhaps at once; `done` must follow each
        start.
        """
        if self._waiting or not self._may_run(changes):
            self._waiting.append((changes, start))
        else:
            self._start(changes, start)

    def done(self) -> None:
        """One started request has ended; starts the next ones."""
        self._running -= 1
        self._changing = False
        while self._waiting and self._may_run(self._waiting[0][0]):
            self._start(*self._waiting.popleft())

    def forget_waiting(self) -> None:
        """Drop everything that has not started."""
        self._waiting.clear()

    def _may_run(self, changes: bool) -> bool:
        return self._running == 0 if changes else not self._changing

    def _start(self, changes: bool, start: Callable[[], None]) -> None:
        self._running += 1
        self._changing = changes
        start()
