"""Owns what the pictures of a pool over time show: scaled values and their edges; draws nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from purreal_runner.report.model import Report


@dataclass(frozen=True, slots=True)
class Line:
    """Values of equal intervals, with their name."""

    name: str
    values: tuple[float, ...]

    @property
    def greatest(self) -> float:
        """The upper edge of the picture."""
        return max(self.values, default=0.0)


@dataclass(frozen=True, slots=True)
class History:
    """Leases over time below what is possible (`top`), and what else happened meanwhile.

    `seconds`: from the first interval's begin to the last one's end, which the load's end cuts;
    `interval_seconds`: of one.
    """

    seconds: float
    interval_seconds: float
    top: int
    used: tuple[int, ...]
    open: tuple[int, ...]
    lines: tuple[Line, ...]


def pool_history(report: Report) -> History | None:
    """The history of all pools together; None when there is none."""
    series = report.pool.series
    if not series.points:
        return None
    used = tuple(point.used for point in series.points)
    opened = tuple(point.open for point in series.points)
    seconds = min(len(series.points) * series.seconds, report.duration_seconds)
    # A run shorter than one interval is measured by what it took.
    interval = seconds if len(series.points) == 1 else series.seconds
    return History(
        seconds=seconds,
        interval_seconds=interval,
        top=max(report.effective.max_leases, *opened, *used),
        used=used,
        open=opened,
        lines=tuple(_lines(report, 1 / interval if interval else 0.0)),
    )


def _lines(report: Report, per_second: float) -> Iterator[Line]:
    points = report.pool.series.points
    yield Line("waiting", tuple(point.waiting for point in points))
    yield Line("ops/s", tuple(point.completed * per_second for point in points))
    if any(point.failed for point in points):
        yield Line("failed", tuple(point.failed for point in points))


def end_of_axis(seconds: float) -> str:
    """The label at the right end of a time axis."""
    return f"{seconds:.3g} s" if seconds < 100 else f"{seconds:,.0f} s"
