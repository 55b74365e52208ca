"""Owns durations that wait to be counted many at once; knows no operation and no clock."""

from collections.abc import Iterable

from purreal_runner.measure.histogram import Distribution, Histogram


class Backlog:
    """Takes durations in whole nanoseconds at the price of an append, and counts them in bulk.

    Whoever adds also calls `count` now and then, so that it stays short: counting a thousand at
    once costs least, and counting many thousands holds up the event loop.

    Attributes:
        add: takes one duration; an attribute, because it is the list's own method.
    """

    __slots__ = ("_histogram", "_waiting", "add")

    def __init__(self) -> None:
        self._histogram = Histogram()
        self._waiting: list[int] = []
        self.add = self._waiting.append

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def extend(self, durations_ns: Iterable[int]) -> None:
        """Take many durations."""
        self._waiting.extend(durations_ns)

    def count(self) -> None:
        """Count those that wait."""
        self._histogram.record_all(self._waiting)
        self._waiting.clear()  # never another list: `add` belongs to this one

    def distribution(self) -> Distribution:
        """All that was ever added."""
        self.count()
        return self._histogram.distribution()
