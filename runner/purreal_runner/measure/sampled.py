"""Owns what is kept of sampled operations: plain spans; knows no OpenTelemetry and no pool."""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Iterable
from itertools import chain, count
from random import Random
from typing import TYPE_CHECKING

from pydantic import Field

from purreal_runner.measure.data import Data
from purreal_runner.measure.errors import type_name
from purreal_runner.measure.operation import Operation, database_ns
from purreal_runner.measure.tally import Tally
from purreal_runner.measure.views import ExchangeView

if TYPE_CHECKING:
    from purreal_runner.measure.recorder import Recorder

OPERATIONS_PER_SECOND = 5
KEPT_OPERATIONS = 20
_UNTAKEN_OPERATIONS = 200
_REQUESTS_OF_ONE = 30

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


Trace = tuple[SampledSpan, ...]
"""The spans of one operation, the operation itself first."""


class Sampler:
    """Chooses operations by time alone, and keeps their spans: those that were not taken yet, and
    the slowest of all.

    Args:
        trace_id: of the run's trace, 32 hexadecimal digits.
        pool_index: which pool the operations are of.
        unix_offset_ns: what to add to the recorder's clock for nanoseconds since 1970.
        per_second: so many operations at most.
    """

    def __init__(
        self,
        trace_id: str,
        pool_index: int,
        unix_offset_ns: int,
        per_second: float = OPERATIONS_PER_SECOND,
    ) -> None:
        self.pool_index = pool_index
        self.unix_offset_ns = unix_offset_ns
        self._trace_id = trace_id
        self._step_ns = int(1e9 / per_second)
        self._random = Random()
        self._order = count()
        self._untaken: deque[Trace] = deque(maxlen=_UNTAKEN_OPERATIONS)
        self._slowest: list[tuple[int, int, Trace]] = []

    def next_after(self, now_ns: int) -> int:
        """When the next operation is sampled after one was at this moment."""
        return now_ns + self._step_ns

    def new_span_id(self) -> int:
        """A number that no other span of the trace has, as far as chance can tell."""
        return self._random.getrandbits(64) or 1

    def traceparent(self, span_id: int) -> str:
        """What a request carries so that the server's spans become children of this one."""
        return f"00-{self._trace_id}-{span_id:016x}-01"

    def keep(self, trace: Trace) -> None:
        """An operation has ended."""
        self._untaken.append(trace)
        took_ns = trace[0].end_unix_ns - trace[0].start_unix_ns
        # The number keeps equally slow ones from being compared span by span.
        entry = (took_ns, next(self._order), trace)
        if len(self._slowest) < KEPT_OPERATIONS:
            heapq.heappush(self._slowest, entry)
        else:
            heapq.heappushpop(self._slowest, entry)

    def take(self) -> Trace:
        """The spans that were not taken before."""
        untaken, self._untaken = self._untaken, deque(maxlen=_UNTAKEN_OPERATIONS)
        return _together(untaken)

    def slowest(self) -> Trace:
        """The spans of the slowest operations, the slowest first, taken before or not."""
        return _together(trace for _, _, trace in sorted(self._slowest, reverse=True))


def _together(traces: Iterable[Trace]) -> Trace:
    return tuple(chain.from_iterable(traces))


class SampledOperation(Operation):
    """An operation that leaves spans behind; measured like any other."""

    __slots__ = ("_acquired_ns", "_requests", "_sampler", "_sent", "_span_id")

    def __init__(self, recorder: "Recorder", tally: Tally, began_ns: int, sampler: Sampler) -> None:
        super().__init__(recorder, tally, began_ns)
        self._sampler = sampler
        self._span_id = sampler.new_span_id()
        self._acquired_ns: int | None = None
        self._sent: dict[str, int] = {}
        self._requests: list[SampledSpan] = []

    def trace_context(self) -> str | None:
        """The span of the request that is about to be sent; None: it has none.

        One without an end, or of an operation that has ended, is left out: so the spans of one
        operation are bounded.
        """
        if self._ended or len(self._requests) + len(self._sent) >= _REQUESTS_OF_ONE:
            return None
        span_id = self._sampler.new_span_id()
        context = self._sampler.traceparent(span_id)
        self._sent[context] = span_id
        return context

    def acquired(self) -> None:
        """A lease was obtained: the wait for it ends."""
        super().acquired()
        self._acquired_ns = self._began_ns + self._acquire_ns

    def exchange(self, exchange: ExchangeView) -> None:
        """One request ended."""
        super().exchange(exchange)
        span_id = self._sent.pop(exchange.trace_context or "", None)
        if span_id is None:
            return
        ended_ns = self._recorder.clock()
        attributes: SpanAttributes = {
            "db.system.name": "surrealdb",
            "db.operation.name": exchange.method,
        }
        if exchange.reply is not None and exchange.method == "query":
            attributes["purreal.database_time"] = database_ns(exchange.reply) / 1e9
        began_ns = ended_ns - int(exchange.seconds * 1e9)
        self._requests.append(
            self._child(exchange.method, began_ns, ended_ns, exchange.error, attributes, span_id)
        )

    def succeeded(self) -> None:
        """The operation did what it should."""
        self._finish("succeeded", None, super().succeeded)

    def fail(self, error: BaseException) -> None:
        """The operation ended with an error."""
        self._finish("failed", error, lambda: super(SampledOperation, self).fail(error))

    def time_out(self, error: BaseException) -> None:
        """The operation ran into a deadline."""
        self._finish("timed_out", error, lambda: super(SampledOperation, self).time_out(error))

    def cancel(self) -> None:
        """The operation was given up by whoever runs the load."""
        self._finish("cancelled", asyncio.CancelledError(), super().cancel)

    def _finish(self, outcome: str, error: BaseException | None, end: Callable[[], None]) -> None:
        """Ends the operation first: making its spans must not count as its time."""
        if self._ended:
            return
        ended_ns = self._recorder.clock()
        end()
        operation = SampledSpan(
            name="operation",
            span_id=self._span_id,
            start_unix_ns=self._unix_ns(self._began_ns),
            end_unix_ns=self._unix_ns(ended_ns),
            attributes={
                "purreal.pool.index": self._sampler.pool_index,
                "purreal.outcome": outcome,
            },
            error=None if error is None else type_name(error),
        )
        self._sampler.keep((operation, self._acquire(ended_ns, error), *self._requests))

    def _acquire(self, ended_ns: int, error: BaseException | None) -> SampledSpan:
        if self._acquired_ns is None:
            return self._child("acquire", self._began_ns, ended_ns, error)
        return self._child("acquire", self._began_ns, self._acquired_ns, None)

    def _child(
        self,
        name: str,
        began_ns: int,
        ended_ns: int,
        error: BaseException | None,
        attributes: SpanAttributes | None = None,
        span_id: int | None = None,
    ) -> SampledSpan:
        return SampledSpan(
            name=name,
            span_id=span_id or self._sampler.new_span_id(),
            parent_id=self._span_id,
            start_unix_ns=self._unix_ns(began_ns),
            end_unix_ns=self._unix_ns(ended_ns),
            attributes=attributes or {},
            error=None if error is None else type_name(error),
        )

    def _unix_ns(self, clock_ns: int) -> int:
        return clock_ns + self._sampler.unix_offset_ns
