"""Many clients at once on the embedded engine."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from purreal_runner.embedded.launch import start_embedded
from purreal_runner.embedded.process import raise_descriptor_limit

CLIENTS = 1000


@pytest.mark.timeout(120)
async def test_a_thousand_clients_are_served_at_once(open_wire: Any) -> None:
    raise_descriptor_limit()
    async with start_embedded() as target, AsyncExitStack() as stack, asyncio.timeout(60):
        opening = (stack.enter_async_context(open_wire(target)) for _ in range(CLIENTS))
        wires = await asyncio.gather(*opening)
        token = (await wires[0].sign_in(target))["result"]

        async def work(number: int) -> Any:
            wire = wires[number]
            await wire.ask("authenticate", token)
            await wire.ask("use", "capacity", f"database{number % 10}")
            await wire.ask("let", "me", number)
            return await wire.value("RETURN $me")

        assert await asyncio.gather(*map(work, range(CLIENTS))) == list(range(CLIENTS))
        # Half of them vanish, the others do not notice.
        for wire in wires[::2]:
            wire.socket.transport.abort()
        rest = [wire.value("RETURN $me") for wire in wires[1::2]]
        assert await asyncio.gather(*rest) == list(range(1, CLIENTS, 2))
