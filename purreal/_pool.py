"""Owns the public face of the pool and its life cycle; leaves decisions to the core."""

from __future__ import annotations

import math
import random
import sys
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from purreal._acquisition import Acquisition
from purreal._config import PoolConfig
from purreal._core import Core
from purreal._errors import ConfigurationError, LeaseError, PoolClosed, PoolNotOpen
from purreal._running import RunningPool

if TYPE_CHECKING:
    import ssl as ssl_module
    from collections.abc import Callable
    from types import TracebackType

    from purreal._connection import Connector, Exchange, Lend
    from purreal._credentials import Credentials
    from purreal._desk import Desk
    from purreal._lease import Lease
    from purreal._stats import PoolStats


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
        lend: what a lease is. ``"session"``: a session of the server (SurrealDB 3) that shares a
            few sockets with others, ready in a fraction of a millisecond. ``"connection"``: a
            socket of its own. ``"auto"``: sessions where the server has them.
        max_lifetime: seconds after which a connection is replaced (up to 10 % sooner, at
            random, so that not all go at once); None for never.
        max_idle_time: seconds after which a connection that nobody needs is closed, one by one,
            down to `min_size`; 0 closes it as soon as it is idle, None never.
        acquire_timeout: seconds for the whole of an acquire: waiting, connecting, signing in
            and checking; 0 takes what is ready now or fails, None waits for ever.
        max_waiting: callers that may wait; the next one is refused at once. 0: nobody waits,
            None: no limit.
        max_connecting: connections being opened at the same time, at most; None: as many as the
            server takes quickly, 16 at first.
        connect_timeout: seconds for one attempt to connect and sign in.
        request_timeout: seconds for one request on a lease; None: as long as the socket lives.
        check_after_idle: seconds of idleness after which a connection is checked (`ping`)
            before it is lent; 0: always, None: never (a lost socket is noticed anyway).
        ssl: TLS settings for `wss://`.
        name: shows in `repr`, statistics and logs.
        on_exchange: called synchronously after each request made through a lease.
        trace_context: called synchronously before each of them: what it returns, a W3C
            `traceparent`, goes along, so that the server's spans join that trace; None: nothing.
        connector: makes the connections instead of the built-in one, which `uri`, `credentials`,
            `namespace`, `database`, `lend`, `ssl`, `request_timeout` are for (`purreal.testing` has
            some).

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
        lend: Lend = "auto",
        max_lifetime: float | None = 1800.0,
        max_idle_time: float | None = 300.0,
        acquire_timeout: float | None = 30.0,
        max_waiting: int | None = None,
        max_connecting: int | None = None,
        connect_timeout: float = 10.0,
        request_timeout: float | None = 60.0,
        check_after_idle: float | None = 30.0,
        ssl: ssl_module.SSLContext | None = None,
        name: str = "purreal",
        on_exchange: Callable[[Exchange], None] | None = None,
        trace_context: Callable[[], str | None] | None = None,
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
        if lend not in ("auto", "session", "connection"):
            raise ConfigurationError(
                f'lend={lend!r} is not known: use "auto", "session" or "connection"'
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
                lend=lend,
                max_lifetime=max_lifetime,
            )
        elif lend != "auto" or any(
            given is not None for given in (credentials, namespace, database, ssl)
        ):
            raise ConfigurationError(
                "credentials, namespace, database, lend and ssl are for the built-in connector: "
                "give them to your own connector instead"
            )
        self._connector = connector
        self._on_exchange = on_exchange
        self._trace_context = trace_context
        self._core = Core(self._config, random.Random())
        self._running: RunningPool | None = None
        self._desk: Desk | None = None
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
        if self._running is None:
            self._running = RunningPool(
                self._config, self._connector, self._on_exchange, self._trace_context
            )
            self._core = self._running.core
            self._desk = self._running.desk
        self._running.desk.require_right_place("can't open this pool")
        if wait:
            await self._wait_until_filled(self._running, _seconds("timeout", timeout))
        else:
            self._running.fill_in_background()

    async def close(self, grace: float = 5.0) -> None:
        """Serve nobody any more and close everything. Idempotent; a second call may hurry it.

        Waiters fail with `PoolClosed` at once, idle connections are closed, leases may be
        returned during `grace` seconds and are aborted then. Ends within `grace` plus two seconds.
        Cancelling the call does not stop the closing.
        """
        seconds = _seconds("grace", grace)
        if self._running is not None:
            self._running.desk.require_right_place("can't close this pool")
        self._closed = True
        if self._running is not None:
            await self._running.close(seconds)

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
        limit = self._config.acquire_timeout if timeout is _POOLS else _limit(timeout)
        return Acquisition(self, limit, sys._getframe(1))

    async def checkout(self, timeout: Timeout = _POOLS) -> Lease:
        """Lease a connection without a block; give it back with `checkin()`, from any task.

        Prefer `acquire()`: nothing returns a lease that was forgotten. Raises what it raises.
        """
        limit = self._config.acquire_timeout if timeout is _POOLS else _limit(timeout)
        return await Acquisition(self, limit, sys._getframe(1), scoped=False).__aenter__()

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
        limit = self._config.acquire_timeout
        async with Acquisition(self, limit, sys._getframe(1)) as lease:
            return await lease.query(query, vars)

    # -- what it looks like -----------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether `close()` was called."""
        return self._closed

    def stats(self) -> PoolStats:
        """All numbers of this instant, as one frozen object; costs the same at any size."""
        last = self._core.last_error
        return self._core.ledger.snapshot(self._connector, None if last is None else str(last))

    @property
    def lends(self) -> Literal["session", "connection"] | None:
        """What a lease is; None as long as that depends on a server not reached yet."""
        return self._connector.lends

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open" if self._running else "not open"
        last = f"; last error: {self._core.last_error}" if self._core.last_error else ""
        return (
            f"<SurrealDBConnectionPool {self._config.name!r} {self._connector.endpoint} {state}: "
            f"{self._core.ledger.describe()}{last}>"
        )

    # -- behind the scenes ------------------------------------------------------------------------

    def _not_open(self) -> PoolClosed | PoolNotOpen:
        """Why there is no desk."""
        if self._closed:
            return PoolClosed(f"the pool {self._config.name!r} is closed")
        return PoolNotOpen(
            f"the pool {self._config.name!r} is not open: use `async with pool:`, or "
            "`await pool.open()` before the first acquire"
        )

    async def _wait_until_filled(self, running: RunningPool, timeout: float) -> None:
        try:
            await running.wait_until_filled(timeout)
        except BaseException:
            if self._running is running and running.is_stillborn:
                self._running = self._desk = None  # as if never opened: it may be opened again
                await running.abandon()
            raise


def _limit(timeout: float | None) -> float | None:
    return None if timeout is None else _seconds("timeout", timeout)


def _seconds(name: str, value: float) -> float:
    # A NaN would never expire, and would disturb the order of the loop's timers.
    if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value):
        raise ConfigurationError(f"{name}={value!r} is not a number of seconds")
    return value
