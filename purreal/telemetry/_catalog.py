"""Owns which metrics there are and where each is in the pool's statistics; knows no OpenTelemetry.

Names, units and descriptions with `db.` are those of the semantic conventions for database client
metrics; what the conventions have no metric for is under `purreal.`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from purreal import PoolStats
from purreal.telemetry._names import ACQUIRE_OUTCOME, CONNECT_OUTCOME, STATE

Points = tuple[tuple[Mapping[str, str], Callable[[PoolStats], float]], ...]
"""The attributes of each value of a metric, and how to read it."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One instrument: a counter when it `only_grows`, else an up-down counter."""

    name: str
    unit: str
    description: str
    points: Points
    only_grows: bool = False


def _one(field: str) -> Points:
    return (({}, attrgetter(field)),)


def _by(attribute: str, **fields: str) -> Points:
    return tuple(({attribute: value}, attrgetter(field)) for value, field in fields.items())


def _used(stats: PoolStats) -> int:
    # Not open - idle: an exporter's thread may read while the pool changes, and get less than 0.
    return stats.leased + stats.preparing


_CONVENTIONS: Final = (
    Metric(
        "db.client.connection.count",
        "{connection}",
        "The number of connections that are currently in state described by the `state` attribute.",
        (({STATE: "idle"}, attrgetter("idle")), ({STATE: "used"}, _used)),
    ),
    Metric(
        "db.client.connection.idle.max",
        "{connection}",
        "The maximum number of idle open connections allowed.",
        _one("max_size"),  # any number may idle until max_idle_time
    ),
    Metric(
        "db.client.connection.idle.min",
        "{connection}",
        "The minimum number of idle open connections allowed.",
        _one("min_size"),
    ),
    Metric(
        "db.client.connection.max",
        "{connection}",
        "The maximum number of open connections allowed.",
        _one("max_size"),
    ),
    Metric(
        "db.client.connection.pending_requests",
        "{request}",
        "The number of current pending requests for an open connection.",
        _one("waiting"),
    ),
    Metric(
        "db.client.connection.timeouts",
        "{timeout}",
        "The number of connection timeouts that have occurred trying to obtain a connection from "
        "the pool.",
        _one("timed_out"),
        only_grows=True,
    ),
)


def _total(name: str, unit: str, description: str, points: Points) -> Metric:
    return Metric(name, unit, description, points, only_grows=True)


_BEYOND: Final = (
    _total(
        "purreal.acquire.requests",
        "{request}",
        "Calls of acquire() and checkout() that have ended, by how they ended.",
        _by(
            ACQUIRE_OUTCOME,
            granted="granted",
            timed_out="timed_out",
            shed="shed",
            cancelled="cancelled",
            failed="failed",
        ),
    ),
    _total(
        "purreal.acquire.wait_time",
        "s",
        "Total time that granted requests waited.",
        _one("wait_seconds"),
    ),
    _total("purreal.lease.returns", "{lease}", "Leases returned.", _one("released")),
    _total(
        "purreal.lease.use_time",
        "s",
        "Total time that returned leases were out.",
        _one("use_seconds"),
    ),
    _total(
        "purreal.connect.attempts",
        "{attempt}",
        "Attempts to open a connection that have ended, by how they ended.",
        _by(CONNECT_OUTCOME, connected="connects", failed="connect_failures"),
    ),
    _total(
        "purreal.connect.create_time",
        "s",
        "Total time that successful attempts to open a connection took.",
        _one("connect_seconds"),
    ),
    _total(
        "purreal.connection.lost",
        "{connection}",
        "Connections that broke by themselves, lent or not.",
        _one("lost"),
    ),
)

METRICS: Final = _CONVENTIONS + _BEYOND
