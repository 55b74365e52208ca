"""What a threshold can be about: metrics, their base units, comparisons; knows no results."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

from pydantic.alias_generators import to_snake


class Metric(StrEnum):
    """What a threshold can be about."""

    SUCCESS_RATIO = "SuccessRatio"
    THROUGHPUT = "Throughput"
    FAILED_OPERATIONS = "FailedOperations"
    TIMED_OUT_OPERATIONS = "TimedOutOperations"
    ACQUIRE_P50 = "AcquireP50"
    ACQUIRE_P95 = "AcquireP95"
    ACQUIRE_P99 = "AcquireP99"
    ACQUIRE_MAX = "AcquireMax"
    ACQUIRE_MEAN = "AcquireMean"
    QUERY_P50 = "QueryP50"
    QUERY_P95 = "QueryP95"
    QUERY_P99 = "QueryP99"
    QUERY_MAX = "QueryMax"
    QUERY_MEAN = "QueryMean"
    OPERATION_P50 = "OperationP50"
    OPERATION_P95 = "OperationP95"
    OPERATION_P99 = "OperationP99"
    OPERATION_MAX = "OperationMax"
    OPERATION_MEAN = "OperationMean"
    POOL_UTILIZATION = "PoolUtilization"

    @property
    def unit(self) -> "Unit":
        """The base unit in which this metric is measured and its limit is compared."""
        return _OTHER_UNITS.get(self, Unit.SECONDS)

    @property
    def snake_case(self) -> str:
        """The metric's name on the command line."""
        return to_snake(self.value)


class Unit(StrEnum):
    """Base units of metrics."""

    RATIO = "ratio"
    PER_SECOND = "per second"
    COUNT = "count"
    SECONDS = "seconds"


class Comparison(StrEnum):
    """How an observed value is compared with a limit; named as in the document."""

    AT_LEAST = "atLeast"
    AT_MOST = "atMost"
    ABOVE = "above"
    BELOW = "below"

    @property
    def symbol(self) -> str:
        """The operator on the command line."""
        return _SYMBOLS[self]

    def holds(self, observed: float, limit: float) -> bool:
        """Whether `observed` keeps within `limit`, both in the same unit."""
        return _HOLDS[self](observed, limit)


_OTHER_UNITS: Mapping[Metric, Unit] = MappingProxyType(
    {
        Metric.SUCCESS_RATIO: Unit.RATIO,
        Metric.POOL_UTILIZATION: Unit.RATIO,
        Metric.THROUGHPUT: Unit.PER_SECOND,
        Metric.FAILED_OPERATIONS: Unit.COUNT,
        Metric.TIMED_OUT_OPERATIONS: Unit.COUNT,
    }
)
_SYMBOLS: Mapping[Comparison, str] = MappingProxyType(
    {
        Comparison.AT_LEAST: ">=",
        Comparison.AT_MOST: "<=",
        Comparison.ABOVE: ">",
        Comparison.BELOW: "<",
    }
)
_HOLDS: Mapping[Comparison, Callable[[float, float], bool]] = MappingProxyType(
    {
        Comparison.AT_LEAST: lambda observed, limit: observed >= limit,
        Comparison.AT_MOST: lambda observed, limit: observed <= limit,
        Comparison.ABOVE: lambda observed, limit: observed > limit,
        Comparison.BELOW: lambda observed, limit: observed < limit,
    }
)
