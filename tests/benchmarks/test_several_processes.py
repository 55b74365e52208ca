"""Several processes of one load test are compared only where their merged counts are right."""

import copy

import pytest

from benchmarks.instant_server import find_compiler, run_instant_server
from benchmarks.results import Results
from benchmarks.several_processes import compare_processes, reason_against
from benchmarks.tables import processes_table


@pytest.fixture
def results():
    return Results(machine="", started_at="", pinned=False, command="")


@pytest.fixture
def report():
    return {
        "operations": {"issued": 30, "succeeded": 30},
        "latencies": {name: {"count": 30} for name in ("acquire", "query", "operation")},
        "pool": {"pools": [{"final": {"granted": 10}}, {"final": {"granted": 20}}]},
    }


@pytest.mark.skipif(find_compiler() is None, reason="no C compiler (cc) on PATH")
async def test_two_processes_share_the_load_and_lose_no_operation(results):
    async with run_instant_server(seconds=90) as server:
        await compare_processes(results, server, repeats=1, counts=(2,))

    assert results.absent == {}
    assert results.median("processes/2/operations_per_second") > 0
    assert 1 <= results.median("processes/2/ran_in") <= 2
    assert results.median("processes/2/server_core_percent") > 0


def test_counts_that_agree_are_no_reason(report):
    assert reason_against(report, pools=2) is None


@pytest.mark.parametrize(
    ("where", "value", "reason"),
    [
        (("pool", "pools", 1, "final", "granted"), 19, "30 operations, 29 leases"),
        (("latencies", "query", "count"), 31, "30 operations, 30 leases"),
        (("operations", "succeeded"), 29, "29 of 30 operations succeeded"),
        (("operations", "issued"), 0, "30 of 0 operations succeeded"),
        (("pool", "pools"), [{"final": {"granted": 30}}], "1 of 2 pools"),
    ],
)
def test_counts_that_disagree_leave_the_run_out(report, where, value, reason):
    wrong = copy.deepcopy(report)
    place = wrong
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = value

    assert reason in reason_against(wrong, pools=2)


def test_the_table_compares_with_one_process_of_the_same_repeat(results):
    for processes, rates in ((1, (100, 50, 10)), (2, (190, 95, 19))):
        for rate in rates:
            results.add(f"processes/{processes}/operations_per_second", rate)
            results.add(f"processes/{processes}/ran_in", processes)
            results.add(f"processes/{processes}/busiest_core_percent", 98)
            results.add(f"processes/{processes}/server_core_percent", 12)
    results.leave_out("processes/4", "29 of 30 operations succeeded")

    _, one, two, four = processes_table(results)

    assert one == ("1", "1", "50", "1 ×", "98 %", "12 %")
    assert two == ("2", "2", "95", "1.9 ×", "98 %", "12 %")
    assert "29 of 30 operations succeeded" in four
