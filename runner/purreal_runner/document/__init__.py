"""The `PoolLoadTest` document: its models, and reading it as kubectl does; runs nothing."""

from purreal_runner.document.metrics import Comparison, Metric, Unit
from purreal_runner.document.model import PoolLoadTest, PoolLoadTestSpec
from purreal_runner.document.problems import InvalidDocument, Problem
from purreal_runner.document.reading import load_document, parse_document
from purreal_runner.document.thresholds import (
    Threshold,
    ThresholdLimit,
    parse_threshold_expression,
)

__all__ = [
    "Comparison",
    "InvalidDocument",
    "Metric",
    "PoolLoadTest",
    "PoolLoadTestSpec",
    "Problem",
    "Threshold",
    "ThresholdLimit",
    "Unit",
    "load_document",
    "parse_document",
    "parse_threshold_expression",
]
