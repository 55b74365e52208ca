"""Owns one WebSocket on an event loop: reads, writes, flow control, its end; knows no messages."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from functools import partial
from typing import cast

from websockets.client import ClientProtocol
from websockets.exceptions import PayloadTooBig
from websockets.protocol import State

from purreal._frames import FrameWriter
from purreal._incoming import Incoming
from purreal._keeper import Keeper
from purreal._transport import (
    MAX_MESSAGE_BYTES,
    NotWritten,
    OnClosed,
    OnMessage,
    TransportEnded,
)

# Frames that wait for the end of the loop's iteration; more are written at once.
_MOST_HELD_BYTES = 64 * 1024

_NORMAL_CLOSURE = 1000


class WebSocket(asyncio.BufferedProtocol):
    """A `Transport` that asyncio calls when bytes came in: no task reads, no task writes."""

    def __init__(
        self, machine: ClientProtocol, keeper: Keeper, on_message: OnMessage, on_closed: OnClosed
    ) -> None:
        self._machine = machine
        self._keeper = keeper
        self._outbox = keeper.outbox
        self._loop = keeper.loop
        self._room = memoryview(keeper.buffer)
        self._incoming = Incoming(machine, MAX_MESSAGE_BYTES, on_message)
        self._on_closed = on_closed
        self._writer = FrameWriter()
        self._transport: asyncio.Transport
        self._shaken: asyncio.Future[None] = self._loop.create_future()
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._is_accepted = False  # the handshake succeeded
        self._ended = False  # nothing may be written any more
        self._told = False  # somebody knows about the end
        self._heard = True  # anything since the last ping
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._paused = False
        self._turns: deque[asyncio.Future[None]] = deque()

    async def shake_hands(self) -> None:
        """Wait until the server has accepted.

        Raises:
            OSError, websockets.exceptions.InvalidHandshake: it did not.
        """
        await self._shaken
        if not self._ended:
            self._keeper.join(self)

    # -- what asyncio calls -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._machine.send_request(self._machine.connect())
        self._write_for_machine()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        self._heard = True
        self._outbox.is_idle = True
        if self._incoming.take(self._room[:nbytes]):
            self._write_for_machine()
            self._look_at_machine()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._give_turn()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._is_accepted and exc is None:
            self._machine.receive_eof()  # it knows what this means for a handshake
        detail = f" ({exc})" if exc is not None and str(exc) else ""
        dropped = TransportEnded(f"the connection was dropped without a goodbye{detail}")
        self.end(dropped if self._is_accepted else exc or self._machine.handshake_exc or dropped)

    # -- a transport ------------------------------------------------------------------------------

    def write(self, message: bytes) -> bool:
        """Write one message unless that has to wait; see `Transport`."""
        if self._paused or self._turns:
            return False
        self._write(message)
        return True

    async def send(self, message: bytes) -> None:
        """Write one message; see `Transport`."""
        if self._paused or self._turns:
            await self._wait_for_turn()
        try:
            self._write(message)
        finally:
            if self._turns:
                self._give_turn()

    def write_later(self, message: bytes) -> None:
        """Have one message written when its turn comes; see `Transport`."""
        turn = self._loop.create_future()
        turn.add_done_callback(partial(self._write_in_turn, message))
        self._turns.append(turn)
        self._give_turn()

    async def close(self) -> None:
        """Exchange close frames; see `Transport`."""
        try:
            if not self._ended and self._machine.state is State.OPEN:
                self.write_held()
                self._machine.send_close(_NORMAL_CLOSURE)
                self._write_for_machine()
                await self._gone
        finally:
            self.abort()

    def abort(self) -> None:
        """Drop the socket; what was waiting for it learns of that in the next iteration."""
        self._ended = True
        self._keeper.leave(self)
        self._transport.abort()

    # -- what the keeper calls --------------------------------------------------------------------

    def ping(self) -> bool:
        """Ask for a sign of life; False when nothing was heard since the last time."""
        if not self._heard:
            return False
        self._heard = False
        if self._machine.state is State.OPEN:
            self._machine.send_ping(b"")
            self._write_for_machine()
        return True

    def end(self, reason: Exception) -> None:
        """Drop the socket and tell everybody who waits why. Idempotent."""
        if self._told:
            return
        self._told = True
        self.abort()
        self._write_no_more()
        if self._is_accepted:
            self._on_closed(reason)
        elif not self._shaken.done():
            self._shaken.set_exception(reason)
            self._shaken.exception()  # whoever waited may be gone, which is no error

    # -- the protocol machine's part --------------------------------------------------------------

    def _write_for_machine(self) -> None:
        data = b"".join(self._machine.data_to_send())
        if data and not self._ended:
            self._transport.write(data)

    def _look_at_machine(self) -> None:
        machine = self._machine
        if not self._is_accepted:
            if machine.handshake_exc is not None:
                self.end(machine.handshake_exc)
            if machine.state is State.CONNECTING or self._told:
                return
            self._is_accepted = True
            if not self._shaken.done():
                self._shaken.set_result(None)
        if machine.close_rcvd is not None:
            text = f" ({machine.close_rcvd.reason})" if machine.close_rcvd.reason else ""
            code = machine.close_rcvd.code
            self.end(TransportEnded(f"the server closed it with code {code:d}{text}"))
        elif isinstance(machine.parser_exc, PayloadTooBig):
            most = f"{MAX_MESSAGE_BYTES // 2**20} MiB"
            self.end(TransportEnded(f"the server sent more than {most} at once, the most it may"))
        elif machine.parser_exc is not None:
            problem = str(machine.parser_exc)
            self.end(TransportEnded(f"the server sent what is no WebSocket frame: {problem}"))

    # -- writing ----------------------------------------------------------------------------------

    def _write(self, message: bytes) -> None:
        if self._ended:
            raise NotWritten
        frame = self._writer.frame(message)
        if self._outbox.is_idle and not self._held:
            # One question after the other: nothing else is to come in this iteration.
            self._outbox.is_idle = False
            self._transport.write(frame)
        else:
            self._hold(frame)

    def _hold(self, frame: bytes) -> None:
        """Write it with all others of this iteration of the loop, in one go."""
        self._held.append(frame)
        self._held_bytes += len(frame)
        if len(self._held) == 1:
            self._outbox.add(self)  # which may let it write at once
        if self._held_bytes > _MOST_HELD_BYTES:
            self.write_held()

    def write_held(self) -> None:
        """Write what waited for the end of the iteration; called by the outbox."""
        if self._held and not self._ended:
            self._transport.write(b"".join(self._held))
        self._held.clear()
        self._held_bytes = 0

    async def _wait_for_turn(self) -> None:
        """Wait until the peer reads again and all who came before have written."""
        turn = self._loop.create_future()
        self._turns.append(turn)
        try:
            await turn
        except BaseException:
            self._turns.remove(turn)
            self._give_turn()
            raise
        self._turns.remove(turn)

    def _write_in_turn(self, message: bytes, turn: asyncio.Future[None]) -> None:
        self._turns.remove(turn)
        with contextlib.suppress(NotWritten):
            self._write(message)
        self._give_turn()

    def _give_turn(self) -> None:
        if self._turns and not self._paused and not self._turns[0].done():
            self._turns[0].set_result(None)

    def _write_no_more(self) -> None:
        self._held.clear()
        for turn in self._turns:
            if not turn.done():
                turn.set_result(None)
        if not self._gone.done():
            self._gone.set_result(None)
