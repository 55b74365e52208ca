"""Owns the spans of requests, made after the fact; must not know pools or leases."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from opentelemetry import trace

from purreal import Exchange, Outcome, __version__, outcome_of
from purreal._statements import first_result
from purreal.telemetry._names import ERROR_TYPE, OPERATION, REQUEST_OUTCOME, STATUS_CODE, SYSTEM


def trace_exchanges(
    tracer_provider: trace.TracerProvider | None = None,
    *,
    attributes: Mapping[str, str | int] | None = None,
) -> Callable[[Exchange], None]:
    """Make a function for the pool's `on_exchange` that leaves one client span for each request.

    A span is made when its request has ended, as a child of the span that is current in the
    borrower's task. It has the RPC method and, after a failure, the kind of error; never the text
    of a query, its parameters, or an error's message, which may quote both.

    Args:
        tracer_provider: OpenTelemetry's global one when None, also if that is set later.
        attributes: put on every span, such as `db.namespace` or `server.address`.
    """
    tracer = trace.get_tracer("purreal", __version__, tracer_provider)
    constant = {**SYSTEM, **(attributes or {})}

    def record(exchange: Exchange) -> None:
        # Spans need the time of day, which the exchange has not: it ended just now.
        ended = time.time_ns()
        span = tracer.start_span(
            exchange.method,
            kind=trace.SpanKind.CLIENT,
            attributes={**constant, OPERATION: exchange.method},
            start_time=ended - round(exchange.seconds * 1e9),
        )
        if span.is_recording():
            failure = exchange.error or _failed_statement(exchange)
            if failure is not None:
                span.set_attributes(_describe(failure))
                span.set_status(trace.StatusCode.ERROR)
        span.end(ended)

    return record


def _failed_statement(exchange: Exchange) -> Exception | None:
    """The error of a query that was answered, but one of whose statements failed."""
    result = None if exchange.reply is None else exchange.reply.get("result")
    if exchange.method != "query" or not isinstance(result, list):
        return None
    failed = [each for each in result if isinstance(each, dict) and each.get("status") == "ERR"]
    try:
        first_result(failed)
    except Exception as error:
        return error
    return None


def _describe(error: BaseException) -> dict[str, str]:
    outcome = outcome_of(error)
    if outcome is Outcome.REJECTED:
        kind = str(getattr(error, "kind", "Internal"))
        described = {STATUS_CODE: kind, ERROR_TYPE: kind}
    else:
        described = {ERROR_TYPE: _name_of(type(error))}
    return described if outcome is None else {**described, REQUEST_OUTCOME: outcome.name.lower()}


def _name_of(kind: type[BaseException]) -> str:
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"
