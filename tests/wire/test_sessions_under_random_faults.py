"""Sessions on scripted sockets under random faults: what is attached is what is used, always."""

import asyncio
import contextlib
import random

import pytest

from purreal.testing import SILENCE, Answer, ScriptedServer, Step, fails
from tests.wire.sessions_in_sight import make_connector, session_of

pytestmark = pytest.mark.looptime

LONG = Answer([{"status": "OK", "result": "x" * 300_000, "time": "1ms"}], after=0.02)
REFUSED = fails(ConnectionRefusedError("refused"))
REFUSAL = Answer(error={"code": -32000, "kind": "Internal", "message": "no"})


def random_answers(rng):
    kinds = [Answer(), Answer(after=0.05), LONG, REFUSAL, SILENCE]
    return rng.choices(kinds, weights=[60, 20, 5, 5, 1], k=300)


async def use(connector, rng, living):
    """Live through a few sessions, each ended in one way or another."""
    for _ in range(8):
        with contextlib.suppress(Exception):
            connection = await connector.connect()
            living.add(connection)
            try:
                for _ in range(rng.randrange(6)):
                    await connection.request("query", ["RETURN 1"], timeout=0.5)
                    if rng.random() < 0.3:
                        await connection.request("let", ["a", 1])
                    if connection.dirty:
                        await connection.reset()
            finally:
                living.discard(connection)
                if rng.random() < 0.5:
                    connection.abort()
                else:
                    try:
                        await connection.close()
                    finally:
                        connection.abort()
        await asyncio.sleep(rng.random() / 20)


async def disturb(server, tasks, rng):
    while not all(task.done() for task in tasks):
        await asyncio.sleep(rng.random() / 10)
        if rng.random() < 0.5:
            rng.choice(tasks).cancel()
        open_ = [transport for transport in server.transports if not transport.ended]
        if open_ and rng.random() < 0.1:
            rng.choice(open_).lose()


@pytest.mark.parametrize("most_sessions", [None, 3])
@pytest.mark.parametrize("seed", range(8))
async def test_no_session_is_left_and_none_is_lent_that_the_server_does_not_have(
    seed, most_sessions
):
    rng = random.Random(seed)
    server = ScriptedServer(most_sessions)
    server.script(
        # The first two are those of the keepers.
        opening=(Step(0.0), Step(0.0), *rng.choices([Step(0.0), Step(0.03), REFUSED], k=200)),
        sending=tuple(rng.choices([Step(0.0), Step(0.02)], k=500)),
    )
    connector = make_connector(
        server, namespace="n", database="d", connect_timeout=1.0, request_timeout=1.0
    )
    living = set()
    keepers = [await connector.connect() for _ in range(4)]  # sockets stay open for them
    for method in ("query", "attach", "reset", "use"):
        server.answer(method, *random_answers(rng))
    tasks = [asyncio.create_task(use(connector, rng, living)) for _ in range(30)]

    disturbance = asyncio.create_task(disturb(server, tasks, rng))
    for _ in range(20):
        await asyncio.sleep(0.05)
        names = set().union(*(each.attached for each in server.transports if not each.ended))
        lent = {session_of(each) for each in living if each.usable}
        assert lent <= names
    await asyncio.wait([*tasks, disturbance])
    await asyncio.sleep(5)

    assert server.attached == sum(keeper.usable for keeper in keepers)
    for keeper in keepers:
        await keeper.close()
    await asyncio.sleep(0.001)
    assert (server.attached, server.open, connector.sockets) == (0, 0, 0)
    for method in ("query", "attach", "reset", "use"):
        server.answer(method)
    server.script()
    again = await asyncio.gather(*(connector.connect() for _ in range(10)))
    assert all(connection.usable for connection in again)
    assert asyncio.all_tasks() == {asyncio.current_task()}
