"""The fake server speaks enough of SurrealDB for a connection, and tells the truth about itself."""

import asyncio
import os
import random
import signal
import statistics
import sys

import pytest
from surrealdb import errors

from purreal._connector import WebSocketConnector
from purreal._credentials import Credentials
from purreal._errors import AuthenticationFailed, ConnectionLost, RequestTimeout, Unreachable
from purreal.testing import (
    Constant,
    Empirical,
    Exponential,
    FakeServer,
    LogNormal,
    Stall,
    Uniform,
    parse_latency,
)


async def connect(server, password=None, **parameters):
    credentials = Credentials("root", password) if password else None
    connector = WebSocketConnector(
        server.url, credentials=credentials, namespace="n", database="d", **parameters
    )
    return await connector.connect()


async def test_a_connection_signs_in_queries_and_resets():
    async with FakeServer(password="pw") as server:
        connection = await connect(server, "pw")

        await connection.check()
        reply = await connection.request("query", ["RETURN 1; RETURN 2", {}])
        await connection.request("let", ["a", 1])
        await connection.reset()
        transaction = await connection.request("begin", [])
        await connection.request("commit", [transaction])
        await connection.close()

    assert [statement["status"] for statement in reply] == ["OK", "OK"]
    assert server.sign_ins == 1
    assert server.requests["query"] == len(server.samples) == 1
    assert (server.connections, server.peak_connections, server.total_connections) == (0, 1, 1)


async def test_wrong_passwords_and_anonymous_queries_are_refused():
    async with FakeServer(password="pw") as server:
        with pytest.raises(AuthenticationFailed):
            await connect(server, "wrong")
        anonymous = await connect(server)
        with pytest.raises(errors.NotAllowedError, match="Anonymous"):
            await anonymous.request("query", ["RETURN 1"])
        await anonymous.close()


async def test_tokens_can_be_forgotten_as_by_a_restarted_server():
    async with FakeServer(password="pw") as server:
        connection = await connect(server, "pw")
        server.accounts.forget_tokens()

        await connection.reset()
        await connection.close()

    assert server.sign_ins == 2


async def test_unknown_methods_and_rubbish_are_answered_as_the_real_server_does():
    async with FakeServer() as server:
        connection = await connect(server)
        with pytest.raises(errors.NotFoundError, match="Method not found"):
            await connection.request("levitate", [])
        with pytest.raises(errors.ValidationError):
            await connection.request("authenticate", [])
        await connection.close()


async def test_sessions_are_attached_unless_it_has_none_as_older_servers():
    async with FakeServer() as server, FakeServer(sessions=False) as older:
        for each, lends, sockets in ((server, "session", 1), (older, "connection", 3)):
            connector = WebSocketConnector(each.url, lend="auto")
            connections = [await connector.connect() for _ in range(3)]
            assert (connector.lends, each.connections) == (lends, sockets)
            for connection in connections:
                await connection.close()
        plain = await connect(older)
        for method in ("attach", "detach", "sessions"):
            with pytest.raises(errors.NotFoundError, match="Method not found"):
                await plain.call(method, [])
        await plain.close()

    assert (server.requests["attach"], server.requests["detach"]) == (3, 2)


async def test_each_reply_names_the_simulated_time_and_the_samples_hold_it():
    async with FakeServer(Uniform(0.0001, 0.0003), seed=5) as server:
        connection = await connect(server)
        replies = [await connection.request("query", ["RETURN 1"]) for _ in range(5)]
        await connection.close()

    named = [float(reply[0]["time"].removesuffix("ms")) / 1000 for reply in replies]
    assert named == pytest.approx(list(server.samples), abs=1e-8)
    expected = random.Random(5)
    assert server.samples[0] == expected.uniform(0.0001, 0.0003)


async def test_answers_come_from_the_function_that_was_given():
    async with FakeServer(respond=lambda text, variables: [variables["x"]]) as server:
        connection = await connect(server)
        reply = await connection.request("query", ["RETURN $x", {"x": [1, None]}])
        await connection.close()

    assert reply[0]["result"] == [1, None]


async def test_errors_and_drops_come_as_often_as_asked_for():
    async with FakeServer(error_ratio=1.0) as server:
        connection = await connect(server)
        failed = await connection.request("query", ["RETURN 1"])
        server.error_ratio, server.drop_ratio = 0.0, 1.0
        with pytest.raises(ConnectionLost):
            await connection.request("query", ["RETURN 1"])

    assert failed[0]["status"] == "ERR"
    assert (server.errors, server.drops) == (1, 1)


async def test_a_stall_holds_answers_back_and_lets_go():
    stall = Stall(every_seconds=1.0, seconds=0.25)

    assert [stall.remaining(at) for at in (0.0, 0.9, 1.0, 1.1, 1.3, 2.2)] == pytest.approx(
        [0.0, 0.0, 0.25, 0.15, 0.0, 0.05]
    )
    async with FakeServer(stall=Stall(every_seconds=1e-9, seconds=3600.0)) as server:
        with pytest.raises(Unreachable, match="did not answer"):
            await connect(server, connect_timeout=0.1)


async def test_refused_and_dropped_connections_come_back_on_the_same_port():
    async with FakeServer() as server:
        url = server.url
        connection = await connect(server)
        server.refuse_connections()
        await connection.check()
        with pytest.raises(Unreachable, match="nothing listens"):
            await connect(server)
        lost = asyncio.Event()
        connection.on_lost = lost.set
        server.drop_connections()
        await lost.wait()

        await server.listen()
        again = await connect(server)
        await again.close()

        assert server.url == url


async def test_a_silent_server_is_a_timeout_of_the_request():
    async with FakeServer(Constant(3600.0)) as server:
        connection = await connect(server)
        with pytest.raises(RequestTimeout):
            await connection.request("query", ["RETURN 1"], timeout=0.01)
        assert connection.in_flight == 1
        connection.abort()


@pytest.mark.parametrize(
    ("text", "latency"),
    [
        ("constant:2ms", Constant(0.002)),
        ("constant:0", Constant(0.0)),
        ("uniform:100us,1s", Uniform(0.0001, 1.0)),
        ("exponential:2ms", Exponential(0.002)),
        ("lognormal:1.5ms,0.5", LogNormal(0.0015, 0.5)),
        ("empirical:1ms,9ms", Empirical((0.001, 0.009))),
    ],
)
def test_latencies_are_read_from_text(text, latency):
    parsed = parse_latency(text)

    assert type(parsed) is type(latency)
    assert vars_of(parsed) == pytest.approx(vars_of(latency))


def vars_of(latency):
    values = [getattr(latency, name) for name in latency.__slots__]
    return list(values[0]) if isinstance(values[0], tuple) else values


@pytest.mark.parametrize("text", ["2ms", "uniform:1ms", "constant:2", "gamma:1ms", "empirical:"])
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match=r"latency|duration"):
        parse_latency(text)


@pytest.mark.parametrize(
    ("latency", "centre"),
    [
        (Constant(0.002), 0.002),
        (Uniform(0.001, 0.003), 0.002),
        (Exponential(0.002), 0.002 * 0.6931),
        (LogNormal(0.002, 0.5), 0.002),
        (Empirical((0.001, 0.002, 0.009)), 0.002),
    ],
)
def test_samples_have_the_median_that_the_distribution_says(latency, centre):
    seeded = random.Random(1)

    samples = [latency.sample(seeded) for _ in range(4000)]

    assert statistics.median(samples) == pytest.approx(centre, rel=0.1)


async def test_it_runs_alone_says_when_it_is_ready_and_ends_on_sigterm(tmp_path):
    password = tmp_path / "password"
    password.write_text("pw\n")
    samples = tmp_path / "samples"
    options = ["--bind", "127.0.0.1:0", "--latency", "constant:1us", "--samples", str(samples)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "purreal.testing",
        *options,
        "--password-file",
        str(password),
        stdout=asyncio.subprocess.PIPE,
        env=dict(os.environ),
    )
    ready = (await process.stdout.readline()).decode()
    url = ready.split()[-1]

    connector = WebSocketConnector(url, credentials=Credentials("root", "pw"))
    connection = await connector.connect()
    await connection.request("query", ["RETURN 1"])
    await connection.close()
    process.send_signal(signal.SIGTERM)
    await process.wait()

    assert ready.startswith("fake server ready on ws://127.0.0.1:")
    assert process.returncode == 0
    assert samples.read_text() == "1e-06\n"
