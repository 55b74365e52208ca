"""What `import purreal` must not bring along, seen in a fresh interpreter."""

import subprocess
import sys

HEAVY = (
    "surrealdb",
    "cbor2",
    "uuid",
    "opentelemetry",
    "pydantic",
    "pydantic_core",
    "rich",
    "yaml",
    "aiohttp",
)


def modules_after(code: str) -> set[str]:
    listing = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True, timeout=30
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_importing_the_pool_imports_nothing_heavy():
    assert modules_after("import purreal").isdisjoint(HEAVY)


def test_the_value_types_are_imported_when_the_first_connector_is_made():
    code = "from purreal._connector import WebSocketConnector\nWebSocketConnector('ws://db')"

    modules = modules_after(code)

    assert "surrealdb" in modules
