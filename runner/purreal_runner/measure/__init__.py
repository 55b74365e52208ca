"""Measuring: what one pool's run produces, and adding several up without loss."""

from purreal_runner.measure.health import ProcessHealth, ProcessWatch
from purreal_runner.measure.histogram import Distribution, Histogram
from purreal_runner.measure.merge import Merged, merge
from purreal_runner.measure.operation import Operation, current_operation, observe
from purreal_runner.measure.part import Part
from purreal_runner.measure.recorder import Recorder

__all__ = [
    "Distribution",
    "Histogram",
    "Merged",
    "Operation",
    "Part",
    "ProcessHealth",
    "ProcessWatch",
    "Recorder",
    "current_operation",
    "merge",
    "observe",
]
