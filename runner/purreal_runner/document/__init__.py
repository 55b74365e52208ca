"""The `PoolLoadTest` document: its models, and reading it as kubectl does; runs nothing."""

from purreal_runner.document.model import PoolLoadTest, PoolLoadTestSpec
from purreal_runner.document.thresholds import Threshold, parse_threshold_expression

__all__ = ["PoolLoadTest", "PoolLoadTestSpec", "Threshold", "parse_threshold_expression"]
