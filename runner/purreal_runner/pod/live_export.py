"""Sends what was measured so far every two seconds, while the load runs; measures nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from purreal_runner.pod.export import Exporter
from purreal_runner.pod.plan import SNAPSHOT_SECONDS
from purreal_runner.pod.pod_load import PodLoad


@asynccontextmanager
async def exporting_live(load: PodLoad, exporter: Exporter) -> AsyncIterator[None]:
    """Exports for as long as the block lasts.

    One request at a time, and each with the newest numbers: what a slow operator misses is not
    sent later.
    """
    task = asyncio.create_task(_for_ever(load, exporter), name="live export")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _for_ever(load: PodLoad, exporter: Exporter) -> None:
    while True:
        await asyncio.sleep(SNAPSHOT_SECONDS)
        if parts := load.parts():
            await exporter.live(parts)
        await exporter.spans(load.take_spans())
