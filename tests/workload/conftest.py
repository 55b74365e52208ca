"""Tasks without a pool, for what only looks at the task."""

from collections.abc import Callable
from random import Random
from typing import Any, cast

import pytest

from purreal import SurrealDBConnectionPool
from purreal_runner.workload.task import Task


@pytest.fixture
def make_task() -> Callable[..., Task]:
    def make(number: int = 7, seed: int = 1, **given: Any) -> Task:
        usual: dict[str, Any] = {
            "number": number,
            "pool_index": 2,
            "worker": 3,
            "iteration": 4,
            "random": Random(seed),
            "pool": cast("SurrealDBConnectionPool", None),
        }
        return Task(**(usual | given))

    return make


class Recording:
    """A lease that only remembers what it was asked."""

    def __init__(self, answer: Any = None) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answer = answer

    async def query(self, text: str, variables: dict[str, Any] | None = None) -> Any:
        self.asked.append((text, variables or {}))
        return self.answer


@pytest.fixture
def recording() -> Callable[..., Any]:
    return Recording
