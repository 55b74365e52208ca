"""Python of the user's own from a ConfigMap: it runs, or the test says quickly why it can't."""

import pytest

from tests.cluster.kubectl import Kubectl
from tests.cluster.runs import (
    condition,
    load_test,
    nowhere,
    verdict_and_reason,
    wait_for_end,
)

WORKLOAD = {"type": "Python", "python": {"configMapRef": {"name": "load", "key": "load.py"}}}
GOOD = """
async def simulate_work(conn, task_id):
    assert await conn.query("RETURN $number", {"number": task_id}) == task_id
"""
BROKEN = {
    "syntax": ("async def simulate_work(conn, task_id)\n", "load.py"),
    "import": ("import not_in_the_image\n" + GOOD, "not_in_the_image"),
    "function": ("async def another(conn, task_id): ...\n", "simulate_work"),
    "signature": ("async def simulate_work(conn): ...\n", "simulate_work"),
}


def test_simulate_work_runs_as_often_as_was_asked_for(cluster: Kubectl, namespace: Kubectl) -> None:
    store(namespace, GOOD)
    load = {"closed": {"workers": 4}, "stop": {"operations": 101}}
    namespace.apply(load_test(workload=WORKLOAD, load=load, runners={"replicas": 2}))

    status = wait_for_end(namespace)

    assert status["verdict"] == "Completed"
    operations = status["operations"]
    assert (operations["issued"], operations["succeeded"]) == (101, 101)


@pytest.mark.parametrize("what", BROKEN)
def test_python_that_can_not_be_used_ends_the_test_before_its_load(
    cluster: Kubectl, namespace: Kubectl, what: str
) -> None:
    content, named = BROKEN[what]
    store(namespace, content)
    namespace.apply(load_test(workload=WORKLOAD, target=nowhere()))

    status = wait_for_end(namespace, seconds=60.0)

    assert verdict_and_reason(status) == ("Error", "InvalidWorkload")
    assert named in condition(status, "Succeeded")["message"]


def test_a_config_map_that_is_not_there_is_named(cluster: Kubectl, namespace: Kubectl) -> None:
    deadlines = {"readySeconds": 10}
    namespace.apply(load_test(workload=WORKLOAD, target=nowhere(), deadlines=deadlines))

    status = wait_for_end(namespace, seconds=60.0)

    assert verdict_and_reason(status) == ("Error", "RunnersNotReady")
    assert 'configmap "load" not found' in condition(status, "Succeeded")["message"]


def store(namespace: Kubectl, content: str) -> None:
    """Put a file into the ConfigMap."""
    metadata = {"name": "load"}
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    namespace.apply({**manifest, "data": {"load.py": content}})
