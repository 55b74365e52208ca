"""An operator that is there, and runners that a test leaves behind are ended."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from purreal_runner.embedded.launch import RunningTarget
from tests.pod.fake_operator import FakeOperator
from tests.pod.pods import Pods


@pytest_asyncio.fixture
async def operator() -> AsyncIterator[FakeOperator]:
    """An operator that is there."""
    fake = FakeOperator()
    await fake.come()
    yield fake
    await fake.go_away()


@pytest_asyncio.fixture
async def pods(tmp_path: Path) -> AsyncIterator[Pods]:
    """Starts runners, and ends those that a test left."""
    pods = Pods(tmp_path)
    yield pods
    for pod in pods.started:
        if pod.process.returncode is None:
            pod.signal(signal.SIGKILL)
            await pod.process.wait()


@pytest.fixture
def nowhere() -> RunningTarget:
    """Where no database is: port 1 of this machine."""
    return RunningTarget(
        kind="server", url="ws://127.0.0.1:1", username="root", password="s", pid=0, version=""
    )
