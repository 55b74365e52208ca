"""Owns the proof that durations counted in bulk are those that were measured, all and once."""

from random import Random
from typing import Any

import pytest

from purreal_runner.measure import Histogram, Part, Recorder
from purreal_runner.measure.histogram import Distribution, bucket_index
from purreal_runner.measure.part import BreakdownRow
from purreal_runner.measure.recorder import TIDY_EVERY

MS = 1_000_000


def one_by_one(values: list[int]) -> Distribution:
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    return histogram.distribution()


def operate(recorder: Recorder, clock: Any, exchange: Any, acquire: int, request: int) -> None:
    operation = recorder.begin()
    clock.pass_ms(acquire)
    operation.acquired()
    clock.pass_ms(request)
    reply = {"result": [{"time": f"{request / 2}ms"}]}
    operation.exchange(exchange(seconds=request / 1000, reply=reply))
    operation.succeeded()


@pytest.mark.parametrize("operations", [1, TIDY_EVERY - 1, TIDY_EVERY, 9 * TIDY_EVERY + 7])
def test_every_duration_is_in_the_part_however_many_there_were(
    recorder: Recorder, clock: Any, exchange: Any, operations: int
) -> None:
    draw = Random(operations).randint
    times = [(draw(0, 900), 2 * draw(1, 900)) for _ in range(operations)]
    for acquire, request in times:
        operate(recorder, clock, exchange, acquire, request)

    part = recorder.part()
    sums = part.distributions
    assert sums.acquire == one_by_one([acquire * MS for acquire, _ in times])
    assert sums.query == one_by_one([int(request / 1000 * 1e9) for _, request in times])
    assert sums.operation == one_by_one([(acquire + request) * MS for acquire, request in times])
    assert sums.database == sums.rest == one_by_one([request // 2 * MS for _, request in times])
    assert part.breakdown == rows_of(times)


def rows_of(times: list[tuple[int, int]]) -> tuple[BreakdownRow, ...]:
    """Sums by the bucket of the whole, from (acquire, request) in milliseconds."""
    buckets = sorted({bucket_index((acquire + request) * MS) for acquire, request in times})
    rows = []
    for bucket in buckets:
        inside = [each for each in times if bucket_index(sum(each) * MS) == bucket]
        rows.append(
            BreakdownRow(
                bucket=bucket,
                count=len(inside),
                acquire_ns=sum(acquire for acquire, _ in inside) * MS,
                database_ns=sum(request // 2 for _, request in inside) * MS,
                total_ns=sum(map(sum, inside)) * MS,
            )
        )
    return tuple(rows)


def test_snapshots_while_the_load_goes_on_have_all_that_ended(
    recorder: Recorder, clock: Any, exchange: Any, gauges: Any
) -> None:
    snapshots: list[Part] = []
    for _ in range(5):
        for _ in range(300):
            operate(recorder, clock, exchange, 1, 2)
        recorder.sample(gauges())
        snapshots.append(recorder.snapshot())

    for number, snapshot in enumerate(snapshots, start=1):
        sums = snapshot.distributions
        counts = {sums.acquire.count, sums.query.count, sums.operation.count, sums.database.count}
        assert counts == {sums.rest.count} == {snapshot.counts.succeeded} == {300 * number}


def test_operations_that_fail_leave_their_waits_and_requests(
    recorder: Recorder, exchange: Any
) -> None:
    for _ in range(3 * TIDY_EVERY):
        operation = recorder.begin()
        operation.acquired()
        operation.exchange(exchange(seconds=0.001))
        operation.fail(ValueError())

    sums = recorder.part().distributions
    assert sums.acquire.count == sums.query.count == 3 * TIDY_EVERY
    assert sums.operation.count == 0


def test_few_durations_wait_to_be_counted(recorder: Recorder, exchange: Any) -> None:
    for _ in range(20 * TIDY_EVERY):
        operation = recorder.begin()
        operation.acquired()
        operation.exchange(exchange(seconds=0.001))
        operation.succeeded()
        tally = recorder.tally
        assert max(len(tally.acquire), len(tally.query), len(tally.figures)) <= 6 * TIDY_EVERY
