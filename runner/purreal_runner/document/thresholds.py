"""The `spec.thresholds` part of the document: limits with units, and their CLI form.

Parses and compares; knows no results.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Self

from pydantic import Field, model_validator
from pydantic.alias_generators import to_snake

from purreal_runner.document.fields import LIMIT, BrokenRule, Model, refuse
from purreal_runner.document.metrics import Comparison, Metric, Unit

__all__ = [
    "Comparison",
    "Metric",
    "Threshold",
    "ThresholdLimit",
    "Unit",
    "parse_limit",
    "parse_threshold_expression",
]

_SUFFIXES: Mapping[Unit, Mapping[str, Decimal]] = MappingProxyType(
    {
        Unit.RATIO: {"%": Decimal("0.01")},
        Unit.PER_SECOND: {"/s": Decimal(1)},
        Unit.COUNT: {"": Decimal(1)},
        Unit.SECONDS: {
            "us": Decimal("0.000001"),
            "ms": Decimal("0.001"),
            "s": Decimal(1),
            "m": Decimal(60),
        },
    }
)
"""Decimal, so that `99.9%` is the float nearest to 0.999 and 999 of 1,000 pass it."""
_EXAMPLES: Mapping[Unit, str] = MappingProxyType(
    {
        Unit.RATIO: "a share such as '99.9%'",
        Unit.PER_SECOND: "a rate such as '500/s'",
        Unit.COUNT: "a whole number such as '0'",
        Unit.SECONDS: "a duration such as '20ms' or '1s'",
    }
)
_LIMIT_PARTS = re.compile(r"([0-9]+(?:[.][0-9]+)?)([a-z%/]*)")
_EXPRESSION = re.compile(r"\s*([A-Za-z0-9_]+)\s*(<=|>=|<|>)\s*(\S+)\s*")


def parse_limit(metric: Metric, text: str) -> float:
    """Turn a limit with its unit into the base unit of `metric`.

    Args:
        metric: decides which units fit.
        text: such as `99.9%`, `20ms`, `500/s` or `0`.

    Returns:
        A ratio (0–1), seconds, operations per second or a count.

    Raises:
        ValueError: not a number with a unit that fits the metric.
    """
    words = f"{metric} needs {_EXAMPLES[metric.unit]}, not {text!r}"
    parts = _LIMIT_PARTS.fullmatch(text)
    if parts is None:
        raise ValueError(words)
    number, suffix = parts.groups()
    factors = _SUFFIXES[metric.unit]
    if suffix not in factors or (metric.unit is Unit.COUNT and "." in number):
        raise ValueError(words)
    value = float(Decimal(number) * factors[suffix])
    if metric.unit is Unit.RATIO and value > 1.0:
        raise ValueError(f"{metric} can't be above 100%, not {text!r}")
    return value


@dataclass(frozen=True, slots=True)
class ThresholdLimit:
    """A limit in base units (see `Unit`), with the text the user wrote."""

    comparison: Comparison
    value: float
    unit: Unit
    text: str

    def holds(self, observed: float) -> bool:
        """Whether `observed`, in `unit`, keeps within the limit."""
        return self.comparison.holds(observed, self.value)


class Threshold(Model):
    """One condition for the verdict Passed: a metric and exactly one limit."""

    metric: Metric = Field(description="What is measured, over all pools together.")
    at_least: str | None = Field(
        default=None,
        max_length=24,
        pattern=LIMIT,
        description="Passes if the value is this or more.",
    )
    at_most: str | None = Field(
        default=None,
        max_length=24,
        pattern=LIMIT,
        description="Passes if the value is this or less.",
    )
    above: str | None = Field(
        default=None,
        max_length=24,
        pattern=LIMIT,
        description="Passes if the value is more than this.",
    )
    below: str | None = Field(
        default=None,
        max_length=24,
        pattern=LIMIT,
        description="Passes if the value is less than this.",
    )

    @model_validator(mode="after")
    def _one_limit_that_fits(self) -> Self:
        refuse(self._broken_rules())
        return self

    def _broken_rules(self) -> Iterator[BrokenRule]:
        written = self._written()
        if len(written) != 1:
            have = ", ".join(side for side, _ in written) or "none"
            words = f"needs exactly one of atLeast, atMost, above and below, not {have}"
            yield BrokenRule((), words)
        for side, text in written:
            try:
                parse_limit(self.metric, text)
            except ValueError as error:
                yield BrokenRule((side.value,), str(error))

    def _written(self) -> list[tuple[Comparison, str]]:
        sides = {
            Comparison.AT_LEAST: self.at_least,
            Comparison.AT_MOST: self.at_most,
            Comparison.ABOVE: self.above,
            Comparison.BELOW: self.below,
        }
        return [(side, text) for side, text in sides.items() if text is not None]

    @property
    def limit(self) -> ThresholdLimit:
        """The limit in the base unit of the metric."""
        [(comparison, text)] = self._written()
        unit = self.metric.unit
        return ThresholdLimit(comparison, parse_limit(self.metric, text), unit, text)

    @property
    def expression(self) -> str:
        """The threshold as it is written on the command line, such as `acquire_p95 < 20ms`."""
        limit = self.limit
        return f"{self.metric.snake_case} {limit.comparison.symbol} {limit.text}"


def parse_threshold_expression(expression: str) -> Threshold:
    """Read a threshold from the command line, such as `acquire_p95 < 20ms`.

    Raises:
        ValueError: with one readable line.
    """
    parts = _EXPRESSION.fullmatch(expression)
    if parts is None:
        raise ValueError(
            f"{expression!r} is not METRIC OPERATOR LIMIT, such as 'acquire_p95 < 20ms' "
            "(operators: < <= > >=)"
        )
    name, symbol, text = parts.groups()
    metric = _metric_named(name)
    parse_limit(metric, text)
    comparison = next(side for side in Comparison if side.symbol == symbol)
    return Threshold.model_validate({"metric": metric, comparison.value: text})


def _metric_named(name: str) -> Metric:
    known = {metric.snake_case: metric for metric in Metric}
    if name in known:
        return known[name]
    nearest = difflib.get_close_matches(to_snake(name), known, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"known: {', '.join(known)}"
    raise ValueError(f"there is no metric {name!r}; {hint}")
