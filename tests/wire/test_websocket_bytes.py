"""What travels: a real WebSocket library serves any frames, cut anywhere; messages must come whole.

The server side is the protocol machine of the websockets library, which also checks every frame
that the client writes (masks, lengths, no rubbish).
"""

import itertools
import struct

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from purreal._frames import FrameWriter, read_header
from purreal._incoming import Incoming

CBOR = Subprotocol("cbor")
MOST_BYTES = 70_000

patient = settings(suppress_health_check=[HealthCheck.too_slow])


class Client:
    """The client's side without a socket."""

    def __init__(self) -> None:
        self.machine = ClientProtocol(
            parse_uri("ws://db/rpc"), subprotocols=[CBOR], max_size=MOST_BYTES
        )
        self.messages: list[bytes | str] = []
        self.incoming = Incoming(self.machine, MOST_BYTES, self.messages.append)
        self.machine.send_request(self.machine.connect())
        self.asked: list[bool] = []

    def written(self) -> bytes:
        return b"".join(self.machine.data_to_send())

    def take(self, data: bytes, cuts=()) -> None:
        places = [0, *sorted(cut for cut in cuts if 0 < cut < len(data)), len(data)]
        for begin, end in itertools.pairwise(places):
            if begin < end:
                self.asked.append(self.incoming.take(memoryview(data)[begin:end]))


def server_for(client: Client) -> ServerProtocol:
    """A server that has accepted the client's handshake."""
    server = ServerProtocol(subprotocols=[CBOR], max_size=2**20)
    server.receive_data(client.written())
    (request,) = server.events_received()
    server.send_response(server.accept(request))
    return server


def shaken() -> tuple[Client, ServerProtocol]:
    client = Client()
    server = server_for(client)
    client.take(b"".join(server.data_to_send()))
    client.asked.clear()
    return client, server


def served(opcode: int, data: bytes, *, fin: bool = True) -> bytes:
    return Frame(Opcode(opcode), data, fin).serialize(mask=False)


def in_pieces(opcode: Opcode, message: bytes, sizes) -> list[bytes]:
    """A message in frames of these sizes, and what is left in the last one."""
    pieces, at = [], 0
    for size in sizes:
        pieces.append(message[at : at + size])
        at += size
    pieces.append(message[at:])
    return [
        served(Opcode.CONT if index else opcode, piece, fin=index == len(pieces) - 1)
        for index, piece in enumerate(pieces)
    ]


payloads = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([0, 1, 2, 124, 125, 126, 127, 128, 65535, 65536, MOST_BYTES]).map(
        lambda size: b"x" * size
    ),
)
texts = st.text(max_size=40)
small = st.binary(max_size=125)


@st.composite
def streams(draw):
    """Frames as a server may send them, with the messages and pings in them."""
    frames, messages, pings = [], [], []
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["whole", "pieces", "text", "ping", "pong"]))
        if kind == "whole":
            message = draw(payloads)
            frames.append(served(Opcode.BINARY, message))
            messages.append(message)
        elif kind == "text":
            text = draw(texts)
            frames.append(served(Opcode.TEXT, text.encode()))
            messages.append(text)
        elif kind == "pieces":
            message = draw(st.binary(max_size=200))
            for frame in in_pieces(
                Opcode.BINARY, message, draw(st.lists(st.integers(0, 60), max_size=3))
            ):
                frames.append(frame)
                if draw(st.booleans()):  # a control frame may stand between two pieces
                    pings.append(draw(small))
                    frames.append(served(Opcode.PING, pings[-1]))
            messages.append(message)
        elif kind == "ping":
            pings.append(draw(small))
            frames.append(served(Opcode.PING, pings[-1]))
        else:
            frames.append(served(Opcode.PONG, draw(small)))
    return b"".join(frames), messages, pings


cuts = st.lists(st.integers(1, 400), max_size=12)


@patient
@given(stream=streams(), places=cuts)
def test_any_frames_cut_anywhere_give_their_messages_in_order_and_every_ping_a_pong(stream, places):
    data, messages, pings = stream
    client, server = shaken()

    client.take(data, places)
    server.receive_data(client.written())
    pongs = server.events_received()

    assert client.messages == messages
    assert [(event.opcode, event.data) for event in pongs] == [
        (Opcode.PONG, ping) for ping in pings
    ]
    assert client.machine.state is State.OPEN


@patient
@given(stream=streams())
def test_byte_by_byte_is_the_same_as_all_at_once(stream):
    data, messages, _ = stream
    client, _server = shaken()

    client.take(data[:500], range(500))
    client.take(data[500:]) if data[500:] else None

    assert client.messages == messages


@patient
@given(stream=streams(), places=cuts)
def test_frames_right_behind_the_handshake_are_not_lost(stream, places):
    data, messages, _ = stream
    client = Client()
    server = server_for(client)

    client.take(b"".join(server.data_to_send()) + data, places)

    assert client.messages == messages
    assert client.machine.state is State.OPEN


RECORDED = b"".join(
    [
        served(Opcode.BINARY, b"first"),
        served(Opcode.PING, b"still there?"),
        *in_pieces(Opcode.BINARY, b"a message in pieces", [3, 0, 7]),
        served(Opcode.BINARY, b""),
        served(Opcode.BINARY, b"y" * 126),
        served(Opcode.PONG, b""),
        served(Opcode.BINARY, b"last"),
    ]
)
RECORDED_MESSAGES = [b"first", b"a message in pieces", b"", b"y" * 126, b"last"]


@pytest.mark.parametrize("cut", range(1, len(RECORDED)))
def test_a_stream_cut_at_any_byte_is_read_the_same(cut):
    client, server = shaken()

    client.take(RECORDED, [cut])
    server.receive_data(client.written())

    assert client.messages == RECORDED_MESSAGES
    assert [event.data for event in server.events_received()] == [b"still there?"]


@pytest.mark.parametrize("cut", range(1, 140))
def test_a_handshake_cut_at_any_byte_is_accepted(cut):
    client = Client()
    server = server_for(client)
    answer = b"".join(server.data_to_send())

    client.take(answer + served(Opcode.BINARY, b"at once"), [cut, len(answer) - 1, len(answer)])

    assert client.machine.state is State.OPEN
    assert client.messages == [b"at once"]


@pytest.mark.parametrize("opcode", [Opcode.BINARY, Opcode.PING])
def test_the_rest_of_a_frame_is_not_taken_for_a_frame(opcode):
    inner = served(Opcode.BINARY, b"no message")
    client, server = shaken()

    client.take(served(opcode, b"begin" + inner), [7])
    client.take(served(Opcode.BINARY, b"behind"))
    server.receive_data(client.written())

    whole = [b"begin" + inner] if opcode is Opcode.BINARY else []
    assert client.messages == [*whole, b"behind"]
    assert len(server.events_received()) == (opcode is Opcode.PING)


def test_ordinary_replies_do_not_bother_the_protocol_machine():
    client, _server = shaken()

    for message in (b"short", b"x" * 126, b"y" * 65_536):
        client.take(served(Opcode.BINARY, message))
    client.take(served(Opcode.BINARY, b"one") + served(Opcode.BINARY, b"two"))

    assert client.asked == [False] * 4
    assert client.messages[3:] == [b"one", b"two"]


@patient
@given(
    code=st.sampled_from([1000, 1001, 1009, 1011, 1012, 3000, 4999]),
    reason=st.text(max_size=30),
    behind=st.binary(max_size=50),
    places=cuts,
)
def test_a_close_is_answered_and_what_follows_is_dropped(code, reason, behind, places):
    client, server = shaken()
    goodbye = Close(code, reason).serialize()[:125]
    try:
        Close.parse(goodbye)
    except UnicodeDecodeError:
        goodbye = Close(code, "").serialize()

    client.take(served(Opcode.BINARY, b"before") + served(Opcode.CLOSE, goodbye) + behind, places)
    server.receive_data(client.written())

    assert client.messages == [b"before"]
    assert client.machine.close_rcvd is not None
    assert client.machine.close_rcvd.code == code
    (answer,) = server.events_received()
    assert answer.opcode is Opcode.CLOSE


def length_64(size: int, first: int = 0x82) -> bytes:
    return bytes((first, 127)) + struct.pack("!Q", size)


INVALID = {
    "an opcode of nobody": (b"\x83\x00", 1002),
    "a reserved bit": (b"\xc2\x01x", 1002),
    "a masked frame": (b"\x82\x81maskx", 1002),
    "a ping in pieces": (b"\x09\x00", 1002),
    "a ping too long": (b"\x89\x7e\x00\x7e" + b"x" * 126, 1002),
    "a continuation of nothing": (b"\x80\x01x", 1002),
    "a message within a message": (b"\x02\x01x\x82\x01y", 1002),
    "one byte over the limit": (length_64(MOST_BYTES + 1), 1009),
    "longer than the memory": (length_64(2**63 + 5), 1009),
    "pieces over the limit": (
        length_64(MOST_BYTES, first=0x02) + b"x" * MOST_BYTES + b"\x80\x01x",
        1009,
    ),
    "a close of one byte": (b"\x88\x01x", 1002),
    "a close code of nobody": (b"\x88\x02" + struct.pack("!H", 1005), 1002),
    "a close reason that is no text": (b"\x88\x03" + struct.pack("!H", 1000) + b"\xff", 1007),
}


@pytest.mark.parametrize(("data", "code"), INVALID.values(), ids=INVALID.keys())
@pytest.mark.parametrize("cut", [0, 1, 2, 3, 9])
def test_an_invalid_frame_ends_the_connection_with_the_right_code(data, code, cut):
    client, server = shaken()

    client.take(served(Opcode.BINARY, b"before") + data, [8 + cut])
    client.take(served(Opcode.BINARY, b"behind"))
    server.receive_data(client.written())

    assert client.messages == [b"before"]
    assert client.machine.parser_exc is not None
    (goodbye,) = server.events_received()
    assert Close.parse(goodbye.data).code == code


@patient
@given(data=st.binary(min_size=1, max_size=300), places=cuts)
@example(data=b"\x82", places=[])
def test_rubbish_is_judged_as_the_library_judges_it(data, places):
    client, _server = shaken()
    judge = ClientProtocol(parse_uri("ws://db/rpc"), state=State.OPEN, max_size=MOST_BYTES)
    data += bytes(8)  # the library judges half a header, this client waits for the whole

    client.take(data, places)
    judge.receive_data(data)
    whole = messages_of(judge.events_received())

    assert client.messages == whole
    assert str(client.machine.parser_exc) == str(judge.parser_exc)
    assert client.machine.close_rcvd == judge.close_rcvd


def messages_of(events) -> list[bytes | str]:
    messages, pieces, text = [], [], False
    for event in events:
        if event.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            continue
        text = event.opcode is Opcode.TEXT if event.opcode is not Opcode.CONT else text
        pieces.append(bytes(event.data))
        if event.fin:
            message = b"".join(pieces)
            messages.append(message.decode("utf-8", "replace") if text else message)
            pieces = []
    return messages


@patient
@given(messages=st.lists(payloads, min_size=1, max_size=5))
def test_written_frames_are_what_a_server_reads(messages):
    _client, server = shaken()
    writer = FrameWriter()

    server.receive_data(b"".join(writer.frame(message) for message in messages))

    assert [bytes(event.data) for event in server.events_received()] == messages
    assert server.parser_exc is None


def test_each_frame_has_a_mask_of_its_own():
    writer = FrameWriter()

    masks = {writer.frame(b"")[2:6] for _ in range(1000)}

    assert len(masks) > 990


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_a_header_is_read_as_soon_as_it_is_whole_and_not_before(size):
    frame = served(Opcode.BINARY, b"x" * size)
    head = len(frame) - size

    for have in range(head):
        assert read_header(bytearray(b"??" + frame[:have]), 2) is None
    header = read_header(bytearray(b"??" + frame[:head]), 2)

    assert header == (0x82, False, 2 + head, size)
