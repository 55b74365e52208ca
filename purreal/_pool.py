"""Owns the public face of the pool and its life cycle; leaves decisions to the core."""

from __future__ import annotations

import asyncio
import logging
import random
import sys
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from purreal._binding import Binding
from purreal._config import PoolConfig
from purreal._core import Core
from purreal._desk import Desk
from purreal._errors import (
    AuthenticationFailed,
    LeaseError,
    OpenFailed,
    PoolClosed,
    PoolNotOpen,
)
from purreal._executor import CLOSE_LIMIT, Executor
from purreal._lease import Acquisition, Lease

if TYPE_CHECKING:
    import ssl as ssl_module
    from collections.abc import Callable, Coroutine
    from types import TracebackType

    from purreal._connection import Connector, Exchange
    from purreal._credentials import Credentials
    from purreal._desk import Place
    from purreal._stats import PoolStats

logger = logging.getLogger("purreal")


class _Default(Enum):
    ACQUIRE_TIMEOUT = "the pool's acquire_timeout"


_POOLS: Final = _Default.ACQUIRE_TIMEOUT
Timeout = float | Literal[_Default.ACQUIRE_TIMEOUT] | None


class SurrealDBConnectionPool:
    """Lends connections to SurrealDB, each to one borrower at a time, first come, first served.

    Args:
        uri: `ws://host:port` or `wss://host:port`; `/rpc` is added where there is no path.
        credentials: who the connections are; None for anonymous.
        namespace, database: selected on every connection.
        min_size: connections kept open, filled in the background.
        max_size: connections that exist at most, whatever they are doing.
        max_lifetime: seconds after which a connection is replaced (up to 10 % sooner, at
            random, so that not all go at once); None for never.
        max_idle_time: seconds after which a connection that nobody needs is closed, one by one,
            down to `min_size`; 0 closes it as soon as it is idle, None never.
        acquire_timeout: seconds for the whole of an acquire: waiting, connecting, signing in
            and checking; 0 takes what is ready now or fails, None waits for ever.
        max_waiting: callers that may wait; the next one is refused at once. 0: nobody waits,
            None: no limit.
        max_connecting: connections being opened at the same time.
        connect_timeout: seconds for one attempt to connect and sign in.
        request_timeout: seconds for one request on a lease; None: as long as the socket lives.
        check_after_idle: seconds of idleness after which a connection is checked (`ping`)
            before it is lent; 0: always, None: never (a lost socket is noticed anyway).
        ssl: TLS settings for `wss://`.
        name: shows in `repr`, statistics and logs.
        on_exchange: called synchronously after each request made through a lease.
        connector: makes the connections instead of the built-in one; `purreal.testing` has fakes.

    Raises:
        ConfigurationError: a parameter can't work.
    """

    def __init__(
        self,
        uri: str,
        *,
        credentials: Credentials | None = None,
        namespace: str | None = None,
        database: str | None = None,
        min_size: int = 5,
        max_size: int = 50,
        max_lifetime: float | None = 1800.0,
        max_idle_time: float | None = 300.0,
        acquire_timeout: float | None = 30.0,
        max_waiting: int | None = None,
        max_connecting: int = 16,
        connect_timeout: float = 10.0,
        request_timeout: float | None = 60.0,
        check_after_idle: float | None = 30.0,
        ssl: ssl_module.SSLContext | None = None,
        name: str = "purreal",
        on_exchange: Callable[[Exchange], None] | None = None,
        connector: Connector | None = None,
    ) -> None:
        self._config = PoolConfig(
            name=name,
            min_size=min_size,
            max_size=max_size,
            max_lifetime=max_lifetime,
            max_idle_time=max_idle_time,
            acquire_timeout=acquire_timeout,
            max_waiting=max_waiting,
            max_connecting=max_connecting,
            connect_timeout=connect_timeout,
            request_timeout=request_timeout,
            check_after_idle=check_after_idle,
        )
        if connector is None:
            # Here and not at the top: it imports the SDK's value types, which takes 0.4 s.
            from purreal._connector import WebSocketConnector

            connector = WebSocketConnector(
                uri,
                credentials=credentials,
                namespace=namespace,
                database=database,
                ssl=ssl,
                connect_timeout=connect_timeout,
                request_timeout=request_timeout,
            )
        self._connector = connector
        self._on_exchange = on_exchange
        self._core = Core(self._config, random.Random())
        self._executor: Executor | None = None
        self._desk: Desk | None = None
        self._closing: asyncio.Task[None] | None = None
        self._grace_is_over = False
        self._closed = False

    # -- life cycle -------------------------------------------------------------------------------

    async def open(self, wait: bool = True, timeout: float = 30.0) -> None:
        """Start to fill the pool. Opening an open pool again only waits.

        Args:
            wait: return when `min_size` connections (at least one) are open; an unreachable
                server is tried until the timeout, refused credentials raise at once.
                False: return now and fill in the background.
            timeout: seconds to wait.

        Raises:
            AuthenticationFailed, OpenFailed: with address, cause and what to try. The pool is
                as before and may be opened again.
            PoolClosed: it was closed.
        """
        if self.closed:
            raise PoolClosed(f"the pool {self._config.name!r} is closed: make a new one")
        if self._desk is None:
            self._start(floor=max(1, self._config.min_size) if wait else 0)
        if wait:
            await self._finish_opening(timeout)

    async def close(self, grace: float = 5.0) -> None:
        """Serve nobody any more and close everything. Idempotent; a second call may hurry it.

        Waiters fail with `PoolClosed` at once, idle connections are closed, leases may be
        returned during `grace` seconds and are aborted then. Ends within `grace` plus two seconds.
        Cancelling the call does not stop the closing.
        """
        if self._desk is None or self._executor is None or self._closed:
            self._closed = True
            return
        self._desk.require_right_place("can't close this pool")
        if self._closing is None:
            self._core.begin_close()
            self._executor.execute()
            self._closing = asyncio.create_task(self._finish_closing(self._executor))
        loop = asyncio.get_running_loop()
        hurry = loop.call_later(max(0.0, grace), self._end_grace, self._executor)
        self._closing.add_done_callback(lambda _: hurry.cancel())
        await asyncio.shield(self._closing)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    # -- leases -----------------------------------------------------------------------------------

    def acquire(self, timeout: Timeout = _POOLS) -> Acquisition:
        """Lease a connection for a block: `async with pool.acquire() as conn: …`.

        Args:
            timeout: seconds instead of the pool's `acquire_timeout`; 0 for now or never, None
                for no limit.

        Raises (on entering the block):
            AcquireTimeout: nothing became free in time.
            TooManyWaiters: `max_waiting` callers wait already.
            NestedAcquireError: waiting could never end, because all connections are held by
                tasks that wait for another one, this task among them.
            ConnectFailed: no connection exists and none can be opened.
            PoolClosed, PoolNotOpen: as they say.

        Warns:
            NestedAcquireWarning: the task holds a lease of this pool and has to wait for another.
        """
        return Acquisition(self, self._seconds(timeout), _place_of_caller())

    async def checkout(self, timeout: Timeout = _POOLS) -> Lease:
        """Lease a connection without a block; give it back with `checkin()`, from any task.

        Prefer `acquire()`: nothing returns a lease that was forgotten. Raises what it raises.
        """
        return await self._obtain(self._seconds(timeout), _place_of_caller(), scoped=False)

    def checkin(self, lease: Lease) -> None:
        """Return a lease of `checkout()`. Never waits, so it can't be interrupted.

        Raises:
            LeaseError: it was returned already, or is not of this pool, loop and process.
                Nothing has happened to any connection then.
        """
        if self._desk is None or lease.desk is not self._desk:
            raise LeaseError(f"{lease!r} is not a lease of the pool {self._config.name!r}")
        self._desk.take_back(lease)

    async def query(self, query: str, vars: dict[str, Any] | None = None) -> Any:
        """Lease a connection for one query; takes and returns what the SDK's `query` does."""
        place = _place_of_caller()
        lease = await self._obtain(self._config.acquire_timeout, place, scoped=True)
        try:
            return await lease.query(query, vars)
        finally:
            self.checkin(lease)

    # -- what it looks like -----------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether `close()` was called."""
        return self._closed or self._closing is not None

    def stats(self) -> PoolStats:
        """All numbers of this instant, as one frozen object; costs the same at any size."""
        last = self._core.last_error
        return self._core.ledger.snapshot(
            self._connector.sign_ins, None if last is None else str(last)
        )

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open" if self._desk else "not open"
        last = f"; last error: {self._core.last_error}" if self._core.last_error else ""
        return (
            f"<SurrealDBConnectionPool {self._config.name!r} {self._connector.endpoint} {state}: "
            f"{self._core.ledger.describe()}{last}>"
        )

    # -- behind the scenes ------------------------------------------------------------------------

    def _seconds(self, timeout: Timeout) -> float | None:
        return self._config.acquire_timeout if timeout is _POOLS else timeout

    def _obtain(
        self, timeout: float | None, place: Place, *, scoped: bool
    ) -> Coroutine[Any, Any, Lease]:
        if self._desk is None:
            if self._closed:
                raise PoolClosed(f"the pool {self._config.name!r} is closed")
            raise PoolNotOpen(
                f"the pool {self._config.name!r} is not open: use `async with pool:`, or "
                "`await pool.open()` before the first acquire"
            )
        return self._desk.obtain(timeout, place, scoped=scoped)

    def _start(self, floor: int) -> None:
        binding = Binding()
        self._core = Core(self._config, random.Random())
        self._executor = Executor(self._core, self._connector, binding.loop, self._on_exchange)
        self._desk = Desk(self._core, self._executor, binding)
        self._core.start(floor, binding.loop.time())
        self._executor.execute()

    async def _finish_opening(self, timeout: float) -> None:
        core, executor = self._core, self._executor
        if executor is None:
            raise PoolNotOpen("the pool failed to open while this call waited for it")
        try:
            async with asyncio.timeout(timeout):
                await executor.wait_until(lambda: _start_is_decided(core))
            _require_filled(core)
            core.settle()
        except TimeoutError as error:
            await self._undo_start(core, executor)
            raise self._open_failed(core, timeout) from (core.last_error or error)
        except BaseException:
            await self._undo_start(core, executor)
            raise

    def _open_failed(self, core: Core, timeout: float) -> OpenFailed:
        endpoint = self._connector.endpoint
        return OpenFailed(
            f"{core.ledger.open} of {max(1, self._config.min_size)} connections (min_size) to "
            f"{endpoint} were open after {timeout} s: "
            f"{core.last_error or 'the server is slow; raise the timeout or lower min_size'}",
            endpoint=endpoint,
        )

    async def _undo_start(self, core: Core, executor: Executor) -> None:
        """Be as if never opened; a call of `close()` meanwhile does the same itself."""
        if self._executor is not executor or self._closing is not None:
            return
        self._executor = self._desk = None
        core.begin_close()
        self._revoke_leases(core, executor)
        await executor.shut_down()

    async def _finish_closing(self, executor: Executor) -> None:
        core = self._core
        try:
            await executor.wait_until(lambda: not core.ledger.leased or self._grace_is_over)
            self._revoke_leases(core, executor)
            async with asyncio.timeout(CLOSE_LIMIT):
                await executor.wait_until(lambda: core.ledger.size == 0)
        except TimeoutError:
            logger.debug("connections that did not close within %s s are aborted", CLOSE_LIMIT)
        finally:
            self._closed = True
            self._revoke_leases(core, executor)
            await executor.shut_down()

    def _revoke_leases(self, core: Core, executor: Executor) -> None:
        for slot in list(core.ledger.leased):
            if slot.connection is not None:
                slot.connection.abort()
            core.revoke(slot)
        executor.execute()

    def _end_grace(self, executor: Executor) -> None:
        self._grace_is_over = True
        executor.wake_watchers()


def _start_is_decided(core: Core) -> bool:
    refused = isinstance(core.last_error, AuthenticationFailed)
    return core.has_filled or core.closed or refused


def _require_filled(core: Core) -> None:
    if core.has_filled:
        return
    if core.closed or core.last_error is None:
        raise PoolClosed("the pool was closed while it was being opened")
    raise core.last_error.copy() from core.last_error


def _place_of_caller() -> Place:
    """The line of the borrower's code, for messages; a traceback would cost 100 times more."""
    frame = sys._getframe(2)
    return frame.f_code, frame.f_lineno
