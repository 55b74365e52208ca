"""Owns the execution of the core's commands (tasks, timer, futures); makes no decision."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Final

from purreal._errors import ConnectFailed, Unreachable
from purreal._slots import Check, Claim, Close, Fail, Open, Reset, SlotState

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from purreal._connection import Connection, Connector, Exchange
    from purreal._core import Core
    from purreal._slots import Slot

logger = logging.getLogger("purreal")

PREPARE_LIMIT: Final = 5.0
"""Seconds for a check, and for a reset; a connection that needs longer is replaced."""

SLOW_AFTER: Final = 0.5
"""Seconds of a check or a reset after which its waiter may be served in another way."""

CLOSE_LIMIT: Final = 2.0
"""Seconds for a polite close; then the socket is aborted."""


class Executor:
    """Runs one core on one event loop; owns every task and timer of the pool."""

    def __init__(
        self,
        core: Core,
        connector: Connector,
        loop: asyncio.AbstractEventLoop,
        on_exchange: Callable[[Exchange], None] | None,
        trace_context: Callable[[], str | None] | None,
    ) -> None:
        self._core = core
        self._connector = connector
        self._loop = loop
        self._on_exchange = on_exchange
        self._trace_context = trace_context
        self._jobs: dict[asyncio.Task[None], Slot] = {}
        self._watchers: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf
        self._ended = False

    def execute(self) -> None:
        """Carry out what the core decided. Call it after every event."""
        commands = self._core.commands
        while commands:
            command = commands.popleft()
            if isinstance(command, Claim):
                future = command.future
                del command.future
                future.set_result(None)
            else:
                self._begin(command)
        next_tick = self._core.timetable.next_tick
        if next_tick < self._timer_at:
            self._set_timer(next_tick)
        if self._watchers:
            self.wake_watchers()

    def _begin(self, command: Open | Close | Check | Reset | Fail) -> None:
        match command:
            case Open(slot):
                self._spawn(self._open(slot), slot)
            case Close(slot):
                self._spawn(self._close(slot), slot)
            case Check(slot):
                self._spawn(self._check(slot), slot)
            case Reset(slot):
                self._spawn(self._reset(slot), slot)
            case Fail(claim, error):
                claim.future.set_exception(error)
                del claim.future

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until `condition()` is true; it is asked after every event."""
        if condition():
            return
        future: asyncio.Future[None] = self._loop.create_future()
        watcher = (condition, future)
        self._watchers.append(watcher)
        try:
            await future
        finally:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

    def wake_watchers(self) -> None:
        for watcher in [watcher for watcher in self._watchers if watcher[0]()]:
            self._watchers.remove(watcher)
            if not watcher[1].done():
                watcher[1].set_result(None)

    def call_off_connects(self) -> None:
        """Nobody needs a new connection any more."""
        for job in [job for job, slot in self._jobs.items() if slot.state is SlotState.CONNECTING]:
            job.cancel()

    async def shut_down(self) -> None:
        """End every task, timer and socket at once; then wait until the tasks are gone."""
        self._end()
        jobs = list(self._jobs)
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)

    def _end(self) -> None:
        self._ended = True
        self._set_timer(inf)

    def _end_with_loop(self) -> None:
        """The event loop is being shut down with the pool open: begin nothing new."""
        self._end()
        self._core.begin_close()
        self.execute()

    # -- one method for each command --------------------------------------------------------------

    async def _open(self, slot: Slot) -> None:
        started = self._loop.time()
        try:
            async with asyncio.timeout(self._core.config.connect_timeout):
                connection = await self._connector.connect()
        except Exception as error:
            self._report_failure(slot, self._as_connect_failure(error))
            return
        if not connection.usable:
            endpoint = self._connector.endpoint
            failure = Unreachable(f"{endpoint} closed a new connection at once", endpoint=endpoint)
            self._report_failure(slot, failure)
            return
        connection.on_lost = partial(self._lost, slot, connection)
        connection.on_abandoned = self._end_with_loop
        connection.on_exchange = self._on_exchange
        connection.trace_context = self._trace_context
        now = self._loop.time()
        if self._core.last_error is not None:
            logger.info("connected to %s again", self._connector.endpoint)
        self._core.connected(slot, connection, now - started, now)
        self.execute()

    async def _check(self, slot: Slot) -> None:
        if await self._is_prepared(slot, "check", _connection_of(slot).check()):
            self._core.checked(slot, self._loop.time())
            self.execute()

    async def _reset(self, slot: Slot) -> None:
        if await self._is_prepared(slot, "reset", _connection_of(slot).reset()):
            self._core.was_reset(slot, self._loop.time())
            self.execute()

    async def _is_prepared(
        self, slot: Slot, what: str, preparation: Coroutine[object, object, None]
    ) -> bool:
        slow = self._loop.call_later(SLOW_AFTER, self._report_slow, slot)
        try:
            async with asyncio.timeout(PREPARE_LIMIT):
                await preparation
        except Exception as error:
            self._report_unfit(slot, what, error)
            return False
        finally:
            slow.cancel()
        return True

    async def _close(self, slot: Slot) -> None:
        connection = _connection_of(slot)
        try:
            async with asyncio.timeout(CLOSE_LIMIT):
                await connection.close()
        except Exception as error:
            logger.debug("closing %s: %r", connection, error)
        connection.abort()
        self._core.vacated(slot, self._loop.time())
        self.execute()

    # -- reports ----------------------------------------------------------------------------------

    def _lost(self, slot: Slot, connection: Connection) -> None:
        if slot.connection is connection:
            self._core.lost(slot, self._loop.time())
            self.execute()

    def _as_connect_failure(self, error: BaseException) -> ConnectFailed:
        if isinstance(error, ConnectFailed):
            return error
        endpoint = self._connector.endpoint
        if isinstance(error, TimeoutError):
            limit = self._core.config.connect_timeout
            message = (
                f"{endpoint} did not finish connecting within connect_timeout={limit} s: check "
                "the address and the load of the server, or raise connect_timeout"
            )
        else:
            message = f"connecting to {endpoint} failed: {error!r}"
        failure = Unreachable(message, endpoint=endpoint)
        failure.__cause__ = error
        return failure

    def _report_failure(self, slot: Slot, failure: ConnectFailed) -> None:
        first = self._core.last_error is None
        logger.log(logging.WARNING if first else logging.DEBUG, "connect failed: %s", failure)
        self._core.connect_failed(slot, failure, self._loop.time())
        self.execute()

    def _report_slow(self, slot: Slot) -> None:
        self._core.is_slow(slot, self._loop.time())
        self.execute()

    def _report_unfit(self, slot: Slot, what: str, error: Exception) -> None:
        connection = _connection_of(slot)
        logger.debug("%s of connection %s failed: %r", what, connection.id, error)
        connection.abort()
        self._core.unfit(slot, self._loop.time())
        self.execute()

    # -- tasks and the timer ----------------------------------------------------------------------

    def _spawn(self, job: Coroutine[object, object, None], slot: Slot) -> None:
        if self._ended:
            job.close()
            self._abandon(slot)  # whoever called is executing already: no second loop inside it
            return
        task = self._loop.create_task(job)
        self._jobs[task] = slot
        task.add_done_callback(self._job_ended)

    def _job_ended(self, task: asyncio.Task[None]) -> None:
        # Here, not in the job: a task that is cancelled before its first step never runs a line.
        slot = self._jobs.pop(task)
        if task.cancelled():
            if not self._core.closed:
                self._end_with_loop()  # nobody else cancels a task that is ours
            self._drop(slot)
        elif (error := task.exception()) is not None:
            logger.error("a connection is given up after an unexpected error", exc_info=error)
            if slot.state is SlotState.CONNECTING:
                # As a failed connect, with its pause: another attempt at once could spin for ever.
                self._report_failure(slot, self._as_connect_failure(error))
            else:
                self._drop(slot)

    def _drop(self, slot: Slot) -> None:
        self._abandon(slot)
        self.execute()

    def _abandon(self, slot: Slot) -> None:
        if slot.connection is not None:
            slot.connection.abort()
        self._core.vacated(slot, self._loop.time())

    def _set_timer(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timer_at = when
        if when < inf and not self._ended:
            self._timer = self._loop.call_at(when, self._on_timer)

    def _on_timer(self) -> None:
        # A loop may call a clock tick early; the time asked for keeps that from spinning.
        now = max(self._loop.time(), self._timer_at)
        self._timer_at = inf
        self._core.tick(now)
        self.execute()


def _connection_of(slot: Slot) -> Connection:
    if slot.connection is None:
        raise AssertionError(f"no connection in a slot that is {slot.state.name}")
    return slot.connection
