"""Owns the model of what differs between two runs, as JSON; computes and renders nothing."""

from enum import StrEnum
from typing import Literal

from purreal_runner.document import Unit
from purreal_runner.judge.thresholds import ThresholdResult
from purreal_runner.judge.verdict import Verdict
from purreal_runner.measure.data import Data


class Trend(StrEnum):
    """What a difference means."""

    BETTER = "Better"
    WORSE = "Worse"
    EQUAL = "Equal"
    """No difference, or one too small to be told apart."""
    UNCLEAR = "Unclear"
    """Neither direction is good in itself, a value is missing, or the runs had different tasks."""


class Difference(Data):
    """One number of both runs in its base unit.

    `difference` is after minus before, `relative` that as a share of before; None where a value
    is missing, or there is nothing to be a share of.
    """

    before: float | None
    after: float | None
    difference: float | None
    relative: float | None


class Change(Difference):
    """A difference of a measured number; `metric` is a threshold's name, where there is one."""

    metric: str
    name: str
    unit: Unit
    trend: Trend


class ThresholdChange(Data):
    """One threshold as each run judged it; None where a run had no such threshold."""

    before: ThresholdResult | None
    after: ThresholdResult | None
    observed: Difference


class About(StrEnum):
    """What makes two runs hard to compare."""

    WORKLOAD = "Workload"
    LOAD = "Load"
    INCOMPLETE = "Incomplete"
    SEED = "Seed"
    POOL = "Pool"
    TARGET = "Target"
    GENERATOR = "Generator"


class Caveat(Data):
    """One thing to know before reading the numbers, in words."""

    about: About
    words: str


class Side(Data):
    """One of the two runs; `run` is its number on a cluster, `started_at` in ISO 8601."""

    name: str
    run: int | None = None
    started_at: str | None = None
    verdict: Verdict
    reason: str


class Comparison(Data):
    """What differs between two runs.

    `same_task`: workload and load were the same and both runs went to their end; without that no
    difference is called better or worse.
    """

    schema_version: Literal[1] = 1
    before: Side
    after: Side
    caveats: tuple[Caveat, ...]
    same_task: bool
    thresholds: tuple[ThresholdChange, ...]
    results: tuple[Change, ...]
    latencies: tuple[Change, ...]
    pool: tuple[Change, ...]
