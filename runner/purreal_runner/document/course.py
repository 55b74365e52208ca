"""The parts of the spec about the course of a run: runners, faults, losses, deadlines."""

from collections.abc import Iterator
from typing import Self

from pydantic import Field, model_validator

from purreal_runner.document.enums import FaultType, LostRunnersPolicy
from purreal_runner.document.fields import BrokenRule, Model, Whole, refuse
from purreal_runner.document.runner_pod import RunnerPod


class RunnersSpec(Model):
    """How many runners share the load: pods on a cluster, processes locally."""

    replicas: Whole = Field(default=1, ge=1, le=1_000, description="Runner pods (locally: pools).")
    processes: Whole = Field(
        default=1, ge=1, le=32, description="Processes of each runner; each has one pool."
    )
    pod: RunnerPod = Field(
        default_factory=RunnerPod, description="Settings of the runner pods; ignored locally."
    )

    @property
    def pools(self) -> int:
        """Pools in all: replicas times processes."""
        return self.replicas * self.processes


class Fault(Model):
    """Something that is broken on purpose while the load runs."""

    type: FaultType = Field(
        description="`CloseConnection`: the borrower closes the connection inside its lease."
    )
    every_operations: Whole = Field(
        ge=1, le=1_000_000_000, description="Every how many operations it happens."
    )


class LostRunners(Model):
    """What runners that are lost after the start mean for the run."""

    policy: LostRunnersPolicy = Field(
        default=LostRunnersPolicy.FAIL,
        description="`Fail`: the run ends. `Continue`: it goes on, marked as degraded.",
    )
    maximum: Whole | None = Field(
        default=None,
        ge=1,
        le=1_000,
        description="Most runners that may be lost under `Continue`; absent: all but one.",
    )

    @model_validator(mode="after")
    def _maximum_only_with_continue(self) -> Self:
        refuse(self._broken_rules())
        return self

    def _broken_rules(self) -> Iterator[BrokenRule]:
        if self.maximum is not None and self.policy is LostRunnersPolicy.FAIL:
            yield BrokenRule(("maximum",), "belongs to policy Continue, but policy is Fail")


class Deadlines(Model):
    """How long each phase of a run may take."""

    target_seconds: Whole = Field(
        default=120, ge=1, le=86_400, description="Seconds until the target is ready."
    )
    ready_seconds: Whole = Field(
        default=120,
        ge=1,
        le=86_400,
        description="Seconds until all runners are ready (locally: until all pools are open).",
    )
    run_seconds: Whole | None = Field(
        default=None,
        ge=1,
        le=20_000_000,
        description="Seconds from the start to the end of the load. Absent: what the load needs "
        "(its duration, or its operations at 100 per second, and the warm-up) + 120.",
    )
    collect_seconds: Whole = Field(
        default=60, ge=1, le=86_400, description="Seconds to collect the results of all runners."
    )


class Retention(Model):
    """How long a finished test is kept on a cluster."""

    ttl_seconds_after_success: Whole | None = Field(
        default=None,
        ge=0,
        le=31_536_000,
        description="Seconds after which a test that succeeded is deleted; absent: kept.",
    )
    ttl_seconds_after_failure: Whole | None = Field(
        default=None,
        ge=0,
        le=31_536_000,
        description="Seconds after which a test that did not succeed is deleted; absent: kept.",
    )
