"""Owns the pool's settings and refuses impossible ones; must not know how they are used."""

from __future__ import annotations

import math
from dataclasses import dataclass

from purreal._errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolConfig:
    """The limits of one pool; times in seconds, `None` means "no limit".

    Raises:
        ConfigurationError: a value is out of its range or two values contradict each other;
            the message names the parameter, the value and what would be accepted.
    """

    name: str = "purreal"
    min_size: int = 5
    max_size: int = 50
    max_lifetime: float | None = 1800.0
    max_idle_time: float | None = 300.0
    acquire_timeout: float | None = 30.0
    max_waiting: int | None = None
    max_connecting: int | None = None
    connect_timeout: float = 10.0
    request_timeout: float | None = 60.0
    check_after_idle: float | None = 30.0

    def __post_init__(self) -> None:
        self._require_whole("min_size", at_least=0)
        self._require_whole("max_size", at_least=1)
        if self.max_connecting is not None:
            self._require_whole("max_connecting", at_least=1)
        if self.max_waiting is not None:
            self._require_whole("max_waiting", at_least=0)
        for name in ("max_idle_time", "acquire_timeout", "check_after_idle"):
            self._require_seconds(name, zero_allowed=True, none_allowed=True)
        for name in ("max_lifetime", "request_timeout"):
            self._require_seconds(name, zero_allowed=False, none_allowed=True)
        self._require_seconds("connect_timeout", zero_allowed=False, none_allowed=False)
        if self.min_size > self.max_size:
            raise ConfigurationError(
                f"min_size={self.min_size} is larger than max_size={self.max_size}: "
                "lower min_size or raise max_size"
            )

    def _require_whole(self, name: str, *, at_least: int) -> None:
        value = getattr(self, name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ConfigurationError(f"{name}={value!r} is not a whole number")
        if value < at_least:
            raise ConfigurationError(f"{name}={value} is too small: use {at_least} or more")

    def _require_seconds(self, name: str, *, zero_allowed: bool, none_allowed: bool) -> None:
        value = getattr(self, name)
        if value is None:
            if none_allowed:
                return
            raise ConfigurationError(f"{name}=None is not allowed: give a number of seconds")
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise ConfigurationError(f"{name}={value!r} is not a number of seconds")
        if value < 0 or (value == 0 and not zero_allowed):
            bound = "0 or more" if zero_allowed else "more than 0"
            hint = ", or None for no limit" if none_allowed else ""
            raise ConfigurationError(f"{name}={value} must be {bound} seconds{hint}")
