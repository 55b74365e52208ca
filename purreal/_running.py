"""Owns one pool between its opening and the end of its closing; leaves lending to the desk."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING

from purreal._binding import Binding
from purreal._core import Core
from purreal._desk import Desk
from purreal._errors import AuthenticationFailed, OpenFailed, PoolClosed, SessionsUnavailable
from purreal._executor import CLOSE_LIMIT, Executor

if TYPE_CHECKING:
    from collections.abc import Callable

    from purreal._config import PoolConfig
    from purreal._connection import Connector, Exchange

logger = logging.getLogger("purreal")

_HOPELESS = (AuthenticationFailed, SessionsUnavailable)


class RunningPool:
    """The core, the executor and the desk of an open pool, on the running event loop."""

    def __init__(
        self,
        config: PoolConfig,
        connector: Connector,
        on_exchange: Callable[[Exchange], None] | None,
        trace_context: Callable[[], str | None] | None,
    ) -> None:
        binding = Binding()
        self.core = Core(config, random.Random())
        self._config = config
        self._connector = connector
        self._executor = Executor(self.core, connector, binding.loop, on_exchange, trace_context)
        self._loop = binding.loop
        self.desk = Desk(self.core, self._executor, binding)
        self._openers = 0
        self._is_established = False
        self._closing: asyncio.Task[None] | None = None
        self._grace_is_over = False

    def fill_in_background(self) -> None:
        """Keep `min_size` connections open from now on, whatever becomes of the first ones."""
        self._is_established = True
        self._fill(self._config.min_size)

    async def wait_until_filled(self, timeout: float) -> None:
        """Wait until `min_size` connections, at least one, are open.

        Raises:
            AuthenticationFailed, SessionsUnavailable: the server refuses what the pool was made
                with; waiting would not help.
            OpenFailed: they are not there after `timeout` seconds.
            PoolClosed: the pool was closed meanwhile.
        """
        floor = max(1, self._config.min_size)
        is_filled = False

        def is_decided() -> bool:
            # Noted here: until the opener runs again, a connection may be lost or retired.
            nonlocal is_filled
            if self.core.ledger.open >= floor:
                is_filled = self._is_established = True
            refused = isinstance(self.core.last_error, _HOPELESS)
            return is_filled or self.core.closed or refused

        self._openers += 1
        self._fill(floor)
        try:
            async with asyncio.timeout(timeout):
                await self._executor.wait_until(is_decided)
        except TimeoutError as error:
            raise self._open_failed(floor, timeout) from (self.core.last_error or error)
        finally:
            self._openers -= 1
            if not self._openers:
                self._fill(self._config.min_size)
        if not is_filled:
            raise self._refusal()

    @property
    def is_stillborn(self) -> bool:
        """Whether it never held the connections it was opened with, and nobody waits for them."""
        return not self._is_established and not self._openers and not self.core.closed

    async def abandon(self) -> None:
        """End at once what could not be opened."""
        self.core.begin_close()
        self._revoke_leases()
        await self._executor.shut_down()

    async def close(self, grace: float) -> None:
        """Close for good; cancelling this call does not stop the closing."""
        if self._closing is None:
            self.core.begin_close()
            self._executor.call_off_connects()
            self._executor.execute()
            self._closing = asyncio.create_task(self._finish_closing())
        hurry = self._loop.call_later(max(0.0, grace), self._end_grace)
        self._closing.add_done_callback(lambda _: hurry.cancel())
        await asyncio.shield(self._closing)

    def _fill(self, floor: int) -> None:
        if not self.core.closed:
            self.core.fill(floor, self._loop.time())
            self._executor.execute()

    def _refusal(self) -> Exception:
        error = self.core.last_error
        if self.core.closed or error is None:
            return PoolClosed("the pool was closed while it was being opened")
        fresh = error.copy()
        fresh.__cause__ = error
        return fresh

    def _open_failed(self, floor: int, timeout: float) -> OpenFailed:
        endpoint = self._connector.endpoint
        slow = "the server is slow; raise the timeout or lower min_size"
        return OpenFailed(
            f"{self.core.ledger.open} of {floor} connections (min_size) to {endpoint} were open "
            f"after {timeout} s: {self.core.last_error or slow}",
            endpoint=endpoint,
        )

    async def _finish_closing(self) -> None:
        ledger = self.core.ledger
        try:
            await self._executor.wait_until(lambda: not ledger.leased or self._grace_is_over)
            self._revoke_leases()
            async with asyncio.timeout(CLOSE_LIMIT):
                await self._executor.wait_until(lambda: ledger.size == 0)
        except TimeoutError:
            logger.debug("connections that did not close within %s s are aborted", CLOSE_LIMIT)
        finally:
            self._revoke_leases()
            await self._executor.shut_down()

    def _revoke_leases(self) -> None:
        for slot in self.core.ledger.leased_slots():
            if slot.connection is not None:
                slot.connection.abort()
            self.core.revoke(slot)
        self._executor.execute()

    def _end_grace(self) -> None:
        self._grace_is_over = True
        self._executor.wake_watchers()
