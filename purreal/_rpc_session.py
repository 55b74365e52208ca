"""Owns what a channel knows of each session on it: its name, and its unanswered requests."""

from __future__ import annotations

import asyncio

from purreal._deadlines import Limit
from purreal._errors import RequestError
from purreal._messages import Reply

Waiter = asyncio.Future[Reply | RequestError | None]
"""Gets the reply, or the error that ended the channel, or None when it took too long."""


class RpcSession:
    """One of the sessions on a channel: how requests name it, and which of them are unanswered.

    Args:
        owner: the session whose borrower attached this one: what is in flight here counts as
            its own, and it does not outlive it.

    Attributes:
        entry: the `session_entry` of an attached session; empty for the socket's own.
        pending: futures of requests that were handed to the transport and not answered. One whose
            caller has gone stays, cancelled, until its reply comes: the server works on it.
        unsent: those of them that are not written, with what interrupts the writing.
        is_forsaken: it sends no more requests.
    """

    __slots__ = ("entry", "is_forsaken", "pending", "unsent")

    def __init__(self, entry: bytes = b"", owner: RpcSession | None = None) -> None:
        self.entry = entry
        self.pending: dict[int, Waiter] = {} if owner is None else owner.pending
        self.unsent: dict[int, Limit] = {} if owner is None else owner.unsent
        self.is_forsaken: bool = owner is not None and owner.is_forsaken
