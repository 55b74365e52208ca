"""The receiver over real HTTP on loopback: what it takes, and what it refuses."""

import asyncio
import gzip
import json
import logging
import socket

import pytest

from purreal_operator.receiver.plan import Instruction
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.receiver.server import Ports, Receiver, ReceiverFailed
from purreal_runner.otlp.identity import trace_of
from purreal_runner.pod.coordination import OperatorSays, Order, RunnerState
from tests.receiver.sending import (
    RUN,
    TOKEN,
    FakeStore,
    SentSpan,
    metrics,
    pods_parts,
    room_plan,
    says,
    spans_message,
)

READY, RUNNING = RunnerState.READY, RunnerState.RUNNING
PROTOBUF = {"Content_Type": "application/x-protobuf"}


def reasons(bench, run=RUN):
    return {str(reason): count for reason, count in bench.rooms.view(run).refusals.items()}


async def test_a_runner_asks_and_is_answered(bench):
    assert (await bench.ask(says(READY)))[0] == 200
    bench.rooms.instruct(RUN, Instruction(drain=True))
    status, body = await bench.ask(says(READY))
    assert OperatorSays.model_validate_json(body).order is Order.DRAIN
    assert status == 200
    assert bench.receiver.stats()["questions", ""] == 2


@pytest.mark.parametrize(
    ("request_of", "status", "reason"),
    [
        ({"token": "guess"}, 401, "WrongToken"),
        ({"token": None}, 401, "WrongToken"),
        ({"run": "uid-9", "token": None}, 401, None),
        ({"token": "token-of-2"}, 403, "WrongRun"),
        ({"index": 3}, 404, "UnknownIndex"),
        ({"index": "first"}, 404, "UnknownIndex"),
        ({"run": "uid-9", "token": "guess"}, 503, None),
        ({"run": "uid-9"}, 403, None),
    ],
)
async def test_a_question_that_is_refused_changes_nothing(bench, request_of, status, reason):
    bench.rooms.open(room_plan("uid-2", "token-of-2"))
    given, body = await bench.ask(says(READY), **request_of)
    assert given == status
    assert TOKEN.encode() not in body
    assert not bench.rooms.view(RUN).runners
    assert reasons(bench) == ({reason: 1} if reason else {})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"podUid": "p"}',
        b'{"podUid": "p", "state": "Asleep"}',
        b'{"podUid": "p", "state": "Running", "runningForSeconds": Infinity}',
        b'{"podUid": "p", "state": "Ready", "order": "Start"}',
        b"\xff\xfe",
    ],
)
async def test_a_malformed_question_is_refused(bench, body):
    status, _, _ = await bench.post(f"/v1/runs/{RUN}/runners/0", body)
    assert status == 400
    assert reasons(bench) == {"Malformed": 1}
    assert not bench.rooms.view(RUN).runners


async def test_a_question_that_is_too_long_is_refused(bench):
    status, _, _ = await bench.post(f"/v1/runs/{RUN}/runners/0", b" " * 70_000)
    assert status == 413
    assert reasons(bench) == {"TooLarge": 1}


async def test_other_paths_and_methods_are_nowhere(bench):
    async with bench.session.get(f"{bench.address}/v1/metrics") as response:
        assert response.status == 405
    assert (await bench.post("/metrics", b""))[0] == 404


async def test_parts_come_into_the_room(bench):
    assert await bench.send(metrics(pods_parts(0, 10))) == 200
    assert await bench.send(metrics(pods_parts(1, 5), index=1, pod="pod-b"), gzipped=False) == 200
    assert bench.rooms.view(RUN).live.counts.issued == 30


@pytest.mark.parametrize(
    ("body", "token", "status", "reason"),
    [
        (metrics(pods_parts()), "guess", 401, "WrongToken"),
        (metrics(pods_parts()), "token-of-2", 403, "WrongRun"),
        (metrics(pods_parts(3), index=3), TOKEN, 404, "UnknownIndex"),
        (metrics(pods_parts(1), index=0), TOKEN, 400, "LayoutMismatch"),
        (metrics(pods_parts())[:-7], TOKEN, 400, "Malformed"),
        (b"", TOKEN, 400, "Malformed"),
        (b"\xff" * 100, TOKEN, 400, "Malformed"),
        (b"\x00" * 5_000_000, TOKEN, 413, "TooLarge"),
    ],
)
async def test_parts_that_are_refused_change_nothing(bench, body, token, status, reason):
    bench.rooms.open(room_plan("uid-2", "token-of-2"))
    assert await bench.send(body, token=token) == status
    assert bench.rooms.view(RUN).live is None
    assert reasons(bench) == {reason: 1}


async def test_the_run_of_the_token_and_the_run_in_the_body_must_be_the_same(bench):
    assert await bench.send(metrics(pods_parts(), run="uid-9")) == 403
    assert bench.rooms.view(RUN).live is None


async def test_telemetry_of_a_run_that_is_not_known_yet_may_be_sent_again(bench):
    assert await bench.send(metrics(pods_parts(), run="uid-9"), token="of-9") == 503


async def test_parts_of_another_layout_are_refused_and_reported(bench):
    key = b"purreal.part.version"
    body = metrics(pods_parts()).replace(key + b"\x12\x02\x18\x01", key + b"\x12\x02\x18\x02")
    assert await bench.send(body) == 400
    view = bench.rooms.view(RUN)
    assert view.live is None
    assert "version 2" in view.mismatches[0]


async def test_a_large_body_is_refused_by_its_head(bench):
    status, _, _ = await bench.post("/v1/metrics", b"\x00" * 4_300_000, **PROTOBUF)
    assert status == 413
    assert reasons(bench) == {"TooLarge": 1}


async def test_a_gzip_bomb_is_refused_without_being_unpacked(bench):
    bomb = gzip.compress(gzip.compress(b"\x00" * 50_000_000))
    status, _, _ = await bench.post(
        "/v1/metrics", gzip.decompress(bomb), Content_Encoding="gzip", **PROTOBUF
    )
    assert status == 413
    assert reasons(bench) == {"TooLarge": 1}


@pytest.mark.parametrize(
    "body", [b"no gzip", gzip.compress(b"whole", mtime=0)[:-3], gzip.compress(b"", mtime=0) * 2]
)
async def test_what_is_not_one_whole_gzip_stream_is_refused(bench, body):
    status, _, _ = await bench.post("/v1/metrics", body, Content_Encoding="gzip", **PROTOBUF)
    assert status == 400
    assert reasons(bench) == {"Malformed": 1}


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Type": "application/json"},
        {"Content_Encoding": "br", **PROTOBUF},
    ],
)
async def test_only_protobuf_is_taken(bench, headers):
    assert (await bench.post("/v1/metrics", metrics(pods_parts()), **headers))[0] == 415
    assert reasons(bench) == {"Unsupported": 1}


async def test_a_run_that_sends_too_much_is_told_to_wait(bench):
    answers = [await bench.post(f"/v1/runs/{RUN}/runners/0", b"{}") for _ in range(200)]
    statuses = [status for status, _, _ in answers]
    assert set(statuses) == {400, 429}
    limited = next(headers for status, _, headers in answers if status == 429)
    assert limited["Retry-After"] == "2"


async def test_strangers_are_read_only_so_often(start):
    bench = await start(strangers_per_second=2.0)
    body = metrics(pods_parts())
    statuses = [await bench.send(body, token="guess") for _ in range(10)]
    assert statuses[:2] == [401, 401]
    assert 429 in statuses
    assert await bench.send(body) == 200


async def test_a_final_export_is_acknowledged_once_it_is_stored(bench):
    body = metrics(pods_parts(), final=True)
    assert await bench.send(body) == 200
    assert bench.store.kept == {0: ("pod-a", body)}
    assert bench.rooms.view(RUN).stored == {0}
    assert await bench.send(body) == 200
    assert bench.receiver.stats()["finals", "already"] == 1


async def test_a_final_export_that_could_not_be_stored_may_be_sent_again(bench, caplog):
    bench.store.fails = True
    body = metrics(pods_parts(), final=True)
    status, _, headers = await bench.post("/v1/metrics", body, **PROTOBUF)
    assert (status, headers["Retry-After"]) == (503, "2")
    view = bench.rooms.view(RUN)
    assert (view.stored, view.live) == (frozenset(), None)
    assert "s3cret" not in caplog.text
    bench.store.fails = False
    assert await bench.send(body) == 200
    assert bench.rooms.view(RUN).stored == {0}


async def test_a_final_export_that_never_can_be_stored_is_refused_for_good(bench):
    bench.store.never = "the result of runner 0 has 901 KiB"

    status, words, headers = await bench.post(
        "/v1/metrics", metrics(pods_parts(), final=True), **PROTOBUF
    )

    assert (status, words) == (422, b"Unstorable: the result of runner 0 has 901 KiB\n")
    assert "Retry-After" not in headers
    assert reasons(bench) == {"Unstorable": 1}
    assert bench.rooms.view(RUN).stored == frozenset()


async def test_storing_that_takes_too_long_is_given_up(start):
    bench = await start(store_seconds=0.05)
    bench.store.hangs = True
    assert await bench.send(metrics(pods_parts(), final=True)) == 503
    assert bench.rooms.view(RUN).stored == frozenset()


async def test_of_two_pods_with_one_index_the_first_final_export_counts(bench):
    bench.store.kept[0] = ("pod-b", b"earlier")
    assert await bench.send(metrics(pods_parts(), final=True)) == 409
    assert reasons(bench) == {"Duplicate": 1}
    assert bench.rooms.view(RUN).live is None


async def test_a_pod_that_came_too_late_can_export_nothing(bench):
    bench.rooms.instruct(RUN, Instruction(started=True))
    await bench.ask(says(RUNNING, "pod-a"))
    assert json.loads((await bench.ask(says(READY, "pod-b")))[1])["order"] == "TooLate"
    assert await bench.send(metrics(pods_parts(), pod="pod-b", final=True)) == 409
    assert not bench.store.kept


async def test_spans_of_the_run_become_traces(bench):
    root = trace_of(RUN).span_id
    spans = [SentSpan("operation", 1, root, 0, 10_000_000), SentSpan("query", 2, 1, 10, 20)]
    body = spans_message([*spans, SentSpan("stray", 3, root, 0, 99, trace_id=7)])
    assert await bench.send(body.SerializeToString(), "traces") == 200
    [trace] = bench.rooms.view(RUN).traces
    assert [span.name for span in trace.spans] == ["operation", "query"]
    assert trace.trace_id == trace_of(RUN).trace_hex


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ({"index": None}, 400),
        ({"run": "uid-9"}, 403),
        ({"index": 7}, 404),
    ],
)
async def test_spans_that_are_refused_change_nothing(bench, message, status):
    spans = [SentSpan("operation", 1, trace_of(RUN).span_id, 0, 10)]
    body = spans_message(spans, **message).SerializeToString()
    assert await bench.send(body, "traces") == status
    assert not bench.rooms.view(RUN).traces


async def test_a_refusal_is_logged_once_a_minute_and_without_secrets(bench, caplog):
    caplog.set_level(logging.DEBUG)
    for _ in range(5):
        await bench.ask(says(READY, "secret-pod"), token="guessed-secret")
    lines = [record for record in caplog.records if "WrongToken" in record.getMessage()]
    assert len(lines) == 1
    assert "secret" not in caplog.text
    assert reasons(bench) == {"WrongToken": 5}


async def test_connections_beyond_the_limit_are_closed(start):
    bench = await start(connections=2)
    held = [await asyncio.open_connection("127.0.0.1", bench.receiver.http_port) for _ in "ab"]
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.receiver.http_port)
    assert await reader.read() == b""
    for _, each in (*held, (reader, writer)):
        each.close()
        await each.wait_closed()


async def test_a_connection_that_says_nothing_is_closed(start):
    bench = await start(first_request_seconds=0.01)
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.receiver.http_port)
    writer.write(b"POST /v1/metrics HTTP/1.1\r\n")
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_a_body_that_does_not_come_is_given_up(start):
    bench = await start(body_seconds=0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.receiver.http_port)
    head = f"POST /v1/runs/{RUN}/runners/0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
    writer.write(head.encode() + b"Content-Length: 10\r\n\r\n{")
    assert b"408" in await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert reasons(bench) == {"TooSlow": 1}


async def test_a_body_in_broken_chunks_is_refused(bench):
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.receiver.http_port)
    head = f"POST /v1/runs/{RUN}/runners/0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
    writer.write(head.encode() + b"Transfer-Encoding: chunked\r\n\r\nno number\r\n")
    assert b" 400 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert not bench.rooms.view(RUN).runners


async def test_who_hangs_up_amid_a_body_changes_nothing(bench, caplog):
    _, writer = await asyncio.open_connection("127.0.0.1", bench.receiver.http_port)
    head = f"POST /v1/runs/{RUN}/runners/0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
    writer.write(head.encode() + b"Content-Length: 10\r\n\r\n{")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await bench.ask(says(READY), 1))[0] == 200
    assert set(bench.rooms.view(RUN).runners) == {1}
    assert "Traceback" not in caplog.text


async def test_a_run_that_a_body_names_is_no_text_for_the_log(bench, caplog):
    assert await bench.send(metrics(pods_parts(), run="uid-9\nforged line")) == 403
    assert "forged line" not in caplog.text
    assert reasons(bench) == {"WrongRun": 1}


async def test_it_is_alive_between_start_and_stop(bench):
    assert bench.receiver.alive()
    assert not bench.receiver.alive(within_seconds=-1.0)
    await asyncio.to_thread(bench.receiver.stop)
    assert not bench.receiver.alive()


async def test_a_port_that_is_taken_is_said(bench):
    receiver = Receiver(
        Rooms(), FakeStore().opened, ports=Ports(bench.receiver.http_port, 0, "127.0.0.1")
    )
    with pytest.raises(ReceiverFailed, match="already in use"):
        receiver.start()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        probe.listen()
        taken = Ports(0, probe.getsockname()[1], "127.0.0.1")
        with pytest.raises(ReceiverFailed, match="could not start"):
            Receiver(Rooms(), FakeStore().opened, ports=taken).start()
