"""One WebSocket on a real socket: writes together, flow control, signs of life, and every end."""

import asyncio
import socket as sockets
import struct

import pytest
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from purreal import _keeper
from purreal._keeper import Keeper
from purreal._transport import Abandoned, NotWritten, TransportEnded, describe_end
from purreal._websockets import WebSockets

CBOR = Subprotocol("cbor")


class Peer(asyncio.Protocol):
    """A server's side that only shakes hands; what comes later is noted, read by read."""

    def __init__(self) -> None:
        self.machine = ServerProtocol(subprotocols=[CBOR])
        self.reads: list[list[bytes]] = []
        self.pings = 0
        self.answers = True

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.machine.receive_data(data)
        messages = []
        for event in self.machine.events_received():
            if not isinstance(event, Frame):
                self.machine.send_response(self.machine.accept(event))
            elif event.opcode is Opcode.BINARY:
                messages.append(bytes(event.data))
            elif event.opcode is Opcode.PING:
                self.pings += 1
        if messages:
            self.reads.append(messages)
        written = b"".join(self.machine.data_to_send())
        if self.answers:
            self.transport.write(written)

    def say(self, data: bytes) -> None:
        self.transport.write(Frame(Opcode.BINARY, data).serialize(mask=False))

    @property
    def messages(self) -> list[bytes]:
        return [message for read in self.reads for message in read]


class Wire:
    """A transport, its peer, and what the transport told."""

    def __init__(self, transport, peer, messages, ends):
        self.transport, self.peer = transport, peer
        self.messages, self.ends = messages, ends


@pytest.fixture
async def wire():
    peers: asyncio.Queue[Peer] = asyncio.Queue()

    def make_peer():
        peer = Peer()
        peers.put_nowait(peer)
        return peer

    listener = await asyncio.get_running_loop().create_server(make_peer, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    messages, ends = [], []
    transport = await WebSockets(f"ws://127.0.0.1:{port}/rpc", None).open(
        messages.append, ends.append
    )
    wire = Wire(transport, await peers.get(), messages, ends)
    yield wire
    transport.abort()
    wire.peer.transport.abort()
    listener.close()
    await listener.wait_closed()
    await until(lambda: wire.ends)


async def until(condition) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 (the operating system sends no event for this)
            await asyncio.sleep(0.001)


@pytest.fixture
def writes(wire, monkeypatch) -> list[bytes]:
    """What the client hands to the operating system, write by write."""
    written = []
    write = wire.transport._transport.write

    def spy(data):
        written.append(data)
        write(data)

    monkeypatch.setattr(wire.transport, "_transport", Spied(wire.transport._transport, spy))
    return written


class Spied:
    """A transport of asyncio whose writes are seen."""

    def __init__(self, transport, write) -> None:
        self.write = write
        self.abort = transport.abort


async def test_messages_of_one_iteration_leave_together(wire, writes):
    messages = [b"%d" % number for number in range(100)]

    await asyncio.gather(*(wire.transport.send(message) for message in messages))
    await until(lambda: len(wire.peer.messages) == 100)

    assert wire.peer.messages == messages
    assert len(writes) == 2  # the first does not wait for the others


@pytest.fixture
async def wires():
    """Many transports of one event loop, to one listener."""
    peers: list[Peer] = []

    def make_peer():
        peers.append(Peer())
        return peers[-1]

    loop = asyncio.get_running_loop()
    listener = await loop.create_server(make_peer, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    opener = WebSockets(f"ws://127.0.0.1:{port}/rpc", None)
    wires = []
    for _ in range(100):
        messages, ends = [], []
        transport = await opener.open(messages.append, ends.append)
        wires.append(Wire(transport, peers[-1], messages, ends))
    yield wires
    for wire in wires:
        wire.transport.abort()
        wire.peer.transport.abort()
    listener.close()
    await listener.wait_closed()
    await until(lambda: all(wire.ends for wire in wires))


@pytest.mark.parametrize("count", [1, 2, 32, 33, 34, 64, 65, 100])
async def test_every_message_leaves_however_many_sockets_are_written_to_at_once(wires, count):
    for turn in range(3):
        for wire in wires[:count]:
            wire.transport.write(b"%d" % turn)
            wire.transport.write(b"%d again" % turn)
        await until(
            lambda turn=turn: all(len(w.peer.messages) > 2 * turn + 1 for w in wires[:count])
        )

    expected = [b"0", b"0 again", b"1", b"1 again", b"2", b"2 again"]
    assert all(wire.peer.messages == expected for wire in wires[:count])


async def test_sockets_that_are_dropped_while_they_hold_something_keep_none_from_writing(wires):
    for wire in wires[:20]:
        wire.transport.write(b"message")
    wires[5].transport.abort()
    await until(lambda: wires[5].ends)

    others = [*wires[:5], *wires[6:20]]
    await until(lambda: all(wire.peer.messages == [b"message"] for wire in others))
    assert wires[5].peer.messages == []


async def test_a_question_after_an_answer_is_written_at_once(wire, writes):
    for number in range(3):
        await wire.transport.send(b"question")
        assert len(writes) == number + 1
        await until(lambda sent=number: len(wire.peer.reads) == sent + 1)
        wire.peer.say(b"answer")
        await until(lambda sent=number: len(wire.messages) == sent + 1)

    assert wire.peer.reads == [[b"question"]] * 3


async def test_messages_keep_their_order_when_an_answer_comes_in_between(wire):
    sent = []

    async def send_some(name):
        for number in range(50):
            message = b"%s %d" % (name, number)
            sent.append(message)
            await wire.transport.send(message)
            wire.peer.say(b"answer")
            if number % 7 == 0:
                await asyncio.sleep(0)

    await asyncio.gather(send_some(b"a"), send_some(b"b"))
    await until(lambda: len(wire.peer.messages) == 100)

    assert wire.peer.messages == sent


async def fill(wire, message=b"x" * 100_000):
    """Send until a message has to wait; return how many did not, and the task of that one."""
    wire.peer.transport.pause_reading()
    for number in range(2000):
        task = asyncio.create_task(wire.transport.send(message))
        await asyncio.sleep(0)
        if not task.done():
            return number, task
    raise AssertionError("a peer that does not read never stopped the writer")


async def test_a_peer_that_does_not_read_stops_the_writers_until_it_reads_again(wire):
    sent, first = await fill(wire)
    others = [asyncio.create_task(wire.transport.send(b"%d" % number)) for number in range(5)]
    await asyncio.wait([first, *others], timeout=0.01)
    waiting = [task for task in [first, *others] if not task.done()]

    wire.peer.transport.resume_reading()
    await asyncio.wait_for(asyncio.gather(first, *others), 5)
    await until(lambda: len(wire.peer.messages) == sent + 6)

    assert len(waiting) == 6
    assert wire.peer.messages[-5:] == [b"0", b"1", b"2", b"3", b"4"]


async def test_nothing_is_written_past_those_who_wait(wire):
    sent, first = await fill(wire)
    at_once_while_paused = wire.transport.write(b"too early")
    wire.transport.resume_writing()
    at_once_before_its_turn = wire.transport.write(b"too early")
    wire.peer.transport.resume_reading()

    await asyncio.wait_for(first, 5)
    await asyncio.wait_for(wire.transport.send(b"last"), 5)
    await until(lambda: len(wire.peer.messages) == sent + 2)

    assert (at_once_while_paused, at_once_before_its_turn) == (False, False)
    assert wire.peer.messages[-1] == b"last"
    assert b"too early" not in wire.peer.messages


async def test_a_message_that_nobody_waits_for_is_written_in_its_turn(wire):
    sent, first = await fill(wire)
    second = asyncio.create_task(wire.transport.send(b"second"))
    await asyncio.sleep(0)
    wire.transport.write_later(b"third")
    fourth = asyncio.create_task(wire.transport.send(b"fourth"))
    await asyncio.sleep(0)
    wire.transport.write_later(b"fifth")

    wire.peer.transport.resume_reading()
    await until(lambda: len(wire.peer.messages) == sent + 5)

    assert wire.peer.messages[-4:] == [b"second", b"third", b"fourth", b"fifth"]
    assert wire.transport.write(b"now") is True
    await asyncio.gather(first, second, fourth)


async def test_a_message_that_nobody_waits_for_is_written_soon_while_the_peer_reads(wire):
    wire.transport.write_later(b"soon")

    await until(lambda: wire.peer.messages)

    assert wire.peer.messages == [b"soon"]


async def test_a_message_that_nobody_waits_for_ends_with_the_socket(wire):
    problems = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
    _, first = await fill(wire)
    wire.transport.write_later(b"too late")
    behind = asyncio.create_task(wire.transport.send(b"too late as well"))
    await asyncio.sleep(0)

    wire.peer.transport.abort()
    await asyncio.wait({first, behind}, timeout=5)

    assert [type(task.exception()) for task in (first, behind)] == [NotWritten, NotWritten]
    assert describe_end(wire.ends[0]).startswith("the connection was dropped")
    wire.transport.write_later(b"much too late")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert problems == []


async def test_a_message_is_written_at_once_while_the_peer_reads(wire):
    assert wire.transport.write(b"now") is True
    await until(lambda: wire.peer.messages)

    wire.transport.abort()
    with pytest.raises(NotWritten):
        wire.transport.write(b"too late")
    assert wire.peer.messages == [b"now"]


async def test_a_writer_that_gives_up_waiting_leaves_its_turn_to_the_next(wire):
    sent, first = await fill(wire)
    second = asyncio.create_task(wire.transport.send(b"second"))
    await asyncio.sleep(0)

    first.cancel()
    await asyncio.wait({first})
    wire.peer.transport.resume_reading()
    await asyncio.wait_for(second, 5)
    await until(lambda: len(wire.peer.messages) == sent + 1)

    assert first.cancelled()
    assert wire.peer.messages[-1] == b"second"


async def test_a_turn_given_to_a_writer_that_is_cancelled_at_once_is_passed_on(wire):
    _, first = await fill(wire)
    second = asyncio.create_task(wire.transport.send(b"second"))
    await asyncio.sleep(0)

    wire.transport.resume_writing()
    first.cancel()

    await asyncio.wait_for(second, 5)
    assert first.cancelled()


async def test_writers_that_wait_fail_when_the_socket_goes(wire):
    _, first = await fill(wire)
    second = asyncio.create_task(wire.transport.send(b"second"))
    await asyncio.sleep(0)

    wire.peer.transport.abort()
    await asyncio.wait({first, second}, timeout=5)

    assert [type(task.exception()) for task in (first, second)] == [NotWritten, NotWritten]
    assert describe_end(wire.ends[0]).startswith("the connection was dropped")


async def test_a_large_message_does_not_wait_for_the_end_of_the_iteration(wire, writes):
    large = b"x" * 70_000

    await wire.transport.send(b"first")
    for _ in range(3):
        await wire.transport.send(large)
    at_once = len(writes)
    await until(lambda: len(wire.peer.messages) == 4)

    assert at_once == 4


@pytest.mark.parametrize("how", ["close", "drop", "rubbish", "abort", "reset"])
async def test_every_end_is_told_once_with_its_reason(wire, how):
    if how == "close":
        wire.peer.machine.send_close(1012, "restarting")
        wire.peer.transport.write(b"".join(wire.peer.machine.data_to_send()))
    elif how == "drop":
        wire.peer.transport.close()
    elif how == "rubbish":
        wire.peer.transport.write(b"\xc2\x00")
    elif how == "reset":
        raw = wire.peer.transport.get_extra_info("socket")
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
        wire.peer.transport.abort()
    else:
        wire.transport.abort()
    await until(lambda: wire.ends)
    await asyncio.sleep(0.01)

    (end,) = wire.ends
    assert type(end) is TransportEnded
    words = {
        "close": "the server closed it with code 1012 (restarting)",
        "drop": "the connection was dropped without a goodbye",
        "rubbish": "the server sent what is no WebSocket frame: reserved bits must be 0",
        "abort": "the connection was dropped without a goodbye",
        "reset": "the connection was dropped without a goodbye ([Errno 104] Connection reset by"
        " peer)",
    }
    assert describe_end(end) == words[how]
    with pytest.raises(NotWritten):
        await wire.transport.send(b"too late")


async def test_a_goodbye_is_said_and_the_answer_awaited(wire):
    await asyncio.wait_for(wire.transport.close(), 5)
    await until(lambda: wire.peer.transport.is_closing())

    assert wire.peer.machine.close_rcvd.code == 1000
    assert [type(end) for end in wire.ends] == [TransportEnded]


async def test_what_was_sent_in_the_same_iteration_goes_before_the_goodbye(wire):
    await wire.transport.send(b"one")
    await wire.transport.send(b"two")

    await asyncio.wait_for(wire.transport.close(), 5)
    await until(lambda: wire.peer.machine.close_rcvd is not None)

    assert wire.peer.messages == [b"one", b"two"]


async def test_a_goodbye_that_is_not_answered_ends_with_its_caller_s_patience(wire):
    wire.peer.answers = False

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await wire.transport.close()
    await until(lambda: wire.ends)

    with pytest.raises(NotWritten):
        await wire.transport.send(b"too late")


@pytest.fixture
def quick_pings(monkeypatch):
    monkeypatch.setattr(_keeper, "PING_INTERVAL_SECONDS", 0.02)


async def test_a_server_that_answers_pings_is_kept(quick_pings, wire):
    await until(lambda: wire.peer.pings >= 5)

    assert wire.ends == []


async def test_a_server_that_stopped_answering_pings_is_dropped(quick_pings, wire):
    wire.peer.answers = False

    await until(lambda: wire.ends)

    assert describe_end(wire.ends[0]) == "the server stopped answering pings"


async def test_any_message_is_a_sign_of_life(quick_pings, wire):
    wire.peer.answers = False
    for _ in range(20):
        wire.peer.say(b"busy")
        await asyncio.sleep(0.005)

    assert wire.ends == []


class Kept:
    """A socket as the keeper sees it."""

    def __init__(self) -> None:
        self.pinged_at: list[float] = []
        self.reasons: list[Exception] = []
        self.alive = True

    def ping(self):
        self.pinged_at.append(asyncio.get_running_loop().time())
        return self.alive

    def end(self, reason):
        self.reasons.append(reason)
        self.keeper.leave(self)


def keeping(*sockets_kept) -> Keeper:
    keeper = Keeper(asyncio.get_running_loop())
    for each in sockets_kept:
        each.keeper = keeper
        keeper.join(each)
    return keeper


def keeper_tasks():
    return [task for task in asyncio.all_tasks() if task.get_name() == "purreal-keeper"]


@pytest.mark.looptime
async def test_each_socket_is_pinged_in_its_own_rhythm_by_one_task():
    early, late = Kept(), Kept()
    keeper = keeping(early)
    await asyncio.sleep(7)
    late.keeper = keeper
    keeper.join(late)

    await asyncio.sleep(44)
    tasks = len(keeper_tasks())
    keeper.leave(early)
    keeper.leave(late)

    assert early.pinged_at == pytest.approx([20, 40])
    assert late.pinged_at == pytest.approx([27, 47])
    assert tasks == 1


@pytest.mark.looptime
async def test_a_socket_that_left_is_not_pinged_and_the_last_one_takes_the_task_along():
    gone, stays = Kept(), Kept()
    keeper = keeping(gone, stays)
    await asyncio.sleep(10)

    keeper.leave(gone)
    keeper.leave(gone)
    await asyncio.sleep(15)
    keeper.leave(stays)
    await asyncio.sleep(0)

    assert (gone.pinged_at, len(stays.pinged_at)) == ([], 1)
    assert keeper_tasks() == []
    assert stays.reasons == []


@pytest.mark.looptime
async def test_a_socket_that_joins_in_the_step_in_which_the_last_one_left_is_kept():
    first, second = Kept(), Kept()
    keeper = keeping(first)
    await asyncio.sleep(1)

    keeper.leave(first)
    second.keeper = keeper
    keeper.join(second)
    await asyncio.sleep(21)
    keeper.leave(second)

    assert len(second.pinged_at) == 1
    assert second.reasons == []


@pytest.mark.looptime
async def test_a_keeper_that_is_cancelled_abandons_all_its_sockets():
    kept = [Kept(), Kept()]
    keeping(*kept)
    (task,) = keeper_tasks()

    task.cancel()
    await asyncio.wait({task})

    assert [type(reason) for each in kept for reason in each.reasons] == [Abandoned, Abandoned]
