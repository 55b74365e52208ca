"""Owns one pool between its opening and the end of its closing; leaves lending to the desk."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING

from purreal._binding import Binding
from purreal._core import Core
from purreal._desk import Desk
from purreal._errors import AuthenticationFailed, OpenFailed, PoolClosed
from purreal._executor import CLOSE_LIMIT, Executor

if TYPE_CHECKING:
    from collections.abc import Callable

    from purreal._config import PoolConfig
    from purreal._connection import Connector, Exchange

logger = logging.getLogger("purreal")


class RunningPool:
    """The core, the executor and the desk of an open pool, on the running event loop.

    Args:
        floor: connections to open at first, if that is more than `min_size`.
    """

    def __init__(
        self,
        config: PoolConfig,
        connector: Connector,
        on_exchange: Callable[[Exchange], None] | None,
        floor: int,
    ) -> None:
        binding = Binding()
        self.core = Core(config, random.Random())
        self._connector = connector
        self._executor = Executor(self.core, connector, binding.loop, on_exchange)
        self._loop = binding.loop
        self.desk = Desk(self.core, self._executor, binding)
        self._closing: asyncio.Task[None] | None = None
        self._grace_is_over = False
        self.core.start(floor, self._loop.time())
        self._executor.execute()

    async def wait_until_filled(self, timeout: float) -> None:
        """Wait for the first connections.

        Raises:
            AuthenticationFailed: the server refuses the credentials; waiting would not help.
            OpenFailed: they are not there after `timeout` seconds.
            PoolClosed: the pool was closed meanwhile.
        """
        core = self.core
        try:
            async with asyncio.timeout(timeout):
                await self._executor.wait_until(self._start_is_decided)
        except TimeoutError as error:
            raise self._open_failed(timeout) from (core.last_error or error)
        if core.has_filled:
            core.settle()
        elif core.closed or core.last_error is None:
            raise PoolClosed("the pool was closed while it was being opened")
        else:
            raise core.last_error.copy() from core.last_error

    async def abandon(self) -> None:
        """End at once what `wait_until_filled` could not bring to its end."""
        if self._closing is None:
            self.core.begin_close()
            self._revoke_leases()
            await self._executor.shut_down()

    async def close(self, grace: float) -> None:
        """Close for good; cancelling this call does not stop the closing."""
        if self._closing is None:
            self.core.begin_close()
            self._executor.execute()
            self._closing = asyncio.create_task(self._finish_closing())
        hurry = self._loop.call_later(max(0.0, grace), self._end_grace)
        self._closing.add_done_callback(lambda _: hurry.cancel())
        await asyncio.shield(self._closing)

    def _start_is_decided(self) -> bool:
        refused = isinstance(self.core.last_error, AuthenticationFailed)
        return self.core.has_filled or self.core.closed or refused

    def _open_failed(self, timeout: float) -> OpenFailed:
        endpoint = self._connector.endpoint
        core = self.core
        slow = "the server is slow; raise the timeout or lower min_size"
        return OpenFailed(
            f"{core.ledger.open} of {core.floor} connections (min_size) to {endpoint} were open "
            f"after {timeout} s: {core.last_error or slow}",
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
        for slot in list(self.core.ledger.leased):
            if slot.connection is not None:
                slot.connection.abort()
            self.core.revoke(slot)
        self._executor.execute()

    def _end_grace(self) -> None:
        self._grace_is_over = True
        self._executor.wake_watchers()
