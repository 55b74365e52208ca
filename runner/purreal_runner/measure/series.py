"""Owns the bounded history of one pool over time; knows nothing about latencies."""

from collections.abc import Iterable
from typing import Self

from purreal_runner.measure.data import Data

MOST_POINTS = 600
FINEST_SECONDS = 0.25


class Point(Data):
    """One interval of the history: what ended in it, and the greatest reading of each gauge in it.

    `open` are leases that exist (lent, idle or being prepared), `used` those lent, `waiting` the
    callers in the pool's queue; `rss_bytes` and `loop_lag_seconds` are of the process.
    """

    completed: int = 0
    failed: int = 0
    open: int = 0
    used: int = 0
    waiting: int = 0
    rss_bytes: int = 0
    loop_lag_seconds: float = 0.0

    def joined(self, later: "Point") -> "Point":
        """This interval and the next one of the same pool as one: sums and greatest readings."""
        return Point(
            completed=self.completed + later.completed,
            failed=self.failed + later.failed,
            open=max(self.open, later.open),
            used=max(self.used, later.used),
            waiting=max(self.waiting, later.waiting),
            rss_bytes=max(self.rss_bytes, later.rss_bytes),
            loop_lag_seconds=max(self.loop_lag_seconds, later.loop_lag_seconds),
        )

    def beside(self, other: "Point", same_process: bool) -> "Point":
        """This interval and the same interval of another pool: sums, memory once per process."""
        memory = (self.rss_bytes, other.rss_bytes)
        return Point(
            completed=self.completed + other.completed,
            failed=self.failed + other.failed,
            open=self.open + other.open,
            used=self.used + other.used,
            waiting=self.waiting + other.waiting,
            rss_bytes=max(memory) if same_process else sum(memory),
            loop_lag_seconds=max(self.loop_lag_seconds, other.loop_lag_seconds),
        )


class Series(Data):
    """Points of `seconds` each, from the start of the measured interval on."""

    seconds: float = FINEST_SECONDS
    points: tuple[Point, ...] = ()

    def coarser(self) -> Self:
        """The same history with half as many points."""
        pairs = zip(self.points[::2], (*self.points[1::2], Point()), strict=False)
        points = tuple(first.joined(second) for first, second in pairs)
        return self.model_copy(update={"seconds": self.seconds * 2, "points": points})

    @classmethod
    def beside(cls, histories: Iterable[tuple[Self, int]]) -> Self:
        """Several pools' histories as one, given as (history, process) pairs."""
        pairs = list(histories)
        coarsest = max((history.seconds for history, _ in pairs), default=FINEST_SECONDS)
        by_process: dict[int, Self] = {}
        for history, process in pairs:
            while history.seconds < coarsest:
                history = history.coarser()
            before = by_process.get(process)
            same = history if before is None else before._plus(history, same_process=True)
            by_process[process] = same
        total = cls(seconds=coarsest)
        for history in by_process.values():
            total = total._plus(history, same_process=False)
        return total

    def _plus(self, other: Self, *, same_process: bool) -> Self:
        length = max(len(self.points), len(other.points))
        ours = self.points + (Point(),) * (length - len(self.points))
        theirs = other.points + (Point(),) * (length - len(other.points))
        points = tuple(a.beside(b, same_process) for a, b in zip(ours, theirs, strict=True))
        return self.model_copy(update={"points": points})


class SeriesRecorder:
    """Collects points; halves its resolution when it is full, so it never holds more than 600."""

    def __init__(self) -> None:
        self._series = Series()

    def add(self, at_seconds: float, point: Point) -> None:
        """Join a reading taken `at_seconds` after the start into the interval it belongs to.

        Intervals without a reading since the last one (a busy event loop reads late) take their
        share of what ended meanwhile, and the gauges of the reading before.
        """
        while at_seconds >= self._series.seconds * MOST_POINTS:
            self._series = self._series.coarser()
        index = int(at_seconds / self._series.seconds)
        points = list(self._series.points)
        missed = index - len(points)
        if index < len(points):
            points[index] = points[index].joined(point)
        else:
            share, rest = _divide(point, missed + 1)
            before = points[-1] if points else point
            points.extend([before.model_copy(update=share)] * missed)
            points.append(point.model_copy(update=rest))
        self._series = self._series.model_copy(update={"points": tuple(points)})

    def series(self) -> Series:
        """The history so far."""
        return self._series


def _divide(point: Point, intervals: int) -> tuple[dict[str, int], dict[str, int]]:
    """What ended, for each interval but the last, and for the last one, which takes the rest."""
    ended = {"completed": point.completed, "failed": point.failed}
    share = {name: number // intervals for name, number in ended.items()}
    rest = {name: ended[name] - share[name] * (intervals - 1) for name in ended}
    return share, rest
