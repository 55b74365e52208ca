"""Owns counting durations in OTLP exponential-histogram buckets; knows nothing about operations.

Bucket `i` holds the values above `base ** i` and up to `base ** (i + 1)` seconds with
`base = 2 ** (1 / 64)`, which is scale 6 of the OpenTelemetry metrics data model.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from math import ceil, isqrt
from operator import add, sub
from typing import Self

from purreal_runner.measure.data import Data

SCALE = 6
_PER_OCTAVE = 2**SCALE
_FIRST_EXPONENT = -1913  # the smallest k with 2 ** (k / 64) s >= 1 ns
_LAST_EXPONENT = 17 * _PER_OCTAVE  # 2 ** 17 s, about 36 hours
_GUARD_BITS = 80


def _root_of_octave(step: int) -> int:
    """floor(2 ** (step / 64) * 10 ** 9 * 2 ** 80) in whole numbers: six square roots deep."""
    value: int = 2**step * (10**9 * 2**_GUARD_BITS) ** _PER_OCTAVE
    for _ in range(SCALE):
        value = isqrt(value)
    return value


def _upper_bounds_ns() -> list[int]:
    """Upper bounds in whole nanoseconds: [0] for the zero bucket, then one per exponent.

    A float would put values beside an exact power of two into the wrong bucket; a whole number of
    nanoseconds is at most a real bound exactly when it is at most the bound rounded down.
    """
    roots = [_root_of_octave(step) for step in range(_PER_OCTAVE)]
    bounds = [0]
    for exponent in range(_FIRST_EXPONENT, _LAST_EXPONENT + 1):
        octave, step = divmod(exponent, _PER_OCTAVE)
        bounds.append(roots[step] >> (_GUARD_BITS - octave))
    return bounds


BOUNDS_NS = _upper_bounds_ns()
_SLOT_TO_INDEX = _FIRST_EXPONENT - 2  # slot 1 ends at the first exponent, bucket i at i + 1
_LAST_SLOT = len(BOUNDS_NS) - 1


def bucket_index(ns: int) -> int:
    """The OTLP bucket of a duration in nanoseconds; zero and less share one below all others."""
    return min(bisect_left(BOUNDS_NS, ns), _LAST_SLOT) + _SLOT_TO_INDEX


def bucket_indexes(durations_ns: Iterable[int]) -> Iterator[int]:
    """The OTLP bucket of each of many durations; the same as `bucket_index`, and quicker."""
    return map(_INDEX_OF_SLOT.__getitem__, map(bisect_left, repeat(BOUNDS_NS), durations_ns))


_INDEX_OF_SLOT = [*(min(slot, _LAST_SLOT) + _SLOT_TO_INDEX for slot in range(len(BOUNDS_NS) + 1))]
ZERO_INDEX = bucket_index(0)


def bucket_middle_ns(index: int) -> float:
    """The geometric middle of a bucket in nanoseconds: at most 0.55 % from any value in it."""
    if index == ZERO_INDEX:
        return 0.0
    return float(2.0 ** ((index + 0.5) / _PER_OCTAVE) * 1e9)


@dataclass(frozen=True, slots=True)
class OtlpFields:
    """The fields of an OTLP `ExponentialHistogramDataPoint`, as plain data; values in seconds."""

    scale: int
    zero_count: int
    offset: int
    bucket_counts: tuple[int, ...]
    count: int
    sum: float
    min: float | None
    max: float | None


class Distribution(Data):
    """What a histogram counted: exact count, sum, least and greatest, and sparse buckets.

    `buckets` are (OTLP index, count) pairs in ascending order; `sum_ns`, `min_ns` and `max_ns` are
    nanoseconds; the last two are None when nothing was recorded.
    """

    scale: int = SCALE
    zero_count: int = 0
    sum_ns: int = 0
    min_ns: int | None = None
    max_ns: int | None = None
    buckets: tuple[tuple[int, int], ...] = ()

    @property
    def count(self) -> int:
        """How many values were recorded."""
        return self.zero_count + sum(count for _, count in self.buckets)

    @property
    def mean_seconds(self) -> float | None:
        """The exact mean, None when empty."""
        count = self.count
        return self.sum_ns / count / 1e9 if count else None

    @property
    def min_seconds(self) -> float | None:
        """The exact least value, None when empty."""
        return None if self.min_ns is None else self.min_ns / 1e9

    @property
    def max_seconds(self) -> float | None:
        """The exact greatest value, None when empty."""
        return None if self.max_ns is None else self.max_ns / 1e9

    def percentile_seconds(self, percent: float) -> float | None:
        """The nearest-rank percentile, at most 0.55 % off: the middle of the bucket that holds it.

        Args:
            percent: above 0 and up to 100.

        Returns:
            Seconds, never outside the recorded range; None when nothing was recorded.
        """
        if self.min_ns is None or self.max_ns is None:
            return None
        rank = max(1, ceil(self.count * percent / 100))
        seen = self.zero_count
        middle_ns = 0.0
        for index, count in self.buckets:
            if seen >= rank:
                break
            seen += count
            middle_ns = bucket_middle_ns(index)
        return min(max(middle_ns, self.min_ns), self.max_ns) / 1e9

    def to_otlp(self) -> OtlpFields:
        """The same counts as the dense fields of an OTLP data point."""
        first = self.buckets[0][0] if self.buckets else 0
        last = self.buckets[-1][0] if self.buckets else -1
        by_index = dict(self.buckets)
        return OtlpFields(
            scale=self.scale,
            zero_count=self.zero_count,
            offset=first,
            bucket_counts=tuple(by_index.get(index, 0) for index in range(first, last + 1)),
            count=self.count,
            sum=self.sum_ns / 1e9,
            min=self.min_seconds,
            max=self.max_seconds,
        )

    @classmethod
    def merge(cls, parts: Iterable[Self]) -> Self:
        """Add several distributions without loss: as if one histogram had recorded all values.

        Raises:
            ValueError: a part was counted in buckets of another scale.
        """
        parts = list(parts)
        buckets: Counter[int] = Counter()
        for part in parts:
            if part.scale != SCALE:
                raise ValueError(f"cannot merge buckets of scale {part.scale}, only scale {SCALE}")
            buckets.update(dict(part.buckets))
        least = [part.min_ns for part in parts if part.min_ns is not None]
        greatest = [part.max_ns for part in parts if part.max_ns is not None]
        return cls(
            zero_count=sum(part.zero_count for part in parts),
            sum_ns=sum(part.sum_ns for part in parts),
            min_ns=min(least, default=None),
            max_ns=max(greatest, default=None),
            buckets=tuple(sorted(buckets.items())),
        )


class Histogram:
    """Counts durations in whole nanoseconds, one at a time or many at once.

    Below zero counts as zero, above 36 hours in the last bucket.
    """

    __slots__ = ("_counts", "_max_ns", "_min_ns", "_sum_ns")

    def __init__(self) -> None:
        self._counts = [0] * len(BOUNDS_NS)
        self._sum_ns = 0
        self._min_ns = BOUNDS_NS[-1] * 1000
        self._max_ns = -1

    def record(self, ns: int) -> None:
        """Count one duration."""
        try:
            self._counts[bisect_left(BOUNDS_NS, ns)] += 1
        except IndexError:
            self._counts[-1] += 1
        if ns < 0:
            ns = 0
        self._sum_ns += ns
        if ns < self._min_ns:
            self._min_ns = ns
        if ns > self._max_ns:
            self._max_ns = ns

    def record_all(self, durations_ns: Sequence[int]) -> None:
        """Count many durations: the same as one after the other, at half the cost from about a
        thousand on.

        In order, the durations of a bucket stand together, so only the ends of the buckets are
        looked for, and all loops run in C.
        """
        ordered = sorted(durations_ns)
        if not ordered:
            return
        if ordered[0] < 0:
            ordered = [max(0, ns) for ns in ordered]
        first = min(bisect_left(BOUNDS_NS, ordered[0]), _LAST_SLOT)
        last = min(bisect_left(BOUNDS_NS, ordered[-1]), _LAST_SLOT)
        up_to = [*map(bisect_right, repeat(ordered), BOUNDS_NS[first:last]), len(ordered)]
        found = map(sub, up_to, chain((0,), up_to))
        self._counts[first : last + 1] = map(add, self._counts[first : last + 1], found)
        self._sum_ns += sum(ordered)
        self._min_ns = min(self._min_ns, ordered[0])
        self._max_ns = max(self._max_ns, ordered[-1])

    def distribution(self) -> Distribution:
        """What was recorded so far."""
        if self._max_ns < 0:
            return Distribution()
        counts = enumerate(self._counts)
        return Distribution(
            zero_count=next(counts)[1],
            sum_ns=self._sum_ns,
            min_ns=self._min_ns,
            max_ns=self._max_ns,
            buckets=tuple((slot + _SLOT_TO_INDEX, count) for slot, count in counts if count),
        )
