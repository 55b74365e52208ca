"""Turns parts into OpenTelemetry's metrics; sends nothing, and loses nothing of a final part."""

from collections.abc import Callable, Sequence
from functools import partial

from opentelemetry.sdk.metrics.export import MetricsData, ResourceMetrics, ScopeMetrics
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from purreal import __version__
from purreal_runner.measure import Part, ProcessHealth
from purreal_runner.measure.part import PoolRecord
from purreal_runner.measure.series import Series
from purreal_runner.otlp import names
from purreal_runner.otlp.identity import PodIdentity
from purreal_runner.otlp.layout import (
    DURATIONS,
    HISTORY_COUNTS,
    HISTORY_SECONDS,
    LONGEST_TEXT,
    MOMENTS,
    OUTCOMES,
    PHASES,
)
from purreal_runner.otlp.points import Points

_FAR = 1e9
"""Seconds from the start beyond which points are all at the same place of a time axis."""


def encode(parts: Sequence[Part], identity: PodIdentity, *, final: bool) -> MetricsData:
    """The parts of one pod as one message for the OTLP exporter, a resource for each pool.

    Args:
        parts: of all pools of the pod.
        identity: who sends them.
        final: these are the results, and the history goes with them; else they are how far
            things are, and the next message replaces this one.
    """
    return MetricsData([_resource_metrics(part, identity, final) for part in parts])


def resource_of(identity: PodIdentity) -> dict[str, str | int]:
    """The attributes that everything from one pod has."""
    return {
        names.SERVICE_NAME: names.RUNNER_SERVICE,
        names.SERVICE_VERSION: __version__,
        names.SERVICE_INSTANCE_ID: identity.pod_uid,
        names.POD_NAME: identity.pod_name,
        names.RUN_ID: identity.run_id,
        names.RUNNER_INDEX: identity.runner_index,
    }


def _resource_metrics(part: Part, identity: PodIdentity, final: bool) -> ResourceMetrics:
    points = Points(_at(identity, part.started), _at(identity, part.ended))
    _operations(points, part)
    _pool(points, part.pool)
    _process(points, part.health)
    _words(points, part)
    if final:
        _history(points, part.series, partial(_at, identity), part.started)
    resource = Resource(
        {
            **resource_of(identity),
            names.POOL_INDEX: part.index,
            names.PROCESS: part.process,
            names.PART_VERSION: part.schema_version,
            names.PART_FINAL: final,
        }
    )
    scope = InstrumentationScope(names.SCOPE, __version__)
    return ResourceMetrics(resource, [ScopeMetrics(scope, points.metrics, "")], "")


def _at(identity: PodIdentity, seconds: float) -> int:
    """A moment of the run in nanoseconds since 1970."""
    return identity.start_unix_ns + int(max(-_FAR, min(seconds, _FAR)) * 1e9)


def _operations(points: Points, part: Part) -> None:
    durations = {name: getattr(part.distributions, field) for field, name in DURATIONS.items()}
    for name, distribution in durations.items():
        points.histogram(name, distribution)
    points.exact({**durations, names.LOOP_LAG: part.health.loop_lag})
    points.number(names.STARTED, part.started)
    points.number(names.STOPPED, part.ended)
    points.number(names.ISSUED, part.counts.issued)
    points.numbers(
        names.ENDED,
        [(getattr(part.counts, outcome), {names.OUTCOME: outcome}) for outcome in OUTCOMES],
    )
    points.number(names.CONCURRENT, part.peak_concurrent)
    points.numbers(
        names.BREAKDOWN_COUNT, [(row.count, {names.BUCKET: row.bucket}) for row in part.breakdown]
    )
    points.numbers(
        names.BREAKDOWN_TIME,
        [
            (getattr(row, f"{phase}_ns"), {names.BUCKET: row.bucket, names.PHASE: phase})
            for row in part.breakdown
            for phase in PHASES
        ],
    )


def _pool(points: Points, pool: PoolRecord) -> None:
    moments = {moment: getattr(pool, moment) for moment in MOMENTS}
    points.number(names.POOL_MAX, pool.max_size)
    points.numbers(
        names.LEASES,
        [
            (getattr(leases, state), {names.MOMENT: moment, names.STATE: state})
            for moment, leases in moments.items()
            if leases is not None
            for state in ("open", "used")
        ],
    )
    points.number(names.PEAK_WAITING, pool.peak_waiting)
    points.number(names.PEAK_CONCURRENT, pool.peak_concurrent)
    points.number(names.SETTLED, pool.settled_seconds)
    numbers = {name: each for name, each in pool.final.items() if isinstance(each, int | float)}
    texts = {name: each for name, each in pool.final.items() if name not in numbers}
    points.numbers(
        names.STATISTIC, [(number, {names.NAME: name}) for name, number in numbers.items()]
    )
    points.numbers(
        names.STATISTIC_TEXT,
        [
            (0, {names.NAME: name})
            if text is None
            else (1, {names.NAME: name, names.TEXT: str(text)[:LONGEST_TEXT]})
            for name, text in texts.items()
        ],
    )
    _present(points, numbers)


def _present(points: Points, statistics: dict[str, int | float]) -> None:
    """The gauges that the semantic conventions name, out of the pool's own statistics."""
    used = statistics.get("leased", 0) + statistics.get("preparing", 0)
    states = {"idle": statistics.get("idle", 0), "used": used}
    if statistics:
        points.numbers(
            names.POOL_COUNT, [(count, {names.STATE: state}) for state, count in states.items()]
        )
        points.number(names.POOL_PENDING, statistics.get("waiting", 0))


def _process(points: Points, health: ProcessHealth) -> None:
    points.histogram(names.LOOP_LAG, health.loop_lag)
    points.number(names.WALL_TIME, health.wall_seconds)
    points.number(names.CPU_TIME, health.cpu_seconds)
    if health.throttled_seconds is not None:
        points.number(names.THROTTLED, health.throttled_seconds)
    points.number(names.MEMORY_BEFORE, health.rss_before_bytes)
    points.number(names.MEMORY_PEAK, health.rss_peak_bytes)
    points.number(names.MEMORY, health.rss_after_bytes)


def _words(points: Points, part: Part) -> None:
    points.numbers(
        names.ERRORS,
        [
            (
                error.count,
                {
                    names.ERROR_KIND: error.kind.value,
                    names.ERROR_TYPE: error.type,
                    names.ERROR_EXAMPLE: error.example,
                },
            )
            for error in part.errors
        ],
    )
    points.numbers(
        names.LOG_RECORDS, [(count, {names.LOGGER: logger}) for logger, count in part.logs.items()]
    )


def _history(points: Points, series: Series, at: Callable[[float], int], started: float) -> None:
    ends = [at(started + series.seconds * number) for number in range(1, len(series.points) + 1)]
    points.number(names.HISTORY_INTERVAL, series.seconds)
    for field in (*HISTORY_COUNTS, HISTORY_SECONDS):
        values = (getattr(point, field) for point in series.points)
        points.curve(names.HISTORY + field, zip(ends, values, strict=True))
