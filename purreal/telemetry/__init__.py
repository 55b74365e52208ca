"""Owns the public face of the OpenTelemetry support; the pool never imports it."""

try:
    import opentelemetry.metrics
    import opentelemetry.trace  # noqa: F401
except ImportError as error:
    raise ImportError(
        "purreal.telemetry needs the OpenTelemetry API: pip install 'purreal[otel]'"
    ) from error

from purreal.telemetry._metrics import Instrumentation, instrument
from purreal.telemetry._spans import trace_exchanges

__all__ = ["Instrumentation", "instrument", "trace_exchanges"]
