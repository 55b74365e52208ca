"""Owns the proof that the time split adds up and names the largest share."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purreal_runner.judge.generator import GeneratorFindings
from purreal_runner.judge.where_time_went import WhereTimeWent, where_time_went
from purreal_runner.measure import Merged, Recorder, merge
from purreal_runner.measure.part import PoolPeak, PoolRecord

MS = 1_000_000
operations = st.tuples(
    st.integers(0, 10**10), st.integers(0, 10**10), st.integers(1, 10**10)
)  # wait, database, rest in nanoseconds


def measured_operations(
    each: list[tuple[int, int, int]], *, used: int = 50, opened_before: int = 50
) -> Merged:
    """Operations of (wait, database, rest) nanoseconds each, on a pool of 50."""
    recorder = Recorder()
    for wait, database, rest in each:
        recorder.tally.issued += 1
        recorder.tally.succeeded += 1
        recorder.tally.figures += (wait + database + rest, wait, database)
    pool = PoolRecord(
        max_size=50, peak=PoolPeak(open=50, used=used), before_load=PoolPeak(open=opened_before)
    )
    return merge([recorder.part()]).model_copy(update={"pools": (pool,)})


@given(st.lists(operations, min_size=1, max_size=60))
def test_waiting_database_and_rest_add_up_to_the_percentile(
    each: list[tuple[int, int, int]],
) -> None:
    merged = measured_operations(each)

    rows = where_time_went(merged).rows

    assert [row.percent for row in rows] == [50, 95, 99]
    for row in rows:
        parts = (row.waiting_seconds, row.database_seconds, row.rest_seconds)
        assert min(parts) >= -1e-9
        assert sum(parts) == pytest.approx(row.operation_seconds)
        percentile = merged.distributions.operation.percentile_seconds(row.percent)
        assert row.operation_seconds == percentile


def test_each_percentile_has_the_shares_of_the_operations_near_it() -> None:
    quick = [(0, 1 * MS, 1 * MS)] * 90
    slow = [(92 * MS, 4 * MS, 4 * MS)] * 10

    p50, p95, _ = where_time_went(measured_operations(quick + slow)).rows

    assert p50.waiting_seconds == 0.0
    assert p50.database_seconds / p50.operation_seconds == pytest.approx(0.5)
    assert p95.waiting_seconds / p95.operation_seconds == pytest.approx(0.92)


def test_operations_on_both_sides_stand_for_a_percentile() -> None:
    each = [(100 * MS, 0, 0)] * 50 + [(0, 0, 101 * MS)] * 50

    p50 = where_time_went(measured_operations(each)).rows[0]

    assert p50.waiting_seconds / p50.operation_seconds == pytest.approx(0.5, abs=0.01)


def test_requests_side_by_side_do_not_exceed_the_whole() -> None:
    recorder = Recorder()
    recorder.tally.succeeded += 1
    recorder.tally.figures += (10 * MS, 2 * MS, 40 * MS)

    [row, *_] = where_time_went(merge([recorder.part()])).rows

    assert row.rest_seconds == pytest.approx(0.0)
    assert row.database_seconds / row.operation_seconds == pytest.approx(0.8)


def sentences() -> Iterator[tuple[tuple[int, int, int], dict[str, int], GeneratorFindings, str]]:
    waiting, database, rest = (92, 4, 4), (4, 92, 4), (4, 4, 92)
    idle, late = GeneratorFindings(), GeneratorFindings(lag_p95_seconds=0.047)
    busy = GeneratorFindings(saturated=True, lag_p95_seconds=0.001)
    yield waiting, {}, idle, "92 % of the p95 is spent waiting for a lease: raise max_size"
    yield waiting, {"used": 40, "opened_before": 5}, idle, "raise min_size"
    yield waiting, {"used": 40}, idle, "although there were some left"
    yield database, {}, idle, "92 % of the p95 is spent in the database"
    yield rest, {}, idle, "92 % of the p95 is spent on the wire, in the server's queue and in the"
    yield rest, {}, late, "the load generator's own event loop ran 47.0 ms late"
    yield rest, {}, busy, "the load generator's own event loop ran 1.00 ms late"


@pytest.mark.parametrize(("shares", "pool", "generator", "words"), tuple(sentences()))
def test_one_sentence_names_the_largest_share_and_what_to_do(
    shares: tuple[int, int, int], pool: dict[str, int], generator: GeneratorFindings, words: str
) -> None:
    wait, database, rest = (share * MS for share in shares)
    merged = measured_operations([(wait, database, rest)] * 100, **pool)

    assert words in where_time_went(merged, generator).sentence


def test_without_an_operation_that_succeeded_there_is_nothing_to_split(
    measured: Callable[..., Merged],
) -> None:
    assert where_time_went(measured(succeeded=0, failed=5)) == WhereTimeWent()
