"""Puts a part together from the metrics of one resource; knows no message and no sender."""

from collections.abc import Iterable
from typing import Final, TypeVar

from purreal_runner.measure import Part, ProcessHealth
from purreal_runner.measure.errors import ErrorCount, ErrorKind
from purreal_runner.measure.histogram import BOUNDS_NS, ZERO_INDEX
from purreal_runner.measure.part import (
    BreakdownRow,
    Counts,
    Distributions,
    PoolPeak,
    PoolRecord,
)
from purreal_runner.measure.series import FINEST_SECONDS, MOST_POINTS, Point, Series
from purreal_runner.otlp import names
from purreal_runner.otlp.layout import (
    DURATIONS,
    HISTORY_COUNTS,
    HISTORY_SECONDS,
    MOMENTS,
    OUTCOMES,
    PHASES,
)
from purreal_runner.otlp.reading import Attributes, Readings, text
from purreal_runner.otlp.unreadable import UnreadablePart

Key = TypeVar("Key")
Item = TypeVar("Item")
_BUCKETS: Final = range(ZERO_INDEX, ZERO_INDEX + len(BOUNDS_NS))
_COARSEST: Final = 2**20


def part_of(readings: Readings, *, index: int, process: int, final: bool) -> Part:
    """The part that the metrics of one resource tell; without the history, if not final.

    Raises:
        UnreadablePart: something is missing or contradicts itself.
    """
    return Part(
        index=index,
        process=process,
        started=readings.number(names.STARTED),
        ended=readings.number(names.STOPPED),
        peak_concurrent=readings.whole(names.CONCURRENT),
        counts=_counts(readings),
        errors=_errors(readings),
        distributions=Distributions(
            **{field: readings.distribution(name) for field, name in DURATIONS.items()}
        ),
        breakdown=_breakdown(readings),
        series=_series(readings, final),
        logs=_unique(
            (text(attributes, names.LOGGER), count)
            for count, attributes in readings.wholes(names.LOG_RECORDS)
        ),
        pool=_pool(readings),
        health=_health(readings),
    )


def _counts(readings: Readings) -> Counts:
    ended = _unique(
        (text(attributes, names.OUTCOME), count)
        for count, attributes in readings.wholes(names.ENDED)
    )
    if set(ended) != set(OUTCOMES):
        raise UnreadablePart(f"{names.ENDED} does not have exactly the known outcomes")
    counts = Counts(issued=readings.whole(names.ISSUED), **ended)
    if counts.in_flight < 0:
        raise UnreadablePart("more operations ended than began")
    return counts


def _errors(readings: Readings) -> tuple[ErrorCount, ...]:
    found: list[tuple[tuple[ErrorKind, str], ErrorCount]] = []
    for count, attributes in readings.wholes(names.ERRORS):
        kind = text(attributes, names.ERROR_KIND)
        if kind not in set(ErrorKind):
            raise UnreadablePart("an error is of an unknown kind")
        error = ErrorCount(
            kind=ErrorKind(kind),
            type=text(attributes, names.ERROR_TYPE),
            count=count,
            example=text(attributes, names.ERROR_EXAMPLE),
        )
        found.append(((error.kind, error.type), error))
    return tuple(_unique(found).values())


def _breakdown(readings: Readings) -> tuple[BreakdownRow, ...]:
    counts = _unique(
        (_bucket(attributes), count) for count, attributes in readings.wholes(names.BREAKDOWN_COUNT)
    )
    times = _unique(
        ((_bucket(attributes), text(attributes, names.PHASE)), ns)
        for ns, attributes in readings.wholes(names.BREAKDOWN_TIME)
    )
    if set(times) != {(bucket, phase) for bucket in counts for phase in PHASES}:
        raise UnreadablePart("the breakdown does not have exactly one time for each phase")
    return tuple(
        BreakdownRow(
            bucket=bucket,
            count=count,
            **{f"{phase}_ns": times[bucket, phase] for phase in PHASES},
        )
        for bucket, count in counts.items()
    )


def _bucket(attributes: Attributes) -> int:
    bucket = attributes.get(names.BUCKET)
    if not isinstance(bucket, int) or bucket not in _BUCKETS:
        raise UnreadablePart(f"the attribute {names.BUCKET} is missing, or no bucket of ours")
    return bucket


def _pool(readings: Readings) -> PoolRecord:
    leases = _unique(
        ((text(attributes, names.MOMENT), text(attributes, names.STATE)), count)
        for count, attributes in readings.wholes(names.LEASES)
    )
    moments = {moment for moment, _ in leases}
    needed = {*MOMENTS[:2], *moments}
    if not needed <= set(MOMENTS) or set(leases) != {
        (moment, state) for moment in needed for state in ("open", "used")
    }:
        raise UnreadablePart(f"{names.LEASES} does not have exactly the known moments")
    return PoolRecord(
        max_size=readings.whole(names.POOL_MAX),
        peak_waiting=readings.whole(names.PEAK_WAITING),
        peak_concurrent=readings.whole(names.PEAK_CONCURRENT),
        settled_seconds=readings.number(names.SETTLED),
        final=_statistics(readings),
        **{
            moment: PoolPeak(open=leases[moment, "open"], used=leases[moment, "used"])
            for moment in needed
        },
    )


def _statistics(readings: Readings) -> dict[str, int | float | str | None]:
    found: list[tuple[str, int | float | str | None]] = []
    for number, attributes in readings.numbers(names.STATISTIC):
        found.append((text(attributes, names.NAME), number))
    for told, attributes in readings.wholes(names.STATISTIC_TEXT):
        words = text(attributes, names.TEXT) if told else None
        found.append((text(attributes, names.NAME), words))
    return _unique(found)


def _health(readings: Readings) -> ProcessHealth:
    throttled = readings.number(names.THROTTLED) if readings.has(names.THROTTLED) else None
    return ProcessHealth(
        loop_lag=readings.distribution(names.LOOP_LAG),
        wall_seconds=readings.number(names.WALL_TIME),
        cpu_seconds=readings.number(names.CPU_TIME),
        throttled_seconds=throttled,
        rss_before_bytes=readings.whole(names.MEMORY_BEFORE),
        rss_peak_bytes=readings.whole(names.MEMORY_PEAK),
        rss_after_bytes=readings.whole(names.MEMORY),
    )


def _series(readings: Readings, final: bool) -> Series:
    if not final:
        return Series()
    seconds = readings.number(names.HISTORY_INTERVAL)
    columns: dict[str, list[int | float]] = {
        field: [value for value, _ in readings.wholes(names.HISTORY + field)]
        for field in HISTORY_COUNTS
    }
    lags = readings.numbers(names.HISTORY + HISTORY_SECONDS)
    columns[HISTORY_SECONDS] = [float(value) for value, _ in lags]
    lengths = {len(column) for column in columns.values()}
    if not _is_interval(seconds) or len(lengths) > 1 or max(lengths) > MOST_POINTS:
        raise UnreadablePart(f"its history is not one of up to {MOST_POINTS} whole intervals")
    points = zip(*columns.values(), strict=True)
    return Series(
        seconds=seconds,
        points=tuple(Point(**dict(zip(columns, point, strict=True))) for point in points),
    )


def _is_interval(seconds: float) -> bool:
    """Histories are joined by halving their resolution; others would never fit each other."""
    ratio = seconds / FINEST_SECONDS
    return 1 <= ratio <= _COARSEST and ratio.is_integer() and int(ratio).bit_count() == 1


def _unique(pairs: Iterable[tuple[Key, Item]]) -> dict[Key, Item]:
    found: dict[Key, Item] = {}
    for key, item in pairs:
        if key in found:
            raise UnreadablePart("a metric says the same thing twice")
        found[key] = item
    return found
