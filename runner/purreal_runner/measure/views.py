"""Owns what measuring reads of the pool's objects; knows nothing else of them."""

from collections.abc import Mapping
from typing import Any, Protocol


class PoolGauges(Protocol):
    """The gauges of `purreal.PoolStats`."""

    @property
    def max_size(self) -> int: ...
    @property
    def open(self) -> int: ...
    @property
    def leased(self) -> int: ...
    @property
    def waiting(self) -> int: ...


class PoolReadings(PoolGauges, Protocol):
    """The gauges with the longest queue since the pool was opened."""

    @property
    def peak_waiting(self) -> int: ...


class ExchangeView(Protocol):
    """What the recorder reads of `purreal.Exchange`."""

    @property
    def method(self) -> str: ...
    @property
    def seconds(self) -> float: ...
    @property
    def reply(self) -> Mapping[str, Any] | None: ...
    @property
    def error(self) -> BaseException | None: ...
    @property
    def trace_context(self) -> str | None: ...
