"""Owns what is kept of sampled operations: plain spans; knows no OpenTelemetry and no pool."""

from pydantic import Field

from purreal_runner.measure.data import Data

SpanAttributes = dict[str, str | int | float | bool]


class SampledSpan(Data):
    """One stretch of time of a sampled operation; it belongs to the trace of the run.

    `span_id` and `parent_id` are 64-bit numbers; without a parent it is a child of the run's root
    span. Times are nanoseconds since 1970. `error` is the type of what ended it, None after
    success; never a message, which may quote what must not be seen.
    """

    name: str
    span_id: int
    parent_id: int | None = None
    start_unix_ns: int
    end_unix_ns: int
    attributes: SpanAttributes = Field(default_factory=dict)
    error: str | None = None
