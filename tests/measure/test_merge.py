"""Owns the proof that merging parts equals having measured everything in one place."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purreal_runner.measure import Merged, Part, ProcessHealth, Recorder, merge
from purreal_runner.measure.part import Counts, PoolPeak, PoolRecord


def measure(recorder: Recorder, number: int, seed: int) -> None:
    """Some operations of which every seventh fails."""
    draw = random.Random(seed)
    for each in range(number):
        operation = recorder.begin()
        recorder.clock.now += draw.randrange(10**8)  # type: ignore[attr-defined]
        operation.acquired()
        recorder.clock.now += draw.randrange(10**8)  # type: ignore[attr-defined]
        if each % 7 == 6:
            operation.fail(ValueError(str(each)))
        else:
            operation.succeeded()


class Clock:
    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


@given(st.lists(st.integers(0, 40), min_size=1, max_size=4), st.randoms())
def test_merged_parts_equal_one_recorder_that_saw_everything(
    sizes: list[int], order: random.Random
) -> None:
    whole = Recorder(clock=Clock())
    parts = []
    for index, number in enumerate(sizes):
        recorder = Recorder(index, clock=Clock())
        measure(recorder, number, seed=index)
        measure(whole, number, seed=index)
        parts.append(Part.model_validate_json(recorder.part().to_json()))
    order.shuffle(parts)

    merged, expected = merge(parts), whole.part()

    assert merged.counts == expected.counts
    assert merged.distributions == expected.distributions
    assert merged.breakdown == expected.breakdown
    assert [(e.type, e.count) for e in merged.errors] == [
        (e.type, e.count) for e in expected.errors
    ]


def test_the_run_lasts_from_the_first_start_to_the_last_end() -> None:
    merged = merge(
        [
            Part(index=0, started=0.5, ended=4.0, counts=Counts(issued=30, succeeded=30)),
            Part(index=1, started=0.0, ended=3.0, counts=Counts(issued=10, succeeded=10)),
        ]
    )

    assert merged.seconds == 4.0
    assert merged.throughput == 10.0


def test_health_and_logs_count_once_per_process() -> None:
    health = ProcessHealth(cpu_seconds=1.0, wall_seconds=2.0)
    parts = [
        Part(index=index, process=process, health=health, logs={"surrealdb": 2})
        for index, process in enumerate([0, 0, 1])
    ]

    merged = merge(parts)

    assert merged.processes == (health, health)
    assert merged.logs == {"surrealdb": 4}


def test_utilization_is_peak_used_of_max_size_over_all_pools() -> None:
    pools = [PoolRecord(max_size=120, peak=PoolPeak(open=109, used=100)) for _ in range(5)]

    merged = merge(Part(index=index, pool=pool) for index, pool in enumerate(pools))

    assert (merged.peak_used, merged.peak_open, merged.max_size) == (500, 545, 600)
    assert merged.utilization == pytest.approx(500 / 600)


@pytest.mark.parametrize(
    ("told", "lends"),
    [
        (("session", "session"), "session"),
        (("session", None), "session"),
        (("session", "connection"), "mixed"),
        ((None, "whatever a runner says"), None),
    ],
)
def test_what_the_pools_lent_is_one_word_and_their_sockets_add_up(
    told: tuple[str | None, ...], lends: str | None
) -> None:
    pools = [PoolRecord(final={"lends": one, "peakSockets": 4}) for one in told]

    merged = merge(Part(index=index, pool=pool) for index, pool in enumerate(pools))

    assert (merged.lends, merged.peak_sockets) == (lends, 8)


def test_the_success_ratio_leaves_cancelled_operations_out() -> None:
    counts = Counts(issued=13, succeeded=9, failed=1, timed_out=0, cancelled=3)

    assert merge([Part(counts=counts)]).success_ratio == 0.9


def test_nothing_measured_has_no_ratio_and_no_utilization() -> None:
    nothing = Merged()

    assert nothing.success_ratio is None
    assert nothing.utilization is None
    assert nothing.throughput == 0.0


def test_a_pool_that_reports_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="pool 3 reported twice"):
        merge([Part(index=3), Part(index=3)])


def test_a_part_of_another_version_is_refused() -> None:
    other = Part().model_copy(update={"schema_version": 2})

    with pytest.raises(ValueError, match="version 2"):
        merge([other])


def test_nothing_to_merge_is_refused() -> None:
    with pytest.raises(ValueError, match="no parts"):
        merge([])


def test_json_has_camel_case_names_and_refuses_unknown_ones() -> None:
    assert '"timedOut":0' in Part().to_json()
    with pytest.raises(ValueError, match="extra"):
        Part.model_validate_json('{"surprise": 1}')
