"""Owns splitting the operations' time at a percentile and naming the largest share."""

from collections.abc import Sequence
from dataclasses import dataclass

from purreal_runner.judge import wording
from purreal_runner.judge.generator import GeneratorFindings
from purreal_runner.measure.data import Data
from purreal_runner.measure.merge import Merged
from purreal_runner.measure.part import BreakdownRow

PERCENTS = (50.0, 95.0, 99.0)
_IDLE_GENERATOR = GeneratorFindings()
_LARGE_PART = 0.5
_WINDOW_PERCENT = 2.5
"""Operations this near a percentile stand for it: one alone would be an accident."""


class TimeSplit(Data):
    """Where an operation at a percentile spends its time; the three parts add up to the whole."""

    percent: float
    operation_seconds: float
    waiting_seconds: float
    database_seconds: float
    rest_seconds: float


class WhereTimeWent(Data):
    """One row for each percentile, and the finding in one sentence; empty without operations."""

    rows: tuple[TimeSplit, ...] = ()
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class _Shares:
    waiting: float
    database: float

    @property
    def rest(self) -> float:
        return 1.0 - self.waiting - self.database


def where_time_went(
    merged: Merged, generator: GeneratorFindings = _IDLE_GENERATOR
) -> WhereTimeWent:
    """Split the operations that succeeded at p50, p95 and p99.

    Args:
        merged: the measurements.
        generator: named when its own lag is a large part of what neither wait nor database explain.
    """
    rows = tuple(_split(merged, percent) for percent in PERCENTS)
    known = tuple(row for row in rows if row is not None)
    if not known:
        return WhereTimeWent()
    at_p95 = next(row for row in known if row.percent == 95.0)
    sentence = _sentence(at_p95, merged, generator)
    return WhereTimeWent(rows=known, sentence=sentence)


def _split(merged: Merged, percent: float) -> TimeSplit | None:
    whole = merged.distributions.operation.percentile_seconds(percent)
    shares = _shares_near(merged.breakdown, percent)
    if whole is None or shares is None:
        return None
    return TimeSplit(
        percent=percent,
        operation_seconds=whole,
        waiting_seconds=whole * shares.waiting,
        database_seconds=whole * shares.database,
        rest_seconds=whole * shares.rest,
    )


def _shares_near(rows: Sequence[BreakdownRow], percent: float) -> _Shares | None:
    """Shares of the operations around a percentile; buckets at the edges count in part."""
    number = sum(row.count for row in rows)
    window = min(_WINDOW_PERCENT, 100.0 - percent)
    low, high = number * (percent - window) / 100, number * (percent + window) / 100
    waiting = database = total = 0.0
    seen = 0
    for row in rows:
        inside = max(0.0, min(high, seen + row.count) - max(low, seen)) / row.count
        waiting += inside * row.acquire_ns
        # Requests side by side in one operation can add up to more than it took.
        database += inside * min(row.database_ns, row.total_ns - row.acquire_ns)
        total += inside * row.total_ns
        seen += row.count
    return _Shares(waiting / total, database / total) if total else None


def _sentence(row: TimeSplit, merged: Merged, generator: GeneratorFindings) -> str:
    spent = {
        _waiting_words(merged): row.waiting_seconds,
        "in the database: quicker statements or a bigger server help, more leases do not": (
            row.database_seconds
        ),
        _rest_words(row, generator): row.rest_seconds,
    }
    words, seconds = max(spent.items(), key=lambda item: item[1])
    part = wording.share(seconds / row.operation_seconds if row.operation_seconds else 0.0)
    return f"{part} of the p95 is spent {words}"


def _waiting_words(merged: Merged) -> str:
    if merged.full_pools:
        return "waiting for a lease: raise max_size"
    if merged.opened_under_load:
        return "waiting for a lease while connections were opened: raise min_size"
    return "waiting for a lease although there were some left: the event loop was busy"


def _rest_words(row: TimeSplit, generator: GeneratorFindings) -> str:
    words = "on the wire, in the server's queue and in the client"
    lag_seconds = generator.lag_p95_seconds
    if generator.saturated or lag_seconds > row.rest_seconds * _LARGE_PART:
        return (
            f"{words}: the load generator's own event loop ran {wording.seconds(lag_seconds)} late"
        )
    return words
