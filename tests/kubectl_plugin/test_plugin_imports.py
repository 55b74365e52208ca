"""The plugin's extra is enough for the plugin: it loads nothing that only the operator has."""

import subprocess
import sys

import pytest

BLOCKING = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {blocked}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Blocked())
"""
ALL_MODULES = """
import importlib, pkgutil
import purreal_kubectl
for module in pkgutil.walk_packages(purreal_kubectl.__path__, 'purreal_kubectl.'):
    if not module.name.endswith('__main__'):
        importlib.import_module(module.name)
assert 'aiohttp.web' not in sys.modules
"""
PURE = "import purreal_operator.status.reading, purreal_operator.objects.names"
SERVER_SIDE = {"grpc", "kopf", "opentelemetry", "prometheus_client", "surrealdb"}
CLIENT_SIDE = {"aiohttp", "kubernetes"}


@pytest.mark.parametrize(
    ("blocked", "imports"),
    [(SERVER_SIDE, ALL_MODULES), (SERVER_SIDE | CLIENT_SIDE, PURE)],
    ids=["the plugin", "what it shares with the operator"],
)
def test_nothing_of_the_operators_own_is_loaded(blocked: set[str], imports: str) -> None:
    program = BLOCKING.format(blocked=sorted(blocked)) + imports

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=50
    )

    assert done.stderr == ""


def test_without_its_extra_the_plugin_says_how_to_get_it() -> None:
    program = BLOCKING.format(blocked=["kubernetes"]) + (
        "from purreal_kubectl.main import main; sys.exit(main(['list']))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=50
    )

    assert done.returncode == 1
    assert done.stderr == (
        "kubectl purreal: needs kubernetes, which is not installed: "
        "pip install 'purreal[kubectl]'\n"
    )
