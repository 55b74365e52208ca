"""Owns what SurrealDB tells about itself, in few numbers; knows no run and no wire.

Its metrics are cumulative since its start, so the latest export holds all earlier ones. After a
restart it begins at zero, and what it had counted before is added.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Final

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
)

from purreal_operator.receiver.database_view import (
    DatabasePoint,
    DatabaseView,
    Gauge,
    Timing,
    Transactions,
)

MOST_POINTS: Final = 600
_MOST_BUCKETS: Final = 200
_LONGEST_VERSION: Final = 100
_GREATEST: Final = 1e18  # of a gauge; a status holds whole numbers below 2**63
_CUMULATIVE: Final = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE

_CPU: Final = "surrealdb.process.cpu_percent"
_MEMORY: Final = "surrealdb.process.memory"
_SESSIONS: Final = "surrealdb.session.active"
_UPTIME: Final = "surrealdb.process.uptime"
_BUILD: Final = "surrealdb.build.info"
_STATEMENTS: Final = "surrealdb.statement.duration"
_QUERIES: Final = "surrealdb.query.duration"
_TRANSACTIONS: Final = "surrealdb.transaction"
_CONFLICTS: Final = "surrealdb.transaction.conflicts"


@dataclass(frozen=True, slots=True)
class Durations:
    """Histograms of the same instrument, added up; bounds and values in seconds."""

    count: int = 0
    total: float = 0.0
    greatest: float | None = None
    bounds: tuple[float, ...] = ()
    buckets: tuple[int, ...] = ()

    def plus(self, other: "Durations") -> "Durations":
        """Both together; without buckets where their bounds differ."""
        if not self.count or not other.count:
            return self if self.count else other
        greatest = [each for each in (self.greatest, other.greatest) if each is not None]
        same = self.bounds == other.bounds and len(self.buckets) == len(other.buckets)
        added = zip(self.buckets, other.buckets, strict=True) if same else ()
        return Durations(
            count=self.count + other.count,
            total=self.total + other.total,
            greatest=max(greatest, default=None),
            bounds=self.bounds if same else (),
            buckets=tuple(mine + theirs for mine, theirs in added),
        )

    def timing(self) -> Timing:
        """The numbers that a reader wants."""
        if not self.count:
            return Timing()
        return Timing(
            count=self.count,
            mean_seconds=self.total / self.count,
            p95_at_most_seconds=self._at_most(0.95),
        )

    def _at_most(self, share: float) -> float | None:
        """The upper bound of the bucket that holds this quantile: true, however wide it is."""
        if len(self.buckets) != len(self.bounds) + 1:
            return None
        seen = 0
        for bound, count in zip(self.bounds, self.buckets, strict=False):
            seen += count
            if seen >= share * self.count:
                return bound if self.greatest is None else min(bound, self.greatest)
        return self.greatest


@dataclass(frozen=True, slots=True)
class Counted:
    """What the database has counted since it started."""

    statements: Durations = Durations()
    queries: Durations = Durations()
    transactions: Mapping[str, int] = field(default_factory=dict)

    def plus(self, other: "Counted") -> "Counted":
        """Before and after a restart together."""
        return Counted(
            statements=self.statements.plus(other.statements),
            queries=self.queries.plus(other.queries),
            transactions=dict(Counter(self.transactions) + Counter(other.transactions)),
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """One export; a gauge that it doesn't hold is None."""

    version: str = ""
    uptime: float | None = None
    cpu_percent: float | None = None
    memory_bytes: float | None = None
    sessions: float | None = None
    counted: Counted = Counted()


def read(request: ExportMetricsServiceRequest) -> Reading:
    """What is of interest in an export; everything else is passed over."""
    metrics: dict[str, Metric] = {}
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            metrics.update((metric.name, metric) for metric in scope.metrics)
    outcomes: Counter[str] = Counter()
    for point in _numbers(metrics.get(_TRANSACTIONS)):
        outcomes[_attribute(point, "outcome")] += int(_value(point))
    outcomes["conflicts"] = int(_sum(metrics.get(_CONFLICTS)) or 0)
    return Reading(
        version=_version(metrics.get(_BUILD)),
        uptime=_sum(metrics.get(_UPTIME)),
        cpu_percent=_sum(metrics.get(_CPU)),
        memory_bytes=_sum(metrics.get(_MEMORY)),
        sessions=_sum(metrics.get(_SESSIONS)),
        counted=Counted(
            statements=_durations(metrics.get(_STATEMENTS)),
            queries=_durations(metrics.get(_QUERIES)),
            transactions={word: outcomes[word] for word in _OUTCOMES},
        ),
    )


_OUTCOMES: Final = ("success", "cancelled", "error", "conflicts")


def _numbers(metric: Metric | None) -> Iterable[NumberDataPoint]:
    if metric is None:
        return ()
    if metric.WhichOneof("data") == "gauge":
        return metric.gauge.data_points
    if metric.sum.aggregation_temporality == _CUMULATIVE:
        return metric.sum.data_points
    return ()


def _value(point: NumberDataPoint) -> float:
    value = point.as_double if point.WhichOneof("value") == "as_double" else point.as_int
    return max(0.0, float(value)) if isfinite(value) else 0.0


def _sum(metric: Metric | None) -> float | None:
    values = [_value(point) for point in _numbers(metric)]
    return min(sum(values), _GREATEST) if values else None


def _attribute(point: NumberDataPoint, key: str) -> str:
    return next((each.value.string_value for each in point.attributes if each.key == key), "")


def _version(metric: Metric | None) -> str:
    versions = (_attribute(point, "build_version") for point in _numbers(metric))
    return next(versions, "")[:_LONGEST_VERSION]


def _durations(metric: Metric | None) -> Durations:
    total = Durations()
    if metric is None or metric.histogram.aggregation_temporality != _CUMULATIVE:
        return total
    for point in metric.histogram.data_points:
        total = total.plus(_of_point(point))
    return total


def _of_point(point: HistogramDataPoint) -> Durations:
    if not isfinite(point.sum) or len(point.explicit_bounds) > _MOST_BUCKETS:
        return Durations()
    sound = len(point.bucket_counts) <= _MOST_BUCKETS + 1 and all(
        map(isfinite, point.explicit_bounds)
    )
    has_greatest = point.HasField("max") and isfinite(point.max)
    return Durations(
        count=point.count,
        total=max(0.0, point.sum),
        greatest=max(0.0, point.max) if has_greatest else None,
        bounds=tuple(point.explicit_bounds) if sound else (),
        buckets=tuple(point.bucket_counts) if sound else (),
    )


class DatabaseWatch:
    """Keeps the latest and the greatest of what one database reports, and a thinned history."""

    def __init__(self) -> None:
        self._version = ""
        self._uptime: float | None = None
        self._restarts = 0
        self._before = Counted()
        self._counted = Counted()
        self._gauges: dict[str, Gauge] = {}
        self._moments: list[tuple[float, DatabasePoint]] = []
        self._seen = 0
        self._every = 1

    def take(self, reading: Reading, now: float) -> None:
        """Add one export, at `now` in monotonic seconds."""
        if reading.uptime is not None:
            if self._uptime is not None and reading.uptime < self._uptime:
                self._restarts += 1
                self._before = self._before.plus(self._counted)
            self._uptime = reading.uptime
        self._version = reading.version or self._version
        self._counted = reading.counted
        for name in ("cpu_percent", "memory_bytes", "sessions"):
            self._notice(name, getattr(reading, name))
        self._remember(reading, now)

    def _notice(self, name: str, value: float | None) -> None:
        if value is not None:
            before = self._gauges.get(name)
            peak = value if before is None else max(value, before.peak)
            self._gauges[name] = Gauge(latest=value, peak=peak)

    def _remember(self, reading: Reading, now: float) -> None:
        """Every n-th export becomes a point; when there are too many, every second one goes."""
        if self._seen % self._every == 0:
            point = DatabasePoint(
                at_seconds=0.0,
                cpu_percent=reading.cpu_percent,
                memory_bytes=reading.memory_bytes,
                sessions=reading.sessions,
                statements=self._before.statements.count + reading.counted.statements.count,
            )
            self._moments.append((now, point))
        self._seen += 1
        if len(self._moments) > MOST_POINTS:
            self._moments = self._moments[::2]
            self._every *= 2

    def view(self, origin: float) -> DatabaseView | None:
        """All of it, with the history in seconds since `origin`; None before the first export."""
        if not self._seen:
            return None
        counted = self._before.plus(self._counted)
        outcomes = counted.transactions
        return DatabaseView(
            version=self._version,
            restarts=self._restarts,
            cpu_percent=self._gauges.get("cpu_percent"),
            memory_bytes=self._gauges.get("memory_bytes"),
            sessions=self._gauges.get("sessions"),
            statements=counted.statements.timing(),
            queries=counted.queries.timing(),
            transactions=Transactions(
                committed=outcomes.get("success", 0),
                cancelled=outcomes.get("cancelled", 0),
                failed=outcomes.get("error", 0),
                conflicts=outcomes.get("conflicts", 0),
            ),
            history=tuple(self._points(origin)),
        )

    def _points(self, origin: float) -> Iterator[DatabasePoint]:
        for at, point in self._moments:
            yield point.model_copy(update={"at_seconds": round(at - origin, 3)})
