"""Owns the length of one pool's queue between two readings; knows no operation and no clock."""

from purreal_runner.measure.views import PoolReadings


class QueueWatch:
    """Finds the longest queue of an interval, although the pool is read only now and then.

    The pool itself counts its longest queue exactly, but since it was opened. A reading that is
    higher than the one before must be of the time between the two. Where it is not, the queue is
    bounded by that reading and by the operations that were seen without a lease; the latter counts
    those as well that were given one and have not run since.

    Args:
        known: the pool's longest queue before the first interval.

    Attributes:
        longest: the longest queue of all intervals.
        others: the most that `notice_others` was told since the last reading.
    """

    __slots__ = ("_known", "_recent", "longest", "others")

    def __init__(self, known: int = 0) -> None:
        self.longest = 0
        self._known = known
        self.others = 0
        self._recent = 0

    def notice_others(self, without_lease: int) -> None:
        """An operation begins while so many others have none of the leases."""
        if without_lease > self.others:
            self.others = without_lease

    def read(self, stats: PoolReadings) -> None:
        """Bring the intervals up to date with the pool's own gauges."""
        if stats.peak_waiting > self._known:
            self._known = seen = stats.peak_waiting
        elif self.others:
            seen = min(self.others + 1, stats.peak_waiting)  # the one that began waits, too
        else:
            seen = 0
        self.others = 0
        self._recent = max(self._recent, stats.waiting, seen)
        self.longest = max(self.longest, self._recent)

    def take_longest(self) -> int:
        """The longest queue since the last call."""
        recent, self._recent = self._recent, 0
        return recent
