"""Owns how received bytes become messages, from the handshake on; does no I/O.

Nearly all that a SurrealDB server sends are whole binary messages, one in each frame. Those are
taken here; the rest (handshake, pieces of messages, pings, closes, whatever is wrong) goes to the
protocol machine of the websockets library, byte for byte.
"""

from __future__ import annotations

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from purreal._frames import TWO_BYTES, WHOLE_MESSAGE, Header, read_header
from purreal._transport import OnMessage

_END_OF_HEAD = b"\r\n\r\n"


class Incoming:
    """The messages in one client's bytes.

    Args:
        machine: a protocol machine in the state CONNECTING, its request sent.
        most_bytes: a longer message is left to the machine, which has a limit as well.
        on_message: takes each message.
    """

    __slots__ = (
        "_foreign",
        "_is_in_pieces",
        "_is_text",
        "_machine",
        "_most_bytes",
        "_on_message",
        "_pieces",
        "_rest",
        "_shaken",
        "_usual",
    )

    def __init__(self, machine: ClientProtocol, most_bytes: int, on_message: OnMessage) -> None:
        self._machine = machine
        self._most_bytes = most_bytes
        self._on_message = on_message
        self._rest = bytearray()  # bytes that were neither delivered nor given to the machine yet
        self._shaken = 0  # of those, during the handshake: how many the machine has got already
        self._foreign = 0  # bytes that a frame still lacks of which the machine has got a part
        self._is_in_pieces = False  # a message of several frames is under way
        self._is_text = False
        self._pieces: list[bytes] = []
        self._usual = False  # the next byte begins a frame that may be a whole message

    def take(self, data: memoryview) -> bool:
        """Take what came in, at least one byte, and deliver the messages that it completes.

        Returns:
            Whether the machine had a part in it: it may have something to send now, may have
            finished the handshake, or have come to an end.
        """
        if self._usual:
            taken = self._deliver(data.tobytes())
            if taken == len(data):
                return False
            data = data[taken:]
        self._rest += data
        asked = False
        if self._machine.state is State.CONNECTING:
            self._shake_hands()
            asked = True
        asked |= self._route()
        self._usual = (
            self._machine.state is State.OPEN
            and not self._rest
            and not self._foreign
            and not self._is_in_pieces
        )
        return asked

    def _deliver(self, data: bytes) -> int:
        """Deliver the whole messages at the beginning; return how many bytes those were.

        Only the quick way through what comes nearly always: what it leaves `_route` understands.
        """
        size, most, on_message = len(data), self._most_bytes, self._on_message
        at = 0
        while size - at > 1 and data[at] == WHOLE_MESSAGE:
            begin, length = at + 2, data[at + 1]
            if length == TWO_BYTES and size >= begin + 2:
                length = data[begin] << 8 | data[begin + 1]
                begin += 2
            elif length >= TWO_BYTES:
                break
            end = begin + length
            if end > size or length > most:
                break
            on_message(data[begin:end])
            at = end
        return at

    def _shake_hands(self) -> None:
        # No byte behind the head of the answer may get into the machine: which of them make a
        # frame, and how many that one lacks, is counted here.
        end = self._rest.find(_END_OF_HEAD, max(0, self._shaken - len(_END_OF_HEAD) + 1))
        upto = len(self._rest) if end < 0 else end + len(_END_OF_HEAD)
        self._machine.receive_data(self._rest[self._shaken : upto])
        self._shaken = upto
        if self._machine.state is State.OPEN:
            self._machine.events_received()  # the answer itself
            del self._rest[:upto]
        elif end >= 0 or self._machine.handshake_exc is not None:
            # Some other answer: how long it is knows the machine.
            self._machine.receive_data(self._rest[upto:])
            self._shaken = len(self._rest)

    def _route(self) -> bool:
        """Deliver the whole messages, and give the machine the frames of other kinds."""
        rest, at, asked = self._rest, 0, False
        while self._machine.state is State.OPEN and at < len(rest):
            if not self._foreign:
                header = read_header(rest, at)
                if header is None:
                    break
                if self._is_whole(header):
                    end = header.payload + header.size
                    if end > len(rest):
                        break
                    self._on_message(memoryview(rest)[header.payload : end].tobytes())
                    at = end
                    continue
                self._foreign = header.payload - at + header.size
            part = rest[at : at + self._foreign]
            self._foreign -= len(part)
            at += len(part)
            self._ask_machine(part)
            asked = True
        del rest[:at]
        if rest and self._machine.state in (State.CLOSING, State.CLOSED):
            self._ask_machine(rest)
            rest.clear()
            asked = True
        return asked

    def _is_whole(self, header: Header) -> bool:
        return (
            header.first == WHOLE_MESSAGE
            and not header.masked
            and not self._is_in_pieces
            and header.size <= self._most_bytes
        )

    def _ask_machine(self, data: bytearray) -> None:
        self._machine.receive_data(data)
        for event in self._machine.events_received():
            if isinstance(event, Frame) and event.opcode in (
                Opcode.TEXT,
                Opcode.BINARY,
                Opcode.CONT,
            ):
                self._add_piece(event)

    def _add_piece(self, frame: Frame) -> None:
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        self._pieces.append(bytes(frame.data))
        self._is_in_pieces = not frame.fin
        if frame.fin:
            message = b"".join(self._pieces)
            self._pieces.clear()
            # No reply of SurrealDB is text: whoever gets it wants to see what it was, at most.
            self._on_message(message.decode("utf-8", "replace") if self._is_text else message)
