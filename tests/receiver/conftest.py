"""Owns a receiver on loopback for each test that asks for one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import aiohttp
import pytest

from purreal_operator.receiver.limits import Limits
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.receiver.server import Ports, Receiver
from tests.receiver.sending import Bench, FakeStore, room_plan

Start = Callable[..., Awaitable[Bench]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts a receiver with an open room; keyword arguments are `Limits`."""
    async with AsyncExitStack() as stack:

        async def start(**limits: float) -> Bench:
            rooms, store = Rooms(), FakeStore()
            rooms.open(room_plan())
            receiver = Receiver(
                rooms, store.opened, ports=Ports(0, 0, "127.0.0.1"), limits=Limits(**limits)
            )
            receiver.start()
            stack.callback(receiver.stop)
            session = await stack.enter_async_context(aiohttp.ClientSession())
            return Bench(receiver, rooms, store, session)

        yield start


@pytest.fixture
async def bench(start: Start) -> Bench:
    """A receiver with an open room for three runners of two pools."""
    return await start()
