"""What the API server leaves out of a status and warns of, as it comes over the wire."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from multidict import CIMultiDict

from purreal_operator.cluster.cluster import Cluster

TEST = {
    "kind": "PoolLoadTest",
    "metadata": {
        "name": "one",
        "namespace": "ns",
        "uid": "u",
        "generation": 1,
        "resourceVersion": "7",
    },
    "spec": {},
    "status": {"run": 1},
}


class ApiServer:
    """Answers every request with the test, and with these warnings."""

    def __init__(self, *warnings: str) -> None:
        self.warnings = warnings
        self.queries: list[dict[str, str]] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.queries.append(dict(request.query))
        headers = CIMultiDict([("Warning", warning) for warning in self.warnings])
        return web.json_response(TEST, headers=headers)


@pytest.fixture
async def cluster(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Cluster]:
    """A client of the server that the test is parametrized with."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", request.param.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with Cluster(_kubeconfig(tmp_path, runner.addresses[0][1])) as cluster:
        yield cluster
    await runner.cleanup()


def _kubeconfig(folder: Path, port: int) -> Path:
    file = folder / "kubeconfig"
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "it",
        "clusters": [{"name": "it", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "it", "user": {}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
    }
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


UNKNOWN = ApiServer(
    r'299 - "unknown field \"status.newest\""',
    r'299 - "unknown field \"status.summary.newer\""',
    '299 - "purreal.dev/v1alpha1 PoolLoadTest is deprecated"',
    "something else",
)


@pytest.mark.parametrize("cluster", [UNKNOWN], indirect=True)
async def test_fields_that_the_server_does_not_know_are_told(cluster: Cluster) -> None:
    written = await cluster.patch_status("ns", "one", {"newest": 1, "summary": {"newer": 2}})

    assert written.dropped == ("status.newest", "status.summary.newer")
    assert written.test.status == {"run": 1}
    assert UNKNOWN.queries[-1]["fieldValidation"] == "Warn"


@pytest.mark.parametrize("cluster", [ApiServer()], indirect=True)
async def test_nothing_is_left_out_where_the_server_warns_of_nothing(cluster: Cluster) -> None:
    assert (await cluster.patch_status("ns", "one", {"run": 1})).dropped == ()
