"""What a user reads of a test with kubectl alone: live numbers, the verdict, and why."""

from typing import Any

from tests.cluster.kubectl import Kubectl
from tests.cluster.runs import (
    NEEDS_OPERATOR,
    condition,
    events_of,
    eventually,
    load_test,
    status_of,
    verdict_and_reason,
    wait_for_end,
)

COLUMNS = ["NAME", "PHASE", "VERDICT", "RUNNERS", "OPS/S"]
COLUMNS += ["SUCCESS", "ACQUIRE-P95", "QUERY-P95", "GRADE", "AGE"]
WIDE_COLUMNS = [*COLUMNS, "TARGET", "SCENARIO", "WORKERS", "REASON"]


def test_a_missed_threshold_is_named_with_what_was_observed(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    limits = [
        {"metric": "Throughput", "above": "100000/s"},
        {"metric": "SuccessRatio", "atLeast": "100%"},
    ]
    namespace.apply(load_test(thresholds=limits))

    status = wait_for_end(namespace)

    assert verdict_and_reason(status) == ("Failed", "ThresholdsMissed")
    missed, met = status["thresholds"]
    assert (missed["met"], met["met"]) == (False, True)
    succeeded = condition(status, "Succeeded")
    assert (succeeded["status"], succeeded["reason"]) == ("False", "ThresholdsMissed")
    described = namespace.run("describe", "plt", "shop")
    for words in (succeeded["message"], condition(status, "Finished")["message"]):
        assert missed["expression"] in words
        assert f"(observed {missed['observed']})" in words
        assert met["expression"] not in words
        assert words in described
    assert any(each.startswith("Failed: run 1 Failed: ") for each in events_of(namespace))
    assert "Warning  Failed" in described


@NEEDS_OPERATOR
def test_numbers_are_shown_while_the_load_runs_and_no_thresholds_complete(
    cluster: Kubectl, namespace: Kubectl
) -> None:
    sustained = {"type": "Scenario", "scenario": "Sustained"}  # others have no grade
    namespace.apply(load_test(seconds=20, runners={"replicas": 2}, workload=sustained))

    def with_numbers() -> dict[str, str] | None:
        row = row_of(namespace)
        return row if row["PHASE"] == "Running" and row["OPS/S"] else None

    live = eventually(with_numbers, seconds=90.0)
    status = wait_for_end(namespace)

    assert (live["RUNNERS"], live["VERDICT"]) == ("2/2", "")
    assert (live["SUCCESS"], live["SCENARIO"], live["WORKERS"]) == ("100%", "Sustained", "2")
    assert live["ACQUIRE-P95"]
    assert live["QUERY-P95"]
    assert verdict_and_reason(status) == ("Completed", "NoThresholds")
    assert condition(status, "Succeeded")["status"] == "True"
    final = row_of(namespace)
    assert (final["PHASE"], final["VERDICT"], final["RUNNERS"]) == ("Finished", "Completed", "2/2")
    assert final["TARGET"].startswith("Ephemeral surrealdb/surrealdb:")
    assert (final["GRADE"] != "", final["REASON"]) == (True, "NoThresholds")
    assert columns(namespace) == COLUMNS


def test_describe_tells_the_way_of_a_run(cluster: Kubectl, namespace: Kubectl) -> None:
    namespace.apply(load_test())

    status = wait_for_end(namespace)

    told = [each.partition(":")[0] for each in events_of(namespace)]
    assert {"Preparing", "Starting", "Running", "Collecting", "Completed"} <= set(told)
    assert "Warning" not in namespace.run("describe", "plt", "shop").split("Events:")[1]
    holds = {each["type"]: each["status"] for each in status["conditions"]}
    assert set(holds.values()) == {"True"}
    assert {each["observedGeneration"] for each in status["conditions"]} == {1}
    assert status_of(namespace) == status


def columns(namespace: Kubectl, *options: str) -> list[str]:
    """The head of the table that `kubectl get` prints."""
    return namespace.run("get", "plt", *options).splitlines()[0].split()


def row_of(namespace: Kubectl) -> dict[str, Any]:
    """The row of the only test in `kubectl get -o wide`, by column; an empty cell is empty."""
    head, row = namespace.run("get", "plt", "--output=wide").splitlines()
    assert head.split() == WIDE_COLUMNS
    starts = [head.index(column) for column in WIDE_COLUMNS]
    ends = [*starts[1:], len(row)]
    cells = (row[start:end] for start, end in zip(starts, ends, strict=True))
    return {name: cell.strip() for name, cell in zip(WIDE_COLUMNS, cells, strict=True)}
