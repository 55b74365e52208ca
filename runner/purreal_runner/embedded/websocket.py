"""One client's WebSocket: handshake, frames, limits, flow control; knows not what requests mean."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Protocol, cast

from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

_SUBPROTOCOL: Final = Subprotocol("cbor")
_GOING_AWAY: Final = 1001
_MOST_UNSENT_BYTES: Final = 16 * 1024
"""What a socket keeps until the end of a turn; more goes at once, so that flow control sees it."""

# The protocol machine reports every broken handshake; what a stranger sends is not this server's
# trouble.
_QUIET: Final = logging.getLogger("purreal.serve.wire")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False


class HandlesRequests(Protocol):
    """What a socket needs of the client behind it."""

    in_flight: int

    def receive(self, data: bytes) -> None: ...

    def leave(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What one client may ask of the server; counts, bytes and seconds."""

    in_flight: int = 256
    """Requests at work or in order; beyond it the socket is not read."""
    message_bytes: int = 128 * 2**20
    """As on the real server; a longer message closes the socket with code 1009."""
    handshake_seconds: float = 10.0
    closing_seconds: float = 2.0
    """How long a client may take to answer a close."""


class Host(Protocol):
    """The server a socket belongs to."""

    limits: SocketLimits

    def answer_http(self, path: str, respond: Callable[[HTTPStatus, str], None]) -> bool:
        """Answer a plain HTTP request, now or soon; False for the WebSocket's own path."""

    def connected(
        self, socket: "ClientSocket", send: Callable[[bytes], None], on_done: Callable[[], None]
    ) -> HandlesRequests: ...

    def disconnected(self, socket: "ClientSocket") -> None: ...


class ClientSocket(asyncio.Protocol):
    """Glue between asyncio's transport and the `websockets` protocol machine."""

    def __init__(self, host: Host) -> None:
        self.heard = True  # anything since the server's last look for silent clients
        self.reading = True  # False while the client has to wait; then it can't be heard either
        self._host = host
        self._wire = ServerProtocol(
            subprotocols=[_SUBPROTOCOL],
            max_size=host.limits.message_bytes,
            logger=_QUIET,
        )
        self._client: HandlesRequests | None = None
        self._messages: deque[bytes] = deque()
        self._pieces: list[bytes] = []
        self._text = False
        self._writable = True
        self._unsent_bytes = 0
        self._closing = False
        self._transport: asyncio.Transport
        self._deadline: asyncio.TimerHandle | None = None

    # --- what asyncio calls -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._abort_after(self._host.limits.handshake_seconds)

    def data_received(self, data: bytes) -> None:
        self.heard = True
        self._wire.receive_data(data)
        for event in self._wire.events_received():
            if isinstance(event, Request):
                self._shake_hands(event)
            else:
                self._on_frame(cast("Frame", event))
        self._flush()
        self._work()

    def eof_received(self) -> bool:
        self._wire.receive_eof()
        self._flush()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._messages.clear()
        if self._client is not None:
            self._client.leave()
            self._host.disconnected(self)

    def pause_writing(self) -> None:
        self._writable = False
        self._work()

    def resume_writing(self) -> None:
        self._writable = True
        self._work()

    # --- what the server calls ----------------------------------------------------------------

    def ping(self) -> None:
        """Ask for a sign of life."""
        if self._wire.state is State.OPEN:
            self._wire.send_ping(b"")
            self._flush()

    def close(self) -> None:
        """Say goodbye; the connection is cut when the client does not answer in time."""
        if self._wire.state is State.OPEN:
            self._wire.send_close(_GOING_AWAY, "the server is stopping")
            self._flush()
        else:
            self.abort()

    def abort(self) -> None:
        """Cut the connection."""
        self._transport.abort()

    # --- the rest -----------------------------------------------------------------------------

    def _shake_hands(self, request: Request) -> None:
        if self._host.answer_http(request.path.partition("?")[0], self._respond):
            return
        self._wire.send_response(self._wire.accept(request))
        if self._wire.state is State.OPEN:
            if self._deadline is not None:
                self._deadline.cancel()
            self._client = self._host.connected(self, self._send, self._work)

    def _respond(self, status: HTTPStatus, text: str) -> None:
        if not self._transport.is_closing():
            self._wire.send_response(self._wire.reject(status, text))
            self._flush()

    def _on_frame(self, frame: Frame) -> None:
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return  # pings and closes are answered by the protocol machine
        if self._client is None:
            return  # sent behind a request that was no handshake; nobody will ever read it
        if frame.opcode is not Opcode.CONT:
            self._text = frame.opcode is Opcode.TEXT
        self._pieces.append(bytes(frame.data))
        if frame.fin:
            # A text is no CBOR, whatever it spells; as no bytes at all it gets the same answer.
            self._messages.append(b"" if self._text else b"".join(self._pieces))
            self._pieces.clear()

    def _work(self) -> None:
        """Hand over messages while there is room; read the socket only when none are left."""
        client = self._client
        if client is None:
            return
        messages, limit = self._messages, self._host.limits.in_flight
        while messages and self._writable and client.in_flight < limit:
            client.receive(messages.popleft())
        wants = not messages and self._writable and client.in_flight < limit
        if wants is not self.reading and not self._transport.is_closing():
            self.reading = wants
            (self._transport.resume_reading if wants else self._transport.pause_reading)()

    def _send(self, reply: bytes) -> None:
        try:
            self._wire.send_binary(reply)
        except InvalidState:
            return  # the client said goodbye in the meantime
        # Small replies that come in one turn of the event loop leave in one write: many sessions
        # share a socket, and a system call costs as much as a small request.
        if self._unsent_bytes == 0:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent_bytes += len(reply)
        if self._unsent_bytes >= _MOST_UNSENT_BYTES:
            self._flush()

    def _flush(self) -> None:
        self._unsent_bytes = 0
        to_send = self._wire.data_to_send()
        if data := b"".join(to_send):
            self._transport.write(data)
        # An empty piece is the machine's sign for "nothing more to come".
        if b"" in to_send and self._transport.can_write_eof():
            self._transport.write_eof()
        if not self._closing and self._wire.close_expected():
            self._closing = True
            self._abort_after(self._host.limits.closing_seconds)

    def _abort_after(self, seconds: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = asyncio.get_running_loop().call_later(seconds, self._transport.abort)
