"""What a document becomes on this machine."""

from typing import Any

import pytest

from purreal_runner.document import parse_document
from purreal_runner.document.local import resolve_local
from purreal_runner.document.options import LocalOptions
from purreal_runner.load.from_document import Circumstances, run_settings
from purreal_runner.load.plan import MixPlan, PoolLimits, PythonPlan, ScenarioPlan
from purreal_runner.load.settings import RunSettings

HEAD = """\
apiVersion: purreal.dev/v1alpha1
kind: PoolLoadTest
metadata: {name: mine}
spec:
"""


def settings_of(spec: str, **options: Any) -> RunSettings:
    given = LocalOptions(**options)
    document = parse_document(HEAD + spec, "test.yaml")
    return run_settings(resolve_local(document, given), Circumstances())


LOAD = "  load: {closed: {workers: 10}, stop: {operations: 100}, warmUpSeconds: 3}\n"


def test_a_whole_document_becomes_settings() -> None:
    run = settings_of(
        LOAD
        + """\
  pool: {minSize: 1, maxSize: 9, maxLifetimeSeconds: 0, maxIdleTimeSeconds: 7,
         acquireTimeoutSeconds: 2, lend: Session}
  runners: {replicas: 2, processes: 3}
  workload: {type: Scenario, scenario: Complex, setup: RETURN 1, seed: 5}
  faults: [{type: CloseConnection, everyOperations: 50}]
  deadlines: {runSeconds: 77}
"""
    )

    assert run.limits == PoolLimits(
        min_size=1,
        max_size=9,
        max_lifetime=None,
        max_idle_time=7.0,
        acquire_timeout=2.0,
        lend="session",
    )
    assert (run.pools, run.workers, run.operations, run.seconds) == (6, 10, 100, None)
    assert (run.warm_up_seconds, run.run_seconds, run.close_every, run.seed) == (3.0, 77.0, 50, 5)
    assert run.workload == ScenarioPlan(name="Complex")
    assert (run.scenario, run.setup) == ("Complex", "RETURN 1")
    assert run.tables.prefix.startswith("load_mine_")


def test_a_mix_becomes_its_queries() -> None:
    run = settings_of(
        LOAD
        + """\
  workload:
    type: Mix
    mix: [{name: a, weight: 3, query: RETURN 1, transaction: true, thinkTimeMilliseconds: 20}]
"""
    )

    assert isinstance(run.workload, MixPlan)
    [query] = run.workload.queries
    assert (query.weight, query.transaction, query.think_milliseconds) == (3, True, 20)
    assert (run.scenario, run.workload_name) == (None, "mix of a")


def test_a_python_file_comes_from_the_command_line() -> None:
    run = settings_of(LOAD, workload="some/load.py:work")

    assert isinstance(run.workload, PythonPlan)
    assert (str(run.workload.path), run.workload.function) == ("some/load.py", "work")
    assert run.workload_name == "load.py:work"


@pytest.mark.parametrize(
    ("policy", "losable"),
    [
        ("{policy: Fail}", 0),
        ("{policy: Continue}", 5),
        ("{policy: Continue, maximum: 1}", 3),
    ],
)
def test_lost_runners_count_as_their_pools(policy: str, losable: int) -> None:
    spec = f"{LOAD}  runners: {{replicas: 2, processes: 3}}\n  lostRunners: {policy}\n"

    assert settings_of(spec).losable_pools == losable
