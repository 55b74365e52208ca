"""Ctrl-C in a real terminal, and without one: the run is cancelled only by who says so."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from purreal_runner.judge.verdict import Verdict
from tests.kubectl_plugin.api_server import TESTS, ApiServer
from tests.kubectl_plugin.conftest import Plugin
from tests.kubectl_plugin.stored import RERUN_AT, active, ended, packed, resource, small_report
from tests.kubectl_plugin.terminal import Terminal

SHOP = f"{TESTS}/shop"
QUESTION = "cancel the run of shop? [y/N]"
GOES_ON = "the run of shop goes on; follow it: kubectl purreal watch shop -n team"
CANCELLED = {"spec": {"desiredState": "Cancelled"}}


@pytest.fixture
def running(server: ApiServer) -> ApiServer:
    """A run is on and goes on until it is cancelled."""
    server.answer("GET", SHOP, (200, resource(active(run=3))))
    server.answer("PATCH", SHOP, (200, resource(active(run=3))))
    server.watch_may_end.clear()
    server.keep_report(3, packed(small_report(Verdict.CANCELLED)))

    def on_change(body: Any) -> None:
        asked = (body.get("metadata") or {}).get("annotations", {}).get(RERUN_AT)
        if asked:
            server.answer("GET", SHOP, (200, resource(active(run=3), asked=asked)))
        if body == CANCELLED:
            over = ended(run=3, verdict="Cancelled", reason="Cancelled", message="stopped")
            server.answer("GET", SHOP, (200, resource(over)))

    server.on_change = on_change
    return server


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "loadtest.yaml"
    path.write_text(
        "apiVersion: purreal.dev/v1alpha1\nkind: PoolLoadTest\nmetadata: {name: shop}\n"
        "spec: {load: {closed: {workers: 5}, stop: {operations: 1000}}}\n"
    )
    return path


StartIn = Callable[..., Terminal]


@pytest.fixture
def terminal(running: ApiServer, kubeconfig: Path) -> Iterator[StartIn]:
    """Starts the plugin in a terminal; with the test it ends."""
    with ExitStack() as started:

        def start(*arguments: str) -> Terminal:
            command = [sys.executable, "-m", "purreal_kubectl", "--kubeconfig", str(kubeconfig)]
            environment = {**os.environ, "COLUMNS": "110", "LINES": "40"}
            return started.enter_context(Terminal([*command, *arguments], environment))

        yield start


def test_a_yes_cancels_the_run_and_shows_what_was_measured(
    terminal: StartIn, running: ApiServer, file: Path
) -> None:
    shell = terminal("run", str(file), "--wait")
    shell.wait_for("shop · run 3 · Running")

    shell.type("\x03")
    shell.wait_for(QUESTION)
    shell.type("y\n")

    assert shell.end() == 105
    assert " CANCELLED  shop" in shell.shown
    assert running.bodies("PATCH")[-1] == CANCELLED


def test_a_repeat_that_waits_for_another_run_is_withdrawn_and_the_other_goes_on(
    terminal: StartIn, running: ApiServer
) -> None:
    shell = terminal("rerun", "shop", "--wait")
    shell.wait_for("shop · waiting for the run to begin")

    shell.type("\x03")
    shell.wait_for(QUESTION)
    shell.type("y\n")

    assert shell.end() == 105
    assert "the run of shop that was asked for is withdrawn" in shell.shown
    assert running.bodies("PATCH")[-1] == {
        "metadata": {"annotations": {"purreal.dev/rerun-at": None}}
    }


@pytest.mark.parametrize("answer", ["\n", "n\n", "\x03", "\x04"], ids=["enter", "no", "^C", "^D"])
def test_everything_but_a_yes_leaves_the_run_on(
    terminal: StartIn, running: ApiServer, file: Path, answer: str
) -> None:
    shell = terminal("run", str(file), "--wait")
    shell.wait_for("shop · run 3 · Running")

    shell.type("\x03")
    shell.wait_for(QUESTION)
    shell.type(answer)

    assert shell.end() == 105
    assert GOES_ON in shell.shown
    assert CANCELLED not in running.bodies("PATCH")


def test_watching_ends_without_a_question(terminal: StartIn, running: ApiServer) -> None:
    shell = terminal("watch", "shop")
    shell.wait_for("shop · run 3 · Running")

    shell.type("\x03")

    assert shell.end() == 105
    assert QUESTION not in shell.shown
    assert GOES_ON in shell.shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_without_a_terminal_the_run_goes_on_and_how_to_cancel_it_is_said(
    plugin: Plugin, running: ApiServer, file: Path, number: signal.Signals
) -> None:
    answer = running.reply

    def interrupted(method: str, path: str, body: Any) -> Any:
        if running.asked and running.asked[-1][0] == "PATCH":
            os.kill(os.getpid(), number)  # while the run is looked at after it was applied
        return answer(method, path, body)

    running.reply = interrupted  # type: ignore[method-assign]

    done = plugin("run", str(file), "--wait")

    assert done.code == 105
    assert "cancel it: kubectl purreal cancel shop -n team" in done.err
    assert CANCELLED not in running.bodies("PATCH")
