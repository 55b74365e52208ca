"""How the fields of a part are laid out in metrics; makes and reads no message.

Whoever writes and whoever reads look here, so they can't disagree. What OTLP has no place for:
sums, least and greatest of histograms in whole nanoseconds are metrics of their own beside the
histogram (its own fields are floats); texts and None among the pool's statistics are attributes.
"""

from enum import Enum
from typing import Final

from purreal_runner.measure.histogram import BOUNDS_NS
from purreal_runner.measure.series import MOST_POINTS
from purreal_runner.otlp import names


class Kind(Enum):
    """What kind of metric it is: the first two are sums since the start of the measured load."""

    TOTAL = "a cumulative sum that only grows"
    LEVEL = "a cumulative sum that may shrink"
    GAUGE = "a gauge"
    HISTOGRAM = "an exponential histogram"


DURATIONS: Final = {
    "acquire": names.WAIT_TIME,
    "query": names.REQUEST_DURATION,
    "operation": names.OPERATION_DURATION,
    "database": names.OPERATION_DATABASE,
    "rest": names.OPERATION_REST,
}
"""The fields of `Distributions`, and the histogram of each."""

EXACT: Final = {
    names.EXACT_SUM: "sum_ns",
    names.EXACT_MIN: "min_ns",
    names.EXACT_MAX: "max_ns",
}
"""The fields of `Distribution` that a histogram's floats can't hold, and the metric of each."""

OUTCOMES: Final = ("succeeded", "failed", "timed_out", "cancelled")
"""The fields of `Counts` that say how operations ended."""

PHASES: Final = ("acquire", "database", "total")
"""The times of a `BreakdownRow`, without their unit."""

MOMENTS: Final = ("before_load", "peak", "after_load")
"""The fields of `PoolRecord` that say how many leases were open and used."""

HISTORY_COUNTS: Final = ("completed", "failed", "open", "used", "waiting", "rss_bytes")
HISTORY_SECONDS: Final = "loop_lag_seconds"
"""The fields of `Point`; each is a gauge with one data point for each interval."""

SHAPES: Final[dict[str, tuple[Kind, str]]] = {
    **dict.fromkeys((*DURATIONS.values(), names.LOOP_LAG), (Kind.HISTOGRAM, "s")),
    names.EXACT_SUM: (Kind.TOTAL, "ns"),
    names.EXACT_MIN: (Kind.GAUGE, "ns"),
    names.EXACT_MAX: (Kind.GAUGE, "ns"),
    names.ISSUED: (Kind.TOTAL, "{operation}"),
    names.ENDED: (Kind.TOTAL, "{operation}"),
    names.CONCURRENT: (Kind.GAUGE, "{operation}"),
    names.ERRORS: (Kind.TOTAL, "{error}"),
    names.BREAKDOWN_COUNT: (Kind.TOTAL, "{operation}"),
    names.BREAKDOWN_TIME: (Kind.TOTAL, "ns"),
    names.STARTED: (Kind.GAUGE, "s"),
    names.STOPPED: (Kind.GAUGE, "s"),
    names.POOL_MAX: (Kind.LEVEL, "{connection}"),
    names.POOL_COUNT: (Kind.LEVEL, "{connection}"),
    names.POOL_PENDING: (Kind.LEVEL, "{request}"),
    names.LEASES: (Kind.GAUGE, "{connection}"),
    names.PEAK_WAITING: (Kind.GAUGE, "{request}"),
    names.PEAK_CONCURRENT: (Kind.GAUGE, "{operation}"),
    names.SETTLED: (Kind.GAUGE, "s"),
    names.STATISTIC: (Kind.GAUGE, "1"),
    names.STATISTIC_TEXT: (Kind.GAUGE, "1"),
    names.CPU_TIME: (Kind.TOTAL, "s"),
    names.MEMORY: (Kind.LEVEL, "By"),
    names.MEMORY_BEFORE: (Kind.GAUGE, "By"),
    names.MEMORY_PEAK: (Kind.GAUGE, "By"),
    names.WALL_TIME: (Kind.TOTAL, "s"),
    names.THROTTLED: (Kind.TOTAL, "s"),
    names.LOG_RECORDS: (Kind.TOTAL, "{record}"),
    names.HISTORY_INTERVAL: (Kind.GAUGE, "s"),
    **{names.HISTORY + field: (Kind.GAUGE, "1") for field in HISTORY_COUNTS},
    names.HISTORY + HISTORY_SECONDS: (Kind.GAUGE, "s"),
}
"""Every metric that a part has, with its kind and unit.

`db.client.connection.count` and `.pending_requests` are sent because backends know them; they are
not read, the pool's statistics say the same.
"""

SIGNED: Final = frozenset({names.STARTED, names.STOPPED})
"""Load that is stopped during its warm-up was measured before the agreed start."""

LONGEST_TEXT: Final = 2_000
"""Characters of one attribute; a longer statistic in words is cut to it."""

MOST_BUCKETS: Final = len(BOUNDS_NS)
MOST_NUMBERS: Final = max(MOST_POINTS, MOST_BUCKETS * len(PHASES))
MOST_ATTRIBUTES: Final = 64
MOST_PARTS: Final = 64
