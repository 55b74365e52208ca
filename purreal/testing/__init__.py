"""Owns the public testing aids: fakes and a fake server; the pool never imports it."""

from purreal.testing._fake_connection import FakeConnection, FakeConnector, Operation
from purreal.testing._script import NEVER, OK, Gate, Script, Step, fails, returns, slow

__all__ = [
    "NEVER",
    "OK",
    "FakeConnection",
    "FakeConnector",
    "Gate",
    "Operation",
    "Script",
    "Step",
    "fails",
    "returns",
    "slow",
]
