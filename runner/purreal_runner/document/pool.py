"""The `spec.pool` part of the document: the settings of each pool; makes none."""

from collections.abc import Iterator
from typing import Self

from pydantic import Field, model_validator

from purreal_runner.document.enums import Lend
from purreal_runner.document.fields import BrokenRule, Model, Whole, refuse

LARGEST_POOL = 120_000
"""The guide's `max_size` for the largest number of workers a document may have."""


class PoolSpec(Model):
    """The settings of EACH pool, as one replica of the user's service would have them."""

    min_size: Whole = Field(
        default=5,
        ge=0,
        le=LARGEST_POOL,
        description="Leases that are kept ready even when nothing happens.",
    )
    max_size: Whole = Field(
        default=50,
        ge=1,
        le=LARGEST_POOL,
        description="Most leases at the same time; never exceeded.",
    )
    max_lifetime_seconds: Whole = Field(
        default=1800,
        ge=0,
        le=604_800,
        description="Age in seconds after which a connection is replaced; 0: never.",
    )
    max_idle_time_seconds: Whole = Field(
        default=300,
        ge=0,
        le=604_800,
        description="Idle time in seconds after which a connection above `minSize` is closed; "
        "0: never.",
    )
    acquire_timeout_seconds: Whole = Field(
        default=30,
        ge=1,
        le=3_600,
        description="Longest wait for a lease in seconds; after it the operation has timed out.",
    )
    lend: Lend = Field(
        default=Lend.AUTO,
        description="What a lease is: a `Session` that shares a few sockets with others (the run "
        "fails where the server has none), a `Connection` with a socket of its own, or `Auto`: "
        "sessions where the server has them (SurrealDB 3), else connections.",
    )

    @model_validator(mode="after")
    def _sizes_fit(self) -> Self:
        refuse(self._broken_rules())
        return self

    def _broken_rules(self) -> Iterator[BrokenRule]:
        if self.min_size > self.max_size:
            words = f"must be at least minSize: {self.max_size} is less than {self.min_size}"
            yield BrokenRule(("maxSize",), words)

    @property
    def max_lifetime(self) -> float | None:
        """`max_lifetime` as the pool takes it: seconds, None for never."""
        return float(self.max_lifetime_seconds) or None

    @property
    def max_idle_time(self) -> float | None:
        """`max_idle_time` as the pool takes it: seconds, None for never."""
        return float(self.max_idle_time_seconds) or None
