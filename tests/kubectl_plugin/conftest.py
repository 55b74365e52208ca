"""Owns the API server that whole commands talk to, and the command line as a function."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from purreal_kubectl.main import main
from tests.kubectl_plugin.api_server import ApiServer, serving, write_kubeconfig


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    code: int
    out: str
    err: str


Plugin = Callable[..., Done]


@pytest.fixture
def server() -> ApiServer:
    """The API server's answers."""
    return ApiServer()


@pytest.fixture
def kubeconfig(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The file that leads to it."""
    path = tmp_path / "kubeconfig"
    with serving(server) as address:
        write_kubeconfig(path, address, ("here", "there"))
        monkeypatch.setenv("COLUMNS", "120")
        yield path


@pytest.fixture
def plugin(kubeconfig: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Plugin]:
    """Runs a command line against it."""

    def run(*arguments: str) -> Done:
        try:
            code = main([f"--kubeconfig={kubeconfig}", *arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        return Done(code, out, err)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # Who starts the tests in the background of a shell has them, and their plugin, ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield run
    for number, handler in before.items():
        signal.signal(number, handler)
