"""How pools are divided over processes, and totals over pools."""

from dataclasses import replace
from typing import Any

import pytest

from purreal_runner.embedded.launch import RunningTarget
from purreal_runner.load.settings import RunSettings
from purreal_runner.load.spread import process_count, shares
from purreal_runner.workload.scenarios import scenario


@pytest.fixture
def run(settings: Any) -> RunSettings:
    nobody = RunningTarget("server", "ws://127.0.0.1:1", "root", "secret", 1, "none")
    made: RunSettings = settings(nobody, pools=5, workers=7, operations=12)
    return made


def test_there_are_no_more_processes_than_cores_or_pools(run: RunSettings) -> None:
    assert process_count(run, cores=2) == 2
    assert process_count(run, cores=64) == 5


def test_a_profiled_run_and_a_workload_of_this_process_stay_in_it(run: RunSettings) -> None:
    own = scenario("Churn", run.tables)

    assert process_count(replace(run, in_process=True), cores=8) == 1
    assert process_count(replace(run, workload=own), cores=8) == 1


def test_every_total_is_divided_over_the_pools(run: RunSettings) -> None:
    each = shares(run)

    assert [share.workers for share in each] == [2, 2, 1, 1, 1]
    assert [share.operations for share in each] == [3, 3, 2, 2, 2]
    assert [share.index for share in each] == [0, 1, 2, 3, 4]


def test_a_duration_is_the_same_for_every_pool(run: RunSettings) -> None:
    each = shares(replace(run, operations=None, seconds=9.0))

    assert {share.seconds for share in each} == {9.0}
    assert {share.operations for share in each} == {None}
