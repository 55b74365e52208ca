"""The `spec.telemetry` part of the document: where else the run's telemetry goes; sends none."""

from typing import Annotated

from pydantic import AfterValidator, Field

from purreal_runner.document.address import usable_collector
from purreal_runner.document.fields import COLLECTOR, Model


class TelemetrySpec(Model):
    """Where the telemetry of runners and database goes, beside the operator."""

    endpoint: Annotated[str, AfterValidator(usable_collector)] = Field(
        min_length=8,
        max_length=2048,
        pattern=COLLECTOR,
        description="OTLP/HTTP address of an own collector, `http://HOST:PORT` or "
        "`https://HOST:PORT`, to which the operator passes on what it receives; `/v1/metrics` and "
        "`/v1/traces` are added. User name and password do not belong here.",
    )
