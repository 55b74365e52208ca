"""Reporting: one model of a run's result, and its renderings."""

from purreal_runner.judge.facts import PoolFacts, RunFacts, TargetFacts

__all__ = ["PoolFacts", "RunFacts", "TargetFacts"]
