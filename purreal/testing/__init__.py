"""Owns the public testing aids: fakes and a fake server; the pool never imports it."""

from purreal.testing._fake_connection import FakeConnection, FakeConnector, Operation
from purreal.testing._script import NEVER, OK, Gate, Script, Step, fails, returns, slow
from purreal.testing._scripted_transport import (
    SILENCE,
    UNDECODABLE,
    Answer,
    ScriptedServer,
    ScriptedTransport,
    id_less,
)

__all__ = [
    "NEVER",
    "OK",
    "SILENCE",
    "UNDECODABLE",
    "Answer",
    "FakeConnection",
    "FakeConnector",
    "Gate",
    "Operation",
    "Script",
    "ScriptedServer",
    "ScriptedTransport",
    "Step",
    "fails",
    "id_less",
    "returns",
    "slow",
]
