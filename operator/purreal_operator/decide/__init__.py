"""Decides what happens next to a test from what was seen: no I/O, no clock, no memory."""

from purreal_operator.decide.decide import decide
from purreal_operator.decide.decision import Decision, Orders
from purreal_operator.decide.observation import Observation

__all__ = ["Decision", "Observation", "Orders", "decide"]
