"""Settings of small runs against a database that is there."""

from typing import Any, Protocol

import pytest

from purreal_runner.document import Threshold, parse_threshold_expression
from purreal_runner.document.local import ResolvedTarget
from purreal_runner.embedded.launch import RunningTarget
from purreal_runner.load.plan import PoolLimits, ScenarioPlan
from purreal_runner.load.settings import RunSettings
from purreal_runner.workload.tables import OwnTables


class MakeSettings(Protocol):
    """Settings of a run against a target; everything can be given."""

    def __call__(self, target: RunningTarget, **given: Any) -> RunSettings: ...


def at(target: RunningTarget) -> ResolvedTarget:
    return ResolvedTarget(
        kind="url",
        endpoint=target.url,
        username=target.username,
        password=target.password,
        level="root",
        ca_file=None,
        namespace="tests",
        database="load",
    )


@pytest.fixture
def settings() -> MakeSettings:
    def make(target: RunningTarget, **given: Any) -> RunSettings:
        scenario = given.pop("scenario", "Sustained")
        usual: dict[str, Any] = {
            "name": "test",
            "workload": ScenarioPlan(name=scenario or "Sustained"),
            "workload_name": "",
            "scenario": scenario,
            "workers": 10,
            "operations": 200,
            "target": at(target),
            "limits": PoolLimits(min_size=2, max_size=12, acquire_timeout=5.0),
            "tables": OwnTables.named_after("test"),
            "run_seconds": 40.0,
        }
        if given.get("seconds") is not None:
            usual["operations"] = None
        return RunSettings(**(usual | given))

    return make


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine with two cores, so that two pools have a process each."""
    monkeypatch.setattr("purreal_runner.load.spread.usable_cores", lambda: 2)


@pytest.fixture
def at_least() -> Any:
    """A threshold on the success ratio."""

    def threshold(percent: str) -> Threshold:
        return parse_threshold_expression(f"success_ratio >= {percent}")

    return threshold
