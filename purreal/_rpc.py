"""Owns which reply belongs to which request, and that every request ends; knows no sessions."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from purreal._deadlines import Deadlines
from purreal._errors import (
    ConnectionLost,
    Outcome,
    RequestError,
    RequestTimeout,
    UnreadableReply,
)
from purreal._live import LiveQueries
from purreal._messages import NOTIFICATION, Reply, encode_request, going_away, read_reply
from purreal._tags import CodecError
from purreal._transport import (
    CLOSE_SECONDS,
    Abandoned,
    NotWritten,
    OpenTransport,
    Transport,
    describe_end,
)

logger = logging.getLogger("purreal")


class RpcChannel:
    """Requests and replies over one transport.

    Every request ends: in a reply, in the error that ended the channel, or in its own timeout.
    Nothing is ever sent twice. Once the channel is lost or closed it stays so.

    Attributes:
        live_queries: where notifications go; they end with the channel.
    """

    def __init__(
        self,
        endpoint: str,
        deadlines: Deadlines,
        on_lost: Callable[[], None],
        on_abandoned: Callable[[], None],
    ) -> None:
        self._endpoint = endpoint
        self._deadlines = deadlines
        self._on_lost = on_lost
        self._on_abandoned = on_abandoned
        self._ids = itertools.count(1)
        # Futures of requests that were handed to the transport and not answered. One whose caller
        # has gone stays, cancelled, until its reply comes: that is what `in_flight` counts.
        self._pending: dict[int, asyncio.Future[Reply | RequestError]] = {}
        self.live_queries = LiveQueries()
        self._transport: Transport | None = None
        self._end: str | None = None

    @classmethod
    async def open(
        cls,
        endpoint: str,
        deadlines: Deadlines,
        open_transport: OpenTransport,
        on_lost: Callable[[], None],
        on_abandoned: Callable[[], None],
    ) -> RpcChannel:
        """Open a transport and talk over it.

        Args:
            deadlines: of the running event loop.
            on_lost: called once, synchronously, when the channel ends by itself.
            on_abandoned: called instead when it ends because the event loop shuts down.
        """
        channel = cls(endpoint, deadlines, on_lost, on_abandoned)
        transport = await open_transport(channel._receive, channel._transport_closed)
        channel._transport = transport
        if channel._end is not None:
            transport.abort()
        return channel

    @property
    def usable(self) -> bool:
        """False once the channel has ended, and then for ever."""
        return self._end is None

    @property
    def in_flight(self) -> int:
        """Requests handed to the transport and not answered yet."""
        return len(self._pending)

    async def call(
        self,
        method: str,
        params: list[Any],
        *,
        session: bytes = b"",
        txn: UUID | None = None,
        trace_context: str | None = None,
        timeout: float | None,
    ) -> Reply:
        """Send one request and wait for its reply, which may be one that says ``error``.

        Args:
            session: the `session_entry` of an attached session; empty for the socket's own.
            trace_context: the trace that the server's spans of this request belong to, as a W3C
                `traceparent`; None for none.
            timeout: seconds for sending and waiting together; None for no limit.

        Raises:
            RequestNotSent: the parameters have no form that the server reads.
            ConnectionLost, UnreadableReply: the channel has ended, before or meanwhile.
            RequestTimeout: no reply in time; the channel lives on.
        """
        request_id = next(self._ids)
        message = encode_request(request_id, method, params, session, txn, trace_context)
        if self._end is not None or self._transport is None:
            raise self._lost(Outcome.NOT_SENT)
        waiter: asyncio.Future[Reply | RequestError] = self._deadlines.loop.create_future()
        self._pending[request_id] = waiter
        try:
            with self._deadlines.limit(timeout) as limit:
                await self._send(self._transport, request_id, message)
                answer = await waiter
        except TimeoutError:
            if not limit.expired:
                raise
            raise RequestTimeout(
                f"no answer to `{method}` from {self._endpoint} within {timeout:g} s; the server"
                f" may still be executing it. Raise request_timeout or look for a slow statement"
            ) from None
        finally:
            waiter.cancel()
        if isinstance(answer, RequestError):
            raise answer
        return answer

    async def _send(self, transport: Transport, request_id: int, message: bytes) -> None:
        try:
            await transport.send(message)
        except NotWritten:
            self._pending.pop(request_id, None)
            self._lose("it was closed")
            raise self._lost(Outcome.NOT_SENT) from None
        except Exception as error:
            # Part of the message may be out: no later message could be understood.
            self._pending.pop(request_id, None)
            self._lose(describe_end(error))
            raise self._lost(Outcome.UNKNOWN) from error

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
        waiter = self._pending.pop(request_id, None)
        if request_id == NOTIFICATION:
            self.live_queries.notify(reply)
        elif waiter is None:
            self._lose(f"it answered the request {request_id}, which was not open", UnreadableReply)
        elif not waiter.done():
            waiter.set_result(reply)

    def _transport_closed(self, reason: Exception) -> None:
        if not isinstance(reason, Abandoned):
            self._lose(describe_end(reason))
        elif self._end is None:
            self._finish(str(reason))
            self._on_abandoned()

    def _lose(self, why: str, kind: type[RequestError] = ConnectionLost) -> None:
        if self._end is None:
            self._finish(why, kind)
            self._on_lost()

    def _finish(self, why: str, kind: type[RequestError] = ConnectionLost) -> None:
        self._end = why
        logger.debug("a connection to %s ended: %s", self._endpoint, why)
        if self._transport is not None:
            self._transport.abort()
        self.live_queries.end(lambda: self._lost(Outcome.UNKNOWN, kind))
        pending, self._pending = self._pending, {}
        for waiter in pending.values():
            if not waiter.done():
                waiter.set_result(self._lost(Outcome.UNKNOWN, kind))

    def _lost(self, outcome: Outcome, kind: type[RequestError] = ConnectionLost) -> RequestError:
        sent = "the request was not sent" if outcome is Outcome.NOT_SENT else "outcome unknown"
        return kind(
            f"the connection to {self._endpoint} is lost: {self._end}; {sent}", outcome=outcome
        )

    async def close(self) -> None:
        """Say goodbye, at most about a second long; requests in flight fail. Idempotent."""
        transport = self._transport
        if self._end is None and transport is not None:
            self._end = "it was closed on this side"
            try:
                with contextlib.suppress(Exception):  # A goodbye that fails is an end as well.
                    async with asyncio.timeout(CLOSE_SECONDS):
                        await transport.close()
            finally:
                self._finish(self._end)

    def abort(self) -> None:
        """End at once; requests in flight fail with `ConnectionLost`. Idempotent."""
        if self._end is None:
            self._finish("it was aborted on this side")
