"""Owns the proof that a pool's history stays bounded and loses no operation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purreal_runner.measure.series import MOST_POINTS, Point, Series, SeriesRecorder


def history(*completed: int, seconds: float = 0.25) -> Series:
    return Series(seconds=seconds, points=tuple(Point(completed=each) for each in completed))


@given(st.lists(st.floats(0, 3_600), min_size=1, max_size=60))
def test_no_run_is_too_long_for_600_points_and_no_operation_is_lost(times: list[float]) -> None:
    recorder = SeriesRecorder()

    for time in sorted(times):
        recorder.add(time, Point(completed=1))

    series = recorder.series()
    assert len(series.points) <= MOST_POINTS
    assert sum(point.completed for point in series.points) == len(times)
    assert len(series.points) * series.seconds > max(times)


def test_readings_of_one_interval_keep_sums_and_greatest_values() -> None:
    recorder = SeriesRecorder()
    recorder.add(0.01, Point(completed=2, failed=1, open=5, used=4, waiting=9, rss_bytes=10))
    recorder.add(0.24, Point(completed=3, open=6, used=1, loop_lag_seconds=0.5))

    assert recorder.series().points == (
        Point(
            completed=5,
            failed=1,
            open=6,
            used=4,
            waiting=9,
            rss_bytes=10,
            loop_lag_seconds=0.5,
        ),
    )


def test_intervals_without_a_reading_share_what_ended_and_keep_the_gauges_before() -> None:
    recorder = SeriesRecorder()
    recorder.add(0.0, Point(completed=1, used=5))
    recorder.add(0.8, Point(completed=8, failed=1, used=7))

    points = recorder.series().points
    assert [point.completed for point in points] == [1, 2, 2, 4]
    assert [point.failed for point in points] == [0, 0, 0, 1]
    assert [point.used for point in points] == [5, 5, 5, 7]


def test_a_first_reading_that_comes_late_stands_for_the_time_before_it() -> None:
    recorder = SeriesRecorder()
    recorder.add(0.3, Point(completed=5, used=7))

    assert [(point.completed, point.used) for point in recorder.series().points] == [(2, 7), (3, 7)]


def test_a_coarser_history_joins_neighbours_also_an_odd_last_one() -> None:
    assert history(1, 2, 3).coarser() == history(3, 3, seconds=0.5)


def test_histories_side_by_side_are_added_at_the_coarsest_resolution() -> None:
    total = Series.beside([(history(1, 2, 3, 4), 0), (history(10, seconds=0.5), 1)])

    assert total == history(13, 7, seconds=0.5)


@pytest.mark.parametrize(("processes", "rss"), [((0, 0), 100), ((0, 1), 200)])
def test_memory_counts_once_per_process(processes: tuple[int, int], rss: int) -> None:
    one = Series(points=(Point(rss_bytes=100, used=1),))

    total = Series.beside((one, process) for process in processes)

    assert total.points == (Point(rss_bytes=rss, used=2),)


def test_no_histories_make_an_empty_one() -> None:
    assert Series.beside([]) == Series()
