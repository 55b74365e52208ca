"""The `spec.workload` part of the document: what one operation does; runs nothing."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from purreal_runner.document.enums import Scenario, WorkloadType
from purreal_runner.document.fields import (
    ABSOLUTE_PATH,
    IDENTIFIER,
    SURREAL_NAME,
    BrokenRule,
    Flag,
    Model,
    Whole,
    exactly_one,
    refuse,
    repeated,
    union_rules,
)
from purreal_runner.document.target import ConfigMapKey
from purreal_runner.document.templates import broken_templates

MEMBERS: Mapping[StrEnum, str] = MappingProxyType(
    {
        WorkloadType.SCENARIO: "scenario",
        WorkloadType.MIX: "mix",
        WorkloadType.PYTHON: "python",
    }
)

LONGEST_TEXT = 131_072
"""Characters of the setup and all queries, so that the whole document fits into a ConfigMap."""

ParameterName = Annotated[str, Field(min_length=1, max_length=63, pattern=IDENTIFIER)]


class MixOperation(Model):
    """One kind of operation in a mix of own queries."""

    name: str = Field(
        min_length=1,
        max_length=63,
        pattern=SURREAL_NAME,
        description="Name of the operation in the report; unique in the mix.",
    )
    weight: Whole = Field(
        default=1,
        ge=1,
        le=1_000_000,
        description="Share of this operation: its weight divided by the sum of all weights.",
    )
    query: str = Field(
        min_length=1,
        max_length=16_384,
        description="SurrealQL of one operation; may hold several statements. `${table:NAME}` "
        "is a table of the run's own, dropped at its end.",
    )
    params: dict[ParameterName, Any] = Field(
        default_factory=dict,
        max_length=64,
        description="Parameters of the query, any JSON values. Text may hold templates, filled "
        "in for each operation: `${worker}`, `${iteration}`, `${pool}`, `${task}`, `${uuid}`, "
        "`${int:LOW:HIGH}`, `${float:LOW:HIGH}`, `${string:LENGTH}`, `${choice:A,B,C}`, "
        "`${payload:BYTES}`, `${table:NAME}`.",
    )
    transaction: Flag = Field(
        default=False, description="Whether the query runs as one transaction, all or nothing."
    )
    think_time_milliseconds: Whole = Field(
        default=0,
        ge=0,
        le=3_600_000,
        description="Pause of the worker after the operation, in milliseconds, without a lease.",
    )

    @model_validator(mode="after")
    def _templates_can_be_filled_in(self) -> Self:
        refuse(broken_templates(self.query, self.params))
        return self


class PythonWorkload(Model):
    """An operation written in Python: `async def simulate_work(conn, task_id)`."""

    config_map_ref: ConfigMapKey | None = Field(
        default=None,
        description="ConfigMap entry with the Python file. Locally `--workload FILE` is needed.",
    )
    file: Annotated[str, Field(min_length=2, max_length=512, pattern=ABSOLUTE_PATH)] | None = Field(
        default=None,
        description="Path of the Python file in the runner's image, `spec.runners.pod.image`. "
        "Locally `--workload FILE` is needed.",
    )
    function: str = Field(
        default="simulate_work",
        min_length=1,
        max_length=63,
        pattern=IDENTIFIER,
        description="Name of the asynchronous function, called as `function(conn, task_id)`.",
    )

    @model_validator(mode="after")
    def _one_file(self) -> Self:
        refuse(exactly_one(self, ("config_map_ref", "file")))
        return self


class WorkloadSpec(Model):
    """What one operation does."""

    type: WorkloadType = Field(
        default=WorkloadType.SCENARIO, description="Where the operations come from."
    )
    scenario: Scenario | None = Field(
        default=None, description="Built-in scenario, for type `Scenario`."
    )
    mix: Annotated[tuple[MixOperation, ...], Field(min_length=1, max_length=64)] | None = Field(
        default=None, description="Own queries with their shares, for type `Mix`."
    )
    python: PythonWorkload | None = Field(
        default=None, description="Own Python function, for type `Python`."
    )
    setup: str = Field(
        default="",
        max_length=65_536,
        description="SurrealQL that runs once, before the load.",
    )
    seed: Whole = Field(
        default=42,
        ge=0,
        le=2_147_483_647,
        description="Seed of everything random in the load, so that a run can be repeated.",
    )

    @model_validator(mode="after")
    def _has_the_member_that_type_names(self) -> Self:
        refuse(self._broken_rules())
        return self

    def _broken_rules(self) -> Iterator[BrokenRule]:
        yield from union_rules(self, self.type, MEMBERS, optional=frozenset())
        for position, name in repeated(operation.name for operation in self.mix or ()):
            words = f"{name!r} is used twice; each operation needs its own name"
            yield BrokenRule(("mix", position, "name"), words)
        length = len(self.setup) + sum(len(operation.query) for operation in self.mix or ())
        if length > LONGEST_TEXT:
            words = f"setup and queries have {length} characters together; at most {LONGEST_TEXT}"
            yield BrokenRule(("mix",), words)
