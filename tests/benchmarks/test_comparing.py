"""Clients are compared by programs of their own: what they did is counted, what failed left out."""

from dataclasses import replace

import pytest

from benchmarks.contestants import LEASED, POOL, QUEUE, TRANSPORT
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
    clients = [
        replace(each, peer=None, leases=2, workers=4) for each in (POOL, QUEUE, TRANSPORT, LEASED)
    ]

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


async def test_every_other_repeat_goes_the_other_way(results, monkeypatch):
    begun = []

    async def run_program(script, said, python):
        begun.append(said["variant"])
        return {
            "operations": 1, "failed": 0, "wrong": 0, "first_error": None, "seconds": 1.0,
            "cpu_seconds": 1.0, "queued_seconds": 0.0, "ready_seconds": 0.0, "version": "1",
        }  # fmt: skip

    monkeypatch.setattr("benchmarks.throughput.run_program", run_program)
    clients = [replace(POOL, name=name, variant=name) for name in ("a", "b", "c")]

    await compare(results, "here", clients, Target(""), NOT_PINNED, workload="mix", repeats=4)

    assert ["".join(begun[at : at + 3]) for at in range(0, 12, 3)] == ["abc", "cba", "abc", "cba"]
