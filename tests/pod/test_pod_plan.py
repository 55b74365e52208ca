"""What each pod of a run does: its own pools, its share of the load, the same tables."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from purreal_runner.load.plan import ProcessPlan, PythonPlan
from purreal_runner.otlp.identity import trace_of
from purreal_runner.pod.coordination import FailureReason
from purreal_runner.pod.failing import CannotGoOn
from purreal_runner.pod.plan import process_plans, read_document, whole_run
from purreal_runner.pod.settings import PodSettings, read_settings
from tests.pod.fake_operator import RUN_ID
from tests.pod.pods import document, environment, write_files

MakeSettings = Callable[..., PodSettings]


@pytest.fixture
def settings(tmp_path: Path) -> MakeSettings:
    """The settings of a pod whose document has this spec."""

    def make(index: int = 0, **spec: Any) -> PodSettings:
        write_files(tmp_path, document(**spec), "root", "s3cret")
        return read_settings(environment(tmp_path, "http://operator", "wss://db:8000", index))

    return make


def plans(settings: PodSettings) -> list[ProcessPlan]:
    read = read_document(settings)
    return process_plans(whole_run(read, settings), settings.index, read.spec.runners.processes)


def test_the_pods_together_do_the_whole_load(settings: MakeSettings) -> None:
    spec: dict[str, Any] = {
        "runners": {"replicas": 3, "processes": 2},
        "load": {"closed": {"workers": 20}, "stop": {"operations": 1000}},
    }

    shares = [
        share
        for index in range(3)
        for plan in plans(settings(index, **spec))
        for share in plan.shares
    ]

    assert [share.index for share in shares] == [0, 1, 2, 3, 4, 5]
    assert [share.workers for share in shares] == [4, 4, 3, 3, 3, 3]
    assert sum(share.operations or 0 for share in shares) == 1000


def test_no_two_processes_of_a_run_have_the_same_number(settings: MakeSettings) -> None:
    runners = {"replicas": 2, "processes": 2}

    numbers = [plan.process for index in (0, 1) for plan in plans(settings(index, runners=runners))]

    assert numbers == [0, 1, 2, 3]


def test_all_pods_work_on_the_same_tables(settings: MakeSettings) -> None:
    runners = {"replicas": 2}

    prefixes = {
        plan.table_prefix for index in (0, 1) for plan in plans(settings(index, runners=runners))
    }

    assert len(prefixes) == 1


def test_a_process_knows_where_the_database_is_and_tells_what_it_measures(
    settings: MakeSettings,
) -> None:
    target = {
        "type": "URL",
        "url": {"endpoint": "wss://db:8000"},
        "database": {"namespace": "shop", "name": "checkout"},
        "auth": {"level": "Database", "secretRef": {"name": "surreal"}},
    }

    [plan] = plans(settings(target=target))

    connection = plan.connection
    assert (connection.url, connection.level) == ("wss://db:8000", "database")
    assert (connection.namespace, connection.database) == ("shop", "checkout")
    assert (connection.username, connection.password) == ("root", "s3cret")
    assert "s3cret" not in repr(plan)
    assert plan.snapshot_seconds == 2.0
    assert plan.load.trace_id == trace_of(RUN_ID).trace_hex


def test_a_workload_from_a_config_map_is_where_it_is_mounted(settings: MakeSettings) -> None:
    reference = {"configMapRef": {"name": "checkout", "key": "load.py"}, "function": "buy"}
    pod = settings(workload={"type": "Python", "python": reference})

    [plan] = plans(pod)

    assert plan.workload == PythonPlan(path=pod.workload_file, function="buy")


def test_a_workload_in_the_image_is_where_the_document_says(settings: MakeSettings) -> None:
    python = {"file": "/app/load.py"}

    [plan] = plans(settings(workload={"type": "Python", "python": python}))

    assert plan.workload == PythonPlan(path=Path("/app/load.py"), function="simulate_work")


def test_a_runner_that_the_document_does_not_have_can_not_go_on(settings: MakeSettings) -> None:
    with pytest.raises(CannotGoOn, match="this is runner 5, but the document has 2"):
        read_document(settings(5, runners={"replicas": 2}))


def test_a_document_of_another_version_can_not_be_read(settings: MakeSettings) -> None:
    with pytest.raises(CannotGoOn, match="another version") as refused:
        read_document(settings(novelty=True))

    assert refused.value.reason is FailureReason.RUNNER_BROKE
