"""Owns timing one operation from its begin to its end; knows neither pools nor workloads."""

import asyncio
import contextlib
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from purreal_runner.measure.durations import parse_duration_ns
from purreal_runner.measure.tally import Tally
from purreal_runner.measure.views import ExchangeView

if TYPE_CHECKING:
    from purreal_runner.measure.recorder import Recorder

_UNREADABLE = (ArithmeticError, LookupError, TypeError, ValueError)


class Operation:
    """One operation between its begin and its end; made by `Recorder.begin()`.

    Call exactly one of `succeeded`, `fail`, `time_out` and `cancel` (or `end`, which chooses).
    """

    __slots__ = (
        "_abandoned_ns",
        "_acquire_ns",
        "_began_ns",
        "_database_ns",
        "_ended",
        "_held",
        "_recorder",
        "_tally",
    )

    def __init__(self, recorder: "Recorder", tally: Tally, began_ns: int) -> None:
        self._recorder = recorder
        self._tally = tally
        self._acquire_ns = 0
        self._database_ns = 0
        self._held = False
        self._ended = False
        self._abandoned_ns: tuple[int, ...] = ()
        self._began_ns = began_ns

    def trace_context(self) -> str | None:
        """What the request that is about to be sent carries of a trace: nothing."""
        return None

    def acquired(self) -> None:
        """A lease was obtained: the wait for it ends."""
        recorder = self._recorder
        self._acquire_ns = acquire_ns = recorder.clock() - self._began_ns
        self._tally.acquire.add(acquire_ns)
        self._held = True
        recorder.held = held = recorder.held + 1
        if held > recorder.recently_held:
            recorder.recently_held = held
            if held > self._tally.peak_held:
                recorder.notice_more_held()

    def exchange(self, exchange: ExchangeView) -> None:
        """One request ended: count how long it took and what of it the database needed.

        A request that nobody answered counts only when it timed out: how long a lost one would
        have taken is not known. One that was cancelled counts if the operation then times out.
        """
        reply = exchange.reply
        if reply is None:
            self._unanswered(exchange)
            return
        self._tally.query.add(int(exchange.seconds * 1e9))
        if exchange.method == "query":
            self._database_ns += database_ns(reply)

    def _unanswered(self, exchange: ExchangeView) -> None:
        took_ns = int(exchange.seconds * 1e9)
        if isinstance(exchange.error, TimeoutError):
            self._tally.query.add(took_ns)
        elif isinstance(exchange.error, asyncio.CancelledError):
            self._abandoned_ns += (took_ns,)

    def succeeded(self) -> None:
        """The operation did what it should."""
        total_ns = self._recorder.clock() - self._began_ns
        if self._close():
            tally = self._tally
            tally.succeeded += 1
            tally.figures += (total_ns, self._acquire_ns, self._database_ns)

    def fail(self, error: BaseException) -> None:
        """The operation ended with an error."""
        if self._close():
            self._tally.failed += 1
            self._tally.add_error(error)

    def time_out(self, error: BaseException) -> None:
        """The operation ran into a deadline: the pool's, a request's or its own.

        A wait for a lease that ended so counts among the waits, and a request that was cancelled
        for it among the requests, with the time it lasted: leaving the longest ones out would
        flatter the percentiles.
        """
        waiting = not self._held
        if self._close():
            self._tally.timed_out += 1
            self._tally.add_error(error)
            self._count_unanswered(waiting)

    def _count_unanswered(self, waiting: bool) -> None:
        if waiting:
            self._tally.acquire.add(self._recorder.clock() - self._began_ns)
        for took_ns in self._abandoned_ns:
            self._tally.query.add(took_ns)

    def cancel(self) -> None:
        """The operation was given up by whoever runs the load, so it proves nothing."""
        if self._close():
            self._tally.cancelled += 1

    def end(self, error: BaseException | None) -> None:
        """End with the outcome that the error says: none, a cancellation, a timeout, another."""
        if error is None:
            self.succeeded()
        elif isinstance(error, asyncio.CancelledError):
            self.cancel()
        elif isinstance(error, TimeoutError):
            self.time_out(error)
        else:
            self.fail(error)

    def _close(self) -> bool:
        """True the first time; a second end would break the accounting, so it is refused."""
        if self._ended:
            return False
        self._ended = True
        recorder = self._recorder
        recorder.in_flight -= 1
        recorder.held -= self._held
        return True


def database_ns(reply: Mapping[str, Any]) -> int:
    """The server's own time of all statements of a `query` reply, in nanoseconds.

    Each statement's result carries its execution time as a string (`time`). A reply without them,
    such as an error for the whole request, counts as zero.
    """
    total_ns = 0
    try:
        for statement in reply["result"]:
            total_ns += parse_duration_ns(statement["time"])
    except _UNREADABLE:
        return _readable_ns(reply.get("result"))
    return total_ns


def _readable_ns(statements: object) -> int:
    """As much of it as can be read: measuring must never fail the operation that is measured."""
    total_ns = 0
    for statement in statements if isinstance(statements, list) else ():
        with contextlib.suppress(*_UNREADABLE):
            total_ns += parse_duration_ns(statement["time"])
    return total_ns


current_operation: ContextVar[Operation | None] = ContextVar("current_operation", default=None)
"""The operation that the running task works on; whoever begins one sets it."""


def observe(exchange: ExchangeView) -> None:
    """Give an exchange to the current operation; fits the pool's `on_exchange`."""
    operation = current_operation.get()
    if operation is not None:
        operation.exchange(exchange)


def trace_context() -> str | None:
    """What the current operation's next request carries; fits the pool's `trace_context`."""
    operation = current_operation.get()
    return None if operation is None else operation.trace_context()
