"""Gathering, starting and stopping, in virtual time."""

import asyncio

import pytest

from purreal_runner.load.control import Control
from purreal_runner.load.gate import LONGEST_HOLD_SECONDS, Gate

pytestmark = pytest.mark.looptime


async def test_nobody_passes_until_all_stand_at_the_gate() -> None:
    opened: list[int] = []
    gate = Gate(3, on_open=lambda: opened.append(1))
    first, second = asyncio.create_task(gate.hold()), asyncio.create_task(gate.hold())
    await asyncio.sleep(1)
    assert not first.done()
    assert not second.done()

    await gate.hold()
    await asyncio.gather(first, second)

    assert opened == [1]


async def test_whoever_gives_up_is_waited_for_by_nobody() -> None:
    gate = Gate(2)
    waiting = asyncio.create_task(gate.hold())
    await asyncio.sleep(1)

    gate.give_up()

    await waiting


async def test_latecomers_pass_an_open_gate() -> None:
    gate = Gate(1)
    await gate.hold()

    await gate.hold()


async def test_a_gate_opens_in_the_end_whoever_is_missing() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()

    await Gate(2).hold()

    assert loop.time() - began == pytest.approx(LONGEST_HOLD_SECONDS)


async def test_a_halt_is_set_after_its_time() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()

    with Control().halt(seconds=5.0) as halt:
        await halt.wait()

    assert loop.time() - began == pytest.approx(5.0)


async def test_stopping_sets_all_halts_and_those_that_follow() -> None:
    control = Control()
    with control.halt() as first, control.halt(seconds=100.0) as second:
        control.stop()

        assert first.is_set()
        assert second.is_set()
    with control.halt() as third:
        assert third.is_set()


async def test_stopping_also_ends_the_wait_for_the_start() -> None:
    control = Control()
    waiting = asyncio.create_task(control.wait_for_start())
    await asyncio.sleep(1)
    assert not waiting.done()

    control.stop()

    await waiting
    assert control.stopped
