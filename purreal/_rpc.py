"""Owns which reply belongs to which request, and that every request ends; sets up no session."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from typing import Any, Protocol
from uuid import UUID

from purreal import _unanswered as unanswered
from purreal._deadlines import Deadlines
from purreal._errors import (
    ConnectionLost,
    Outcome,
    RequestError,
    UnreadableReply,
)
from purreal._live import LiveQueries
from purreal._messages import NOTIFICATION, Reply, encode_request, going_away, read_reply
from purreal._rpc_session import RpcSession, Waiter
from purreal._tags import CodecError
from purreal._transport import (
    CLOSE_SECONDS,
    MAX_MESSAGE_BYTES,
    Abandoned,
    NotWritten,
    OpenTransport,
    Transport,
    describe_end,
)

logger = logging.getLogger("purreal")

# What one read can't hold (see `_keeper`): whoever waits for the next message waits for all of it.
_BULKY_BYTES = 256 * 1024


class Listener(Protocol):
    """Who wants to know what becomes of a channel; each is called synchronously."""

    def channel_lost(self) -> None:
        """It ended by itself; called once."""

    def channel_abandoned(self) -> None:
        """It ended because the event loop shuts down; called instead of `channel_lost`."""

    def others_held_up(self) -> None:
        """A reply came that was so long that other requests had to wait for its end."""


class RpcChannel:
    """Requests and replies over one transport.

    Every request ends: in a reply, in the error that ended the channel, or in its own timeout.
    Nothing is ever sent twice. Once the channel is lost or closed it stays so.

    Attributes:
        usable: False once the channel has ended, and then for ever.
        live_queries: where notifications go; they end with the channel.
    """

    def __init__(
        self,
        endpoint: str,
        deadlines: Deadlines,
        listener: Listener,
    ) -> None:
        self._endpoint = endpoint
        self._deadlines = deadlines
        self._loop = deadlines.loop
        self._listener = listener
        self._ids = itertools.count(1)
        self._pending: dict[int, RpcSession] = {}  # whose request has which number
        self.usable = True
        self.live_queries = LiveQueries()
        self._transport: Transport | None = None
        self._end: str | None = None

    @classmethod
    async def open(
        cls,
        endpoint: str,
        deadlines: Deadlines,
        open_transport: OpenTransport,
        listener: Listener,
    ) -> RpcChannel:
        """Open a transport and talk over it.

        Args:
            deadlines: of the running event loop.
        """
        channel = cls(endpoint, deadlines, listener)
        transport = await open_transport(channel._receive, channel._transport_closed)
        channel._transport = transport
        if channel._end is not None:
            transport.abort()
        return channel

    @property
    def in_flight(self) -> int:
        """Requests of all sessions that were handed to the transport and not answered yet."""
        return len(self._pending)

    async def call(
        self,
        method: str,
        params: list[Any],
        *,
        session: RpcSession,
        txn: UUID | None = None,
        trace_context: str | None = None,
        timeout: float | None,
    ) -> Reply:
        """Send one request and wait for its reply, which may be one that says ``error``.

        Args:
            session: whose request it is.
            trace_context: the trace that the server's spans of this request belong to, as a W3C
                `traceparent`; None for none.
            timeout: seconds for sending and waiting together; None for no limit.

        Raises:
            RequestNotSent: the parameters have no form that the server reads.
            ConnectionLost, UnreadableReply: the channel or the session has ended, before or
                meanwhile.
            RequestTimeout: no reply in time; the channel lives on.
        """
        request_id = next(self._ids)
        message = encode_request(request_id, method, params, session.entry, txn, trace_context)
        if len(message) > MAX_MESSAGE_BYTES:
            raise unanswered.too_long(method, len(message), MAX_MESSAGE_BYTES)
        transport = self._transport
        if self._end is not None or transport is None:
            raise self._lost(Outcome.NOT_SENT)
        if session.is_forsaken:
            raise unanswered.forsaken(self._endpoint, Outcome.NOT_SENT)
        waiter: Waiter = self._loop.create_future()
        self._pending[request_id] = session
        session.pending[request_id] = waiter
        if timeout is not None:
            self._deadlines.set(waiter, timeout)
        try:
            # A peer that reads gets it without a further coroutine, let alone a wait.
            if not transport.write(message):
                await self._send(transport, message, request_id, session, timeout)
            answer = await waiter
        except Exception as error:  # of the transport: the waiter itself is only ever cancelled
            raise self._not_carried(request_id, session, error) from error
        finally:
            if timeout is not None:
                self._deadlines.call_off(waiter, timeout)
        if answer is None:
            if request_id in session.unsent:
                self._forget(request_id, session)
                raise unanswered.never_sent(self._endpoint, method, timeout)
            raise unanswered.no_answer(self._endpoint, method, timeout)
        if isinstance(answer, RequestError):
            raise answer
        return answer

    def post(self, method: str, params: list[Any], session: RpcSession) -> bool:
        """Send a request without waiting; it goes as soon as the server reads.

        Returns:
            whether it went at once; not where the channel has ended, nor where others wait to send.
        """
        transport = self._transport
        if self._end is not None or transport is None:
            return False
        request_id = next(self._ids)
        message = encode_request(request_id, method, params, session.entry, None, None)
        self._pending[request_id] = session
        session.pending[request_id] = self._loop.create_future()
        try:
            if transport.write(message):
                return True
        except Exception:
            transport.abort()  # and then it says itself that it has ended
            return False
        transport.write_later(message)
        return False

    async def answered(self, session: RpcSession, seconds: float) -> None:
        """Wait until a session has no request that somebody may wait for, at most so long."""
        if session.pending:
            await asyncio.wait(session.pending.values(), timeout=seconds)

    async def _send(
        self,
        transport: Transport,
        message: bytes,
        request_id: int,
        session: RpcSession,
        timeout: float | None,
    ) -> None:
        limit = session.unsent[request_id] = self._deadlines.limit(timeout)
        try:
            with limit:
                await transport.send(message)
        except TimeoutError:
            if not limit.expired:
                raise
            # Its session was forsaken, or its time, which began before, is over as well.
        except asyncio.CancelledError:
            self._forget(request_id, session)  # nothing was written, so no reply comes
            raise
        else:
            del session.unsent[request_id]

    def _not_carried(self, request_id: int, session: RpcSession, error: Exception) -> RequestError:
        self._forget(request_id, session)
        if isinstance(error, NotWritten):
            self._lose("it was closed")
            return self._lost(Outcome.NOT_SENT)
        # Part of the message may be out: no later message could be understood.
        self._lose(describe_end(error))
        return self._lost(Outcome.UNKNOWN)

    def _forget(self, request_id: int, session: RpcSession) -> None:
        self._pending.pop(request_id, None)
        session.pending.pop(request_id, None)
        session.unsent.pop(request_id, None)

    def _receive(self, message: bytes | str) -> None:
        if self._end is not None:
            return
        try:
            request_id, reply = read_reply(message)
        except CodecError as error:
            self._lose(str(error), UnreadableReply)
            return
        if "error" in reply and (farewell := going_away(reply)):
            self._lose(f"the server said: {farewell}")
            return
        session = self._pending.pop(request_id, None)
        if session is None:
            if request_id == NOTIFICATION:
                self.live_queries.notify(reply, len(message))
                return
            self._lose(f"it answered the request {request_id}, which was not open", UnreadableReply)
            return
        waiter = session.pending.pop(request_id)
        if not waiter.done():
            waiter.set_result(reply)
        if len(message) >= _BULKY_BYTES and any(
            other is not session for other in self._pending.values()
        ):
            self._listener.others_held_up()

    def _transport_closed(self, reason: Exception) -> None:
        if not isinstance(reason, Abandoned):
            self._lose(describe_end(reason))
        elif self._end is None:
            self._finish(str(reason))
            self._listener.channel_abandoned()

    def _lose(self, why: str, kind: type[RequestError] = ConnectionLost) -> None:
        if self._end is None:
            self._finish(why, kind)
            self._listener.channel_lost()

    def _finish(self, why: str, kind: type[RequestError] = ConnectionLost) -> None:
        self._end = why
        self.usable = False
        logger.debug("a connection to %s ended: %s", self._endpoint, why)
        if self._transport is not None:
            self._transport.abort()
        self.live_queries.end(lambda: self._lost(Outcome.UNKNOWN, kind))
        pending, self._pending = self._pending, {}
        for request_id, session in pending.items():
            waiter = session.pending.pop(request_id)
            if not waiter.done():
                waiter.set_result(self._lost(Outcome.UNKNOWN, kind))

    def forsake(self, session: RpcSession) -> None:
        """Fail what a session's callers wait for, and their later requests.

        Replies, when they come, are dropped.
        """
        session.is_forsaken = True
        for request_id, waiter in list(session.pending.items()):
            limit = session.unsent.get(request_id)
            if not waiter.done():
                outcome = Outcome.UNKNOWN if limit is None else Outcome.NOT_SENT
                waiter.set_result(unanswered.forsaken(self._endpoint, outcome))
            if limit is not None:
                limit.expire()
                self._forget(request_id, session)  # no reply comes

    def _lost(self, outcome: Outcome, kind: type[RequestError] = ConnectionLost) -> RequestError:
        return unanswered.lost(self._endpoint, self._end, outcome, kind)

    async def close(self) -> None:
        """Say goodbye, at most about a second long; requests in flight fail. Idempotent."""
        transport = self._transport
        if self._end is None and transport is not None:
            self._end = "it was closed on this side"
            self.usable = False
            try:
                with contextlib.suppress(Exception):  # A goodbye that fails is an end as well.
                    async with asyncio.timeout(CLOSE_SECONDS):
                        await transport.close()
            finally:
                self._finish(self._end)

    def abort(self) -> None:
        """End at once; requests in flight fail with `ConnectionLost`. Idempotent."""
        if self._end is None:
            self._finish(f"it was {unanswered.ON_THIS_SIDE}")
