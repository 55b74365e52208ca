"""Clients are compared by programs of their own: what they did is counted, what failed left out."""

from dataclasses import replace

import pytest

from benchmarks.contestants import LEASED, POOL, TRANSPORT
from benchmarks.instant_server import find_compiler, run_instant_server
from benchmarks.machine import Cores
from benchmarks.peers import Peer
from benchmarks.results import Results
from benchmarks.throughput import Target, compare

NOT_PINNED = Cores(None, None)


@pytest.fixture
def results():
    return Results(machine="", started_at="", pinned=False, command="")


@pytest.mark.skipif(find_compiler() is None, reason="no C compiler (cc) on PATH")
async def test_every_client_of_our_environment_gets_right_answers(results):
    clients = [replace(each, peer=None, leases=2, workers=4) for each in (POOL, LEASED, TRANSPORT)]

    async with run_instant_server(seconds=60) as server:
        await compare(
            results, "here", clients, Target(server.url), NOT_PINNED,
            workload="point", repeats=2, seconds=0.3,
        )  # fmt: skip

    assert results.absent == {}
    for client in clients:
        assert len(results.each(f"here/{client.name}/operations_per_second")) == 2
        assert results.median(f"here/{client.name}/cpu_us_per_operation") > 0


async def test_the_mix_is_right_on_a_real_database(results, embedded_target):
    target = Target(embedded_target.url, embedded_target.username, embedded_target.password)

    await compare(
        results, "here", [replace(POOL, leases=2, workers=5)], target, NOT_PINNED,
        workload="mix", repeats=1,
    )  # fmt: skip

    assert results.absent == {}
    assert results.median("here/pool/ready_seconds") > 0


async def test_who_gets_no_answers_is_left_out_with_the_reason(results):
    nowhere = Target("ws://127.0.0.1:9")
    ours = replace(LEASED, peer=None, leases=1, workers=1)

    await compare(results, "here", [ours], nowhere, NOT_PINNED, workload="point", repeats=2)

    assert "drivers/sdk.py" in results.absent["here/SDK leased"]
    assert results.samples == {}


async def test_a_peer_that_is_not_installed_is_named_with_what_to_do(results):
    stranger = replace(POOL, name="stranger", peer=Peer("stranger", ("stranger==1",)))

    await compare(results, "here", [stranger], Target(""), NOT_PINNED, workload="mix", repeats=1)

    assert results.absent == {"here/stranger": "stranger==1 is not installed: make bench-peers"}
