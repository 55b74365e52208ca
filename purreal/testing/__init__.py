"""Owns the public testing aids: fakes and a fake server; the pool never imports it."""

from purreal.testing._fake_connection import FakeConnection, FakeConnector, Operation
from purreal.testing._fake_server import FakeServer, Stall, one_result_per_statement
from purreal.testing._latency import (
    Constant,
    Empirical,
    Exponential,
    Latency,
    LogNormal,
    Uniform,
    parse_latency,
)
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
    "Constant",
    "Empirical",
    "Exponential",
    "FakeConnection",
    "FakeConnector",
    "FakeServer",
    "Gate",
    "Latency",
    "LogNormal",
    "Operation",
    "Script",
    "ScriptedServer",
    "ScriptedTransport",
    "Stall",
    "Step",
    "Uniform",
    "fails",
    "id_less",
    "one_result_per_statement",
    "parse_latency",
    "returns",
    "slow",
]
