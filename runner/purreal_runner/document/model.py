"""The whole document, `PoolLoadTest`, and its spec, put together from the parts; reads no files."""

from collections.abc import Iterator
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from purreal_runner.document.course import Deadlines, Fault, LostRunners, Retention, RunnersSpec
from purreal_runner.document.enums import DesiredState, Scenario, TargetConcurrency, WorkloadType
from purreal_runner.document.fields import BrokenRule, Model, refuse
from purreal_runner.document.kubernetes import API_VERSION, KIND
from purreal_runner.document.load import LoadSpec
from purreal_runner.document.metadata import Metadata
from purreal_runner.document.pool import PoolSpec
from purreal_runner.document.target import TargetSpec
from purreal_runner.document.telemetry import TelemetrySpec
from purreal_runner.document.thresholds import Threshold
from purreal_runner.document.workload import WorkloadSpec

__all__ = ["API_VERSION", "KIND", "PoolLoadTest", "PoolLoadTestSpec"]

SLOWEST_EXPECTED_RATE = 100
"""Operations per second; below it a load that counts operations runs into its deadline."""

RUN_ALLOWANCE_SECONDS = 120


def _sustained() -> WorkloadSpec:
    return WorkloadSpec(type=WorkloadType.SCENARIO, scenario=Scenario.SUSTAINED)


class PoolLoadTestSpec(Model):
    """What to test, with how much load, and what counts as passed."""

    target: TargetSpec = Field(
        default_factory=TargetSpec,
        description="The SurrealDB under test. Absent: embedded locally, ephemeral on a cluster.",
    )
    pool: PoolSpec = Field(default_factory=PoolSpec, description="The settings of EACH pool.")
    runners: RunnersSpec = Field(
        default_factory=RunnersSpec,
        description="How many runners share the load; pools in all: replicas × processes.",
    )
    workload: WorkloadSpec = Field(
        default_factory=_sustained,
        description="What one operation does. Absent: the scenario `Sustained`.",
    )
    load: LoadSpec = Field(description="How much load, in TOTALS over all pools.")
    faults: tuple[Fault, ...] = Field(
        default=(), max_length=16, description="What is broken on purpose while the load runs."
    )
    thresholds: tuple[Threshold, ...] = Field(
        default=(),
        max_length=32,
        description="Conditions for the verdict Passed; with none the verdict is Completed.",
    )
    lost_runners: LostRunners = Field(
        default_factory=LostRunners,
        description="What runners that are lost after the start mean for the run.",
    )
    deadlines: Deadlines = Field(
        default_factory=Deadlines, description="How long each phase of a run may take."
    )
    target_concurrency: TargetConcurrency = Field(
        default=TargetConcurrency.QUEUE,
        description="What this test does when another one runs on the same target; "
        "ignored locally.",
    )
    desired_state: DesiredState = Field(
        default=DesiredState.ACTIVE,
        description="Set to `Cancelled` to stop the run; may change at any time. Ignored locally.",
    )
    retention: Retention = Field(
        default_factory=Retention,
        description="How long a finished test is kept on a cluster; ignored locally.",
    )
    telemetry: TelemetrySpec | None = Field(
        default=None,
        description="Own collector that gets the telemetry, too; ignored locally. Absent: none.",
    )

    @model_validator(mode="after")
    def _every_pool_has_a_worker(self) -> Self:
        refuse(self._broken_rules())
        return self

    def _broken_rules(self) -> Iterator[BrokenRule]:
        runners = self.runners
        if runners.pools > self.workers:
            words = (
                f"{runners.replicas} × {runners.processes} = {runners.pools} pools need at least "
                f"one worker each, but spec.load.closed.workers is {self.workers}"
            )
            yield BrokenRule(("runners",), words)

    @property
    def workers(self) -> int:
        """Concurrent workers in all."""
        return self.load.closed.workers if self.load.closed is not None else 0

    @property
    def run_seconds(self) -> int:
        """Seconds the load may take: the deadline, or what the load needs + 120."""
        if self.deadlines.run_seconds is not None:
            return self.deadlines.run_seconds
        stop = self.load.stop
        needed = stop.duration_seconds or -(-(stop.operations or 0) // SLOWEST_EXPECTED_RATE)
        return self.load.warm_up_seconds + needed + RUN_ALLOWANCE_SECONDS


class PoolLoadTest(Model):
    """A load test of a connection pool against SurrealDB, and what counts as passed."""

    api_version: Literal["purreal.dev/v1alpha1"] = Field(
        description="Version of this kind of document."
    )
    kind: Literal["PoolLoadTest"] = Field(description="Kind of this document.")
    metadata: Metadata = Field(description="Name and labels of the test.")
    spec: PoolLoadTestSpec = Field(description="What to test and with how much load.")
    status: Any = Field(
        default=None, description="Written by the operator; ignored here.", exclude=True, repr=False
    )
