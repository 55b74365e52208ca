"""The table of runners: what each does, who comes first, and what fits where."""

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from purreal_kubectl.deciding.runners import RunnerRow, rows_that_fit, runner_rows
from purreal_kubectl.showing.runners import runners_picture, runners_text
from purreal_operator.cluster.parse import pod_view
from purreal_operator.status.model import PoolLoadTestStatus
from purreal_operator.status.moments import epoch
from tests.kubectl_plugin.api_server import CORE, TESTS, ApiServer, refusal
from tests.kubectl_plugin.conftest import Plugin
from tests.kubectl_plugin.pods import ended_with, pod, unschedulable
from tests.kubectl_plugin.stored import active, ended, resource
from tests.kubectl_plugin.terminal import Terminal

STARTS = "2026-01-31T12:00:10.000Z"
NOW = epoch(STARTS) + 5


def rows(
    *pods: dict[str, Any], phase: str = "Running", now: float = NOW, **status: Any
) -> tuple[RunnerRow, ...]:
    """What is decided about pods as the API server lists them."""
    seen = PoolLoadTestStatus.model_validate(active(3, phase, startsAt=STARTS, **status))
    return runner_rows(map(pod_view, pods), seen, now)


def states(found: Sequence[RunnerRow]) -> list[str]:
    return [row.state for row in found]


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        (pod(0, "Pending", node=""), "waiting for a node"),
        (pod(0, "Pending"), "starting"),
        (pod(0, "Pending", conditions={"PodReadyToStartContainers": ""}), "pulling image"),
        (pod(0), "getting ready"),
        (pod(0, "Succeeded", container=ended_with(0)), "done"),
    ],
)
def test_a_runner_that_comes_or_goes_is_in_no_trouble(seen: dict[str, Any], state: str) -> None:
    found = rows(seen, phase="Starting", runners={"expected": 2, "ready": 1})

    assert states(found) == [state]
    assert not found[0].in_trouble


@pytest.mark.parametrize(
    ("phase", "seconds", "ready", "state"),
    [
        ("Starting", -20, 1, "getting ready"),
        ("Starting", -20, 2, "ready"),
        ("Running", -1, 2, "ready"),
        ("Running", 1, 2, "running"),
        ("Collecting", 30, 2, "reporting"),
    ],
)
def test_a_runner_whose_container_runs_does_what_the_run_does(
    phase: str, seconds: float, ready: int, state: str
) -> None:
    counts = {"expected": 2, "ready": ready}

    found = rows(pod(0), phase=phase, now=epoch(STARTS) + seconds, runners=counts)

    assert states(found) == [state]


def test_a_pod_that_is_being_deleted_is_ending() -> None:
    leaving = pod(0)
    leaving["metadata"]["deletionTimestamp"] = "2026-01-31T12:01:00Z"

    assert states(rows(leaving)) == ["ending"]


def test_runners_in_trouble_come_first_each_with_what_is_wrong() -> None:
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}

    found = rows(
        pod(0),
        unschedulable(4, "0/3 nodes are available"),
        pod(1),
        pod(3, "Pending", container=waiting),
        pod(2, "Unknown"),
        phase="Starting",
    )

    assert [(row.index, row.state) for row in found] == [
        (2, "its node does not answer"),
        (3, "ImagePullBackOff: no such image"),
        (4, "waiting for a node: 0/3 nodes are available"),
        (0, "getting ready"),
        (1, "getting ready"),
    ]
    assert [row.in_trouble for row in found] == [True, True, True, False, False]


def test_lost_runners_are_told_with_why_and_also_when_their_pods_are_gone() -> None:
    failed = pod(1, "Failed", container=ended_with(137, "out of luck"))

    found = rows(pod(0), failed, pod(3), runners={"expected": 4, "lost": [1, 2, 3]})

    assert states(found) == [
        "lost: it ended with exit code 137 (killed by signal 9): out of luck",
        "lost: its pod is gone",
        "lost",
        "running",
    ]
    assert [row.pod for row in found[:2]] == ["shop-3-1-abcde", ""]


def test_a_pod_that_was_replaced_counts_as_a_restart_and_has_no_row() -> None:
    failed = pod(0, "Failed", container=ended_with(1), name="first", created="2026-01-31T12:00:09Z")
    new = pod(0, name="second", failures="1", restarts=2, created="2026-01-31T12:00:09Z")

    for order in ((failed, new), (new, failed)):
        (found,) = rows(*order)
        assert (found.pod, found.restarts, found.state) == ("second", 3, "running")


def test_a_pod_without_an_index_is_no_runner() -> None:
    stranger = pod(0)
    stranger["metadata"]["annotations"] = {"batch.kubernetes.io/job-completion-index": "x" * 9}

    assert rows(stranger) == ()


def test_nothing_that_a_terminal_obeys_is_left_of_what_pods_say() -> None:
    words = "evil\x1b[2J\x1b]0;owned\x07 \r\n[bold]text[/bold]\u202e\x9b31m\u2028x"
    waiting = {"waiting": {"reason": "ErrImagePull", "message": words}}
    hostile = pod(0, "Pending", container=waiting, node="no\x1bde", name="po\nd")

    found = rows(hostile)
    shown = [runners_text(found), drawn(found, 200, 10)]

    for text in shown:
        assert all(sign.isprintable() for line in text.split("\n") for sign in line)
        assert len(text.split("\n")) == 2
        assert "[bold]text[/bold]" in text


def test_as_many_rows_are_kept_as_fit_with_a_line_for_the_rest() -> None:
    many = rows(*map(pod, range(5)))

    assert rows_that_fit(many, 5) == many
    assert rows_that_fit(many, 4) == many[:3]
    assert list(rows_that_fit(many, 1)) == []
    assert list(rows_that_fit(many, -7)) == []


def drawn(found: Sequence[RunnerRow], width: int, height: int) -> str:
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(runners_picture(found, width, height))
    lines = console.export_text().rstrip("\n").split("\n")
    return "\n".join(line.rstrip() for line in lines)


def test_of_many_runners_those_in_trouble_are_shown_and_the_rest_is_counted() -> None:
    found = rows(*map(pod, range(499)), unschedulable(499, "no room"))

    assert drawn(found, 100, 6).split("\n") == [
        "RUNNER   POD                NODE     RESTARTS   STATE",
        "499      shop-3-499-abcde   –        0          waiting for a node: no room",
        "0        shop-3-0-abcde     node-1   0          running",
        "1        shop-3-1-abcde     node-1   0          running",
        "2        shop-3-2-abcde     node-1   0          running",
        "… and 496 more",
    ]


@pytest.mark.parametrize(
    ("width", "head"),
    [
        (70, "RUNNER   POD              NODE     RESTARTS   STATE"),
        (69, "RUNNER   POD              RESTARTS   STATE"),
        (60, "RUNNER   RESTARTS   STATE"),
        (30, "RUNNER   STATE"),
        (10, "RUNNER   …"),
    ],
)
def test_a_narrow_terminal_loses_columns_and_keeps_what_is_wrong(width: int, head: str) -> None:
    lines = drawn(rows(unschedulable(0, "no room " * 20), pod(1)), width, 10).split("\n")

    assert lines[0] == head
    assert len(lines) == 3
    assert max(map(len, lines)) <= width
    assert lines[1].endswith("…")


@pytest.mark.parametrize("height", [2, 1, 0, -3])
def test_where_no_runner_has_room_there_is_no_table(height: int) -> None:
    assert drawn(rows(pod(0), pod(1)), 80, height) == ""


def test_the_text_is_never_cut_and_has_twenty_lines_at_most() -> None:
    found = rows(*map(pod, range(57)), unschedulable(57, "x" * 300))

    lines = runners_text(found).split("\n")

    assert lines[1].endswith("x" * 300)
    assert len(lines) == 21
    assert lines[-1] == "… and 39 more"
    assert len(runners_text(found[:20]).split("\n")) == 21


PODS = f"{CORE}/pods"


def listed(*pods: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 200, {"kind": "PodList", "items": list(pods)}


def test_the_status_of_an_active_run_has_the_table(plugin: Plugin, server: ApiServer) -> None:
    server.answer("GET", f"{TESTS}/shop", (200, resource(active(run=3))))
    server.answer("GET", PODS, listed(pod(0), unschedulable(1, "no room")))

    lines = plugin("status", "shop").out.split("\n")

    assert "1        shop-3-1-abcde   –        0          waiting for a node: no room" in lines
    assert "0        shop-3-0-abcde   node-1   0          running" in lines


def test_the_status_of_a_run_that_is_over_asks_for_no_pods(
    plugin: Plugin, server: ApiServer
) -> None:
    server.answer("GET", f"{TESTS}/shop", (200, resource(ended(run=3))))

    done = plugin("status", "shop")

    assert (done.code, done.err) == (0, "")
    assert [path for _, path, _ in server.asked] == [f"{TESTS}/shop"]


def test_who_may_not_list_pods_sees_the_status_without_the_table(
    plugin: Plugin, server: ApiServer
) -> None:
    server.answer("GET", f"{TESTS}/shop", (200, resource(active(run=3))))
    server.answer("GET", PODS, refusal(403, "Forbidden", 'User "me" cannot list "pods"'))

    done = plugin("status", "shop")

    assert done.code == 0
    assert done.out.startswith("shop in team: run 3, Running")
    assert "RUNNER " not in done.out
    assert done.err.splitlines() == [
        "no table of runners: that needs the right to list pods in namespace team "
        "(docs/kubectl-plugin.md)"
    ]


def test_a_terminal_of_few_lines_shows_the_run_and_as_many_runners_as_fit(
    kubeconfig: Path, server: ApiServer
) -> None:
    server.answer("GET", f"{TESTS}/shop", (200, resource(active(run=3))))
    server.answer("GET", PODS, listed(*map(pod, range(40)), unschedulable(40, "no\x1b[2J room")))
    server.watch_may_end.clear()
    command = [sys.executable, "-m", "purreal_kubectl", f"--kubeconfig={kubeconfig}"]
    environment = {**os.environ, "COLUMNS": "80", "LINES": "10"}
    with Terminal([*command, "watch", "shop"], environment) as shell:
        shell.wait_for("shop · run 3 · Running")
        shell.wait_for("waiting for a node: no room")
        shell.wait_for("… and 37 more")
        shell.type("\x03")

        assert shell.end() == 105
        assert "shop-3-2-abcde" in shell.shown
        assert "shop-3-3-abcde" not in shell.shown
