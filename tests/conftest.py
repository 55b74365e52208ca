"""Owns what every test relies on; knows no part of the product."""

import asyncio

import pytest


@pytest.fixture(scope="session", autouse=True)
def no_event_loop_by_accident() -> None:
    """Keep plug-ins from making an event loop that nobody closes.

    looptime asks the policy for a loop before synchronous tests too, and before Python 3.14 that
    makes one; its ResourceWarning would then fail whichever test runs when it is collected. Once
    a loop has been set, even None, the policy makes no more.
    """
    asyncio.set_event_loop(None)
