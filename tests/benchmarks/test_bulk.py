"""Small reads beside bulky ones are measured with each kind of lease, or left out with a reason."""

import pytest

from benchmarks.bulk import KINDS, name_of, read_beside_bulk
from benchmarks.machine import Cores
from benchmarks.results import Results
from benchmarks.tables import bulk_table
from benchmarks.throughput import Target

NOT_PINNED = Cores(None, None)


@pytest.fixture
def results():
    return Results(machine="", started_at="", pinned=False, command="")


@pytest.mark.parametrize("kind", KINDS)
async def test_both_ways_of_reading_are_timed(results, embedded_target, kind):
    target = Target(embedded_target.url, embedded_target.username, embedded_target.password)

    await read_beside_bulk(results, target, NOT_PINNED, repeats=1, seconds=0.5)

    assert results.absent == {}
    assert results.median(f"bulk/{kind}/alone_p99_ms") > 0
    assert results.median(f"bulk/{kind}/beside_bulk_p99_ms") > 0
    assert results.median(f"bulk/{kind}/bulk_reads_per_second") > 0


async def test_without_a_database_there_is_a_reason(results):
    await read_beside_bulk(results, Target("ws://127.0.0.1:9"), NOT_PINNED, repeats=2, seconds=0.1)

    assert results.absent.keys() == {name_of(kind) for kind in KINDS}
    assert results.samples == {}


def test_the_table_says_how_many_sockets_there_were(results):
    results.leave_out("bulk/session", "no sessions")
    for name, value in (("alone_p99_ms", 2), ("beside_bulk_p99_ms", 9.5), ("sockets", 50)):
        results.add(f"bulk/connection/{name}", value)
    results.add("bulk/connection/bulk_reads_per_second", 40.4)

    _, sessions, connections = bulk_table(results)

    assert sessions == ("sessions", "-", "-", "no sessions", "-")
    assert connections == ("connections", "50", "2", "9.5", "40")
