"""Owns distributions of simulated service times and their spelling; must not know servers."""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass
from typing import Protocol


class Latency(Protocol):
    """A distribution of service times."""

    def sample(self, random: random.Random) -> float:
        """Draw one service time in seconds."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same time."""

    seconds: float = 0.0

    def sample(self, random: random.Random) -> float:
        """Return the time."""
        return self.seconds


@dataclass(frozen=True, slots=True)
class Uniform:
    """Every time between two bounds is as likely as any other."""

    low_seconds: float
    high_seconds: float

    def sample(self, random: random.Random) -> float:
        """Draw a time between the bounds."""
        return random.uniform(self.low_seconds, self.high_seconds)


@dataclass(frozen=True, slots=True)
class Exponential:
    """Many short times, few long ones, with the given mean."""

    mean_seconds: float

    def sample(self, random: random.Random) -> float:
        """Draw a time with that mean."""
        return random.expovariate(1.0) * self.mean_seconds


@dataclass(frozen=True, slots=True)
class LogNormal:
    """What real services look like: half of the times below the median, a long tail above.

    Args:
        median_seconds: the median.
        sigma: width of the logarithm; the p99 is ``median · exp(2.326 · sigma)``.
    """

    median_seconds: float
    sigma: float

    def sample(self, random: random.Random) -> float:
        """Draw a time with that median."""
        return self.median_seconds * math.exp(random.gauss(0.0, self.sigma))


@dataclass(frozen=True, slots=True)
class Empirical:
    """Times that were measured, drawn with equal chances."""

    seconds: tuple[float, ...]

    def sample(self, random: random.Random) -> float:
        """Draw one of the times."""
        return random.choice(self.seconds)


_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m)")


def parse_seconds(text: str) -> float:
    """Read a duration such as ``2ms``, ``1.5s`` or ``0``.

    Raises:
        ValueError: it is none.
    """
    if text == "0":
        return 0.0
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration; write a number and a unit, such as 2ms")
    return float(match[1]) * _UNITS[match[2]]


def parse_latency(text: str) -> Latency:
    """Read a distribution.

    Args:
        text: ``constant:2ms``, ``uniform:1ms,5ms``, ``exponential:2ms`` (mean),
            ``lognormal:2ms,0.5`` (median, sigma) or ``empirical:1ms,1ms,9ms``.

    Raises:
        ValueError: it is none of these.
    """
    kind, _, rest = text.partition(":")
    arguments = rest.split(",") if rest else []
    match kind, arguments:
        case "constant", [seconds]:
            return Constant(parse_seconds(seconds))
        case "uniform", [low, high]:
            return Uniform(parse_seconds(low), parse_seconds(high))
        case "exponential", [mean]:
            return Exponential(parse_seconds(mean))
        case "lognormal", [median, sigma]:
            return LogNormal(parse_seconds(median), float(sigma))
        case "empirical", [_, *_]:
            return Empirical(tuple(parse_seconds(each) for each in arguments))
        case _:
            raise ValueError(
                f"{text!r} is no latency; write constant:T, uniform:T,T, exponential:MEAN,"
                " lognormal:MEDIAN,SIGMA or empirical:T,T,…"
            )
