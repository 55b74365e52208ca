"""The `spec.load` part of the document: how much load and for how long, in totals over all pools.

Knows nothing of how the load is split or driven.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from purreal_runner.document.enums import LoadType
from purreal_runner.document.fields import BrokenRule, Model, Whole, refuse, union_rules
from purreal_runner.document.not_built_yet import only_built

MEMBERS: Mapping[StrEnum, str] = MappingProxyType({LoadType.CLOSED: "closed"})


class ClosedLoad(Model):
    """A fixed number of workers, each starting its next operation when the last one ended."""

    workers: Whole = Field(
        ge=1,
        le=100_000,
        description="Concurrent workers in all; divided over the pools.",
    )


class Stop(Model):
    """When the load ends: after a number of operations or after a time."""

    operations: Whole | None = Field(
        default=None, ge=1, le=1_000_000_000, description="Operations in all, over all pools."
    )
    duration_seconds: Whole | None = Field(
        default=None, ge=1, le=604_800, description="Length of the measured load in seconds."
    )

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        refuse(self._broken_rules())
        return self

    def _broken_rules(self) -> Iterator[BrokenRule]:
        if self.operations is None and self.duration_seconds is None:
            yield BrokenRule((), "needs operations or durationSeconds")
        if self.operations is not None and self.duration_seconds is not None:
            yield BrokenRule(
                ("durationSeconds",), "only one of operations and durationSeconds is possible"
            )


class LoadSpec(Model):
    """How much load, in totals over all pools."""

    type: Annotated[LoadType, AfterValidator(only_built)] = Field(
        default=LoadType.CLOSED,
        description="`Closed`: a number of workers. `Open`: an arrival rate.",
    )
    closed: ClosedLoad | None = Field(default=None, description="Settings of type `Closed`.")
    stop: Stop = Field(description="When the load ends; exactly one of its fields.")
    warm_up_seconds: Whole = Field(
        default=0,
        ge=0,
        le=3_600,
        description="Load in seconds before `stop` begins to count; not in the totals.",
    )

    @model_validator(mode="after")
    def _has_the_member_that_type_names(self) -> Self:
        refuse(union_rules(self, self.type, MEMBERS, optional=frozenset()))
        return self
