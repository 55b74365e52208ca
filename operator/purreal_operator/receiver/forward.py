"""Passes accepted telemetry on to the user's own collector; must never hold up the receiver.

Each run has a queue of its own and one task that empties it, so a slow collector delays no other.
"""

import asyncio
import io
import logging
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

import aiohttp

from purreal_operator.receiver.limits import Limits
from purreal_operator.receiver.stats import Stats

Signal = Literal["metrics", "traces"]

_HEADERS = {"Content-Type": "application/x-protobuf"}
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Lane:
    """What waits for one run's collector."""

    waiting: deque[tuple[str, bytes]] = field(default_factory=deque)
    size: int = 0
    task: asyncio.Task[None] | None = None


class Forwarder:
    """Sends OTLP/HTTP protobuf; what the collector doesn't take in time is dropped and counted.

    Counters: `forwarded`, and `forward_dropped` by why (`full`, `refused`, `failed`).
    """

    def __init__(self, limits: Limits, stats: Stats) -> None:
        self._limits = limits
        self._stats = stats
        self._lanes: dict[str, _Lane] = {}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=self._limits.forward_seconds)
        # Cookies of one user's collector are nobody else's.
        jar = aiohttp.DummyCookieJar()
        self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=jar)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def offer(self, run_id: str, forward_to: str | None, signal: Signal, body: bytes) -> None:
        """Send this when its turn comes; returns at once."""
        if forward_to is None or self._session is None:
            return
        lane = self._lanes.get(run_id)
        if lane is None and len(self._lanes) < self._limits.forward_runs:
            lane = self._lanes[run_id] = _Lane()
        if lane is None or lane.size + len(body) > self._limits.forward_bytes:
            self._stats.count("forward_dropped", "full")
            return
        lane.waiting.append((f"{forward_to.rstrip('/')}/v1/{signal}", body))
        lane.size += len(body)
        if lane.task is None:
            lane.task = asyncio.create_task(self._empty(run_id, lane, self._session))

    async def _empty(self, run_id: str, lane: _Lane, session: aiohttp.ClientSession) -> None:
        try:
            while lane.waiting:
                url, body = lane.waiting[0]
                await self._send(session, run_id, url, body)
                lane.waiting.popleft()
                lane.size -= len(body)
        finally:
            del self._lanes[run_id]

    async def _send(
        self, session: aiohttp.ClientSession, run_id: str, url: str, body: bytes
    ) -> None:
        try:
            async with session.post(
                url, data=io.BytesIO(body), headers=_HEADERS, allow_redirects=False
            ) as response:
                taken = response.status < 300
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            self._stats.count("forward_dropped", "failed")
            _log.debug("telemetry of run %s not forwarded: %s", run_id, type(error).__name__)
            return
        if taken:
            self._stats.count("forwarded")
        else:
            self._stats.count("forward_dropped", "refused")
