"""Owns the stand-ins for pool, exchange and clock that the measuring tests share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from purreal_runner.measure import Recorder


@dataclass
class ManualClock:
    """Nanoseconds that pass only when a test says so."""

    now_ns: int = 0

    def __call__(self) -> int:
        return self.now_ns

    def pass_ms(self, milliseconds: float) -> None:
        self.now_ns += int(milliseconds * 1_000_000)


@dataclass(frozen=True)
class Gauges:
    """Stands for `purreal.PoolStats`."""

    open: int = 0
    leased: int = 0
    waiting: int = 0
    peak_waiting: int = 0
    max_size: int = 10


@dataclass(frozen=True)
class FakeExchange:
    """Stands for `purreal.Exchange`."""

    method: str = "query"
    seconds: float = 0.0
    reply: dict[str, Any] | None = field(default_factory=lambda: {"result": []})
    error: BaseException | None = None
    trace_context: str | None = None


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def recorder(clock: ManualClock) -> Recorder:
    return Recorder(clock=clock)


@pytest.fixture
def gauges() -> type[Gauges]:
    return Gauges


@pytest.fixture
def exchange() -> type[FakeExchange]:
    return FakeExchange


@pytest.fixture
def query_reply() -> Callable[..., dict[str, Any]]:
    def reply(*times: str) -> dict[str, Any]:
        return {"result": [{"status": "OK", "result": None, "time": each} for each in times]}

    return reply
