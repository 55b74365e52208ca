"""Owns the proof that the longest queue of an interval is found although readings are rare."""

from typing import Any

import pytest

from purreal_runner.measure.queue_watch import QueueWatch


def test_a_pool_that_counted_a_longer_queue_than_before_had_it_since_then(gauges: Any) -> None:
    queue = QueueWatch(known=3)
    queue.read(gauges(waiting=0, peak_waiting=45))

    assert (queue.longest, queue.take_longest()) == (45, 45)


@pytest.mark.parametrize(
    ("others", "longest"),
    [(0, 0), (6, 7), (80, 45)],
    ids=["nobody else waited", "those seen and the one that began", "never above the pool's own"],
)
def test_a_queue_no_longer_than_the_one_before_is_bounded_by_who_had_no_lease(
    gauges: Any, others: int, longest: int
) -> None:
    queue = QueueWatch(known=45)
    queue.notice_others(others)
    queue.read(gauges(peak_waiting=45))

    assert queue.longest == longest


def test_each_interval_has_its_own_longest_queue_and_all_of_them_the_greatest(
    gauges: Any,
) -> None:
    queue = QueueWatch()
    queue.read(gauges(waiting=1, peak_waiting=9))
    queue.read(gauges(waiting=2, peak_waiting=9))
    first = queue.take_longest()
    queue.read(gauges(waiting=4, peak_waiting=9))

    assert (first, queue.take_longest(), queue.longest) == (9, 4, 9)
