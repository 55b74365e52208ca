"""Owns what a caller awaits until it is lent a connection; decides nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from purreal._core import Core
    from purreal._deadlines import Line
    from purreal._slots import Claim


class GrantFuture(asyncio.Future[None]):
    """What a caller awaits; when it is cancelled, its claim leaves the queue in that instant.

    Without that, a cancelled caller would stand in the queue until its task runs again, count
    toward `max_waiting`, and be lent a connection that nobody uses.

    It and its claim know each other until it is done. Both would be garbage that only the collector
    finds if they did not let go then.

    Attributes (set by who makes it; an `__init__` of its own would double what that costs):
        core, claim: where to leave the queue.
        line: where its deadline stands.
    """

    __slots__ = ("claim", "core", "line")

    core: Core
    claim: Claim
    line: Line

    def cancel(self, msg: object | None = None) -> bool:
        cancelled = super().cancel(msg)
        if cancelled:
            del self.claim.future
            self.core.withdraw(self.claim)
        return cancelled

    def expire(self) -> None:
        """The claim's time is over: fail, unless it was served or cancelled before."""
        if not self.done():
            del self.claim.future
            self.set_exception(self.core.expire(self.claim, self.get_loop().time()))
