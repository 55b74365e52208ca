"""Dividing totals: shares add up, remainders go to the lowest indexes, stages are the guide's."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purreal_runner.load.split import Stage, group, split, stages, weighted
from purreal_runner.workload.workload import Shape


@given(st.integers(0, 10**9), st.integers(1, 1000))
def test_shares_add_up_and_differ_by_at_most_one(total: int, parts: int) -> None:
    shares = split(total, parts)

    assert sum(shares) == total
    assert max(shares) - min(shares) <= 1


def test_the_remainder_goes_to_the_lowest_indexes() -> None:
    assert split(7, 3) == [3, 2, 2]


def test_nothing_can_be_divided_into_no_parts() -> None:
    with pytest.raises(ValueError, match="0 parts"):
        split(1, 0)


@given(st.integers(1, 500), st.integers(1, 64))
def test_every_pool_is_in_exactly_one_process(pools: int, processes: int) -> None:
    groups = group(pools, processes)

    assert [index for one in groups for index in one] == list(range(pools))
    assert len(groups) == min(pools, processes)


@given(st.integers(0, 10**6), st.lists(st.integers(1, 1000), min_size=1, max_size=8))
def test_weighted_shares_add_up(total: int, weights: list[int]) -> None:
    assert sum(weighted(total, weights)) == total


def test_progressive_load_steps_up_as_in_the_guide() -> None:
    steps = list(stages(Shape.STAGES, 1000, 26_000, None))

    assert [step.workers for step in steps] == [100, 250, 500, 750, 1000]
    assert [step.operations for step in steps] == [1000, 2500, 5000, 7500, 10_000]


def test_progressive_load_by_time_gives_every_step_the_same_time() -> None:
    steps = list(stages(Shape.STAGES, 10, None, 5.0))

    assert {step.seconds for step in steps} == {1.0}
    assert [step.workers for step in steps] == [1, 2, 5, 7, 10]


@given(st.integers(1, 50), st.integers(1, 500))
def test_waves_use_up_the_operations_exactly(workers: int, operations: int) -> None:
    waves = list(stages(Shape.WAVES, workers, operations, None))

    assert sum(wave.operations or 0 for wave in waves) == operations
    assert all(wave.workers == wave.operations <= workers for wave in waves)


def test_waves_by_time_go_on_until_the_caller_ends_them() -> None:
    assert (
        list(islice(stages(Shape.WAVES, 3, None, 9.0), 4)) == [Stage(3, 3, None, gathered=True)] * 4
    )


def test_steady_load_is_one_stage() -> None:
    assert list(stages(Shape.STEADY, 5, 100, None)) == [Stage(5, 100, None)]
