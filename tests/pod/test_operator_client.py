"""Every answer of an operator, or what stands in its place, is either an order or a reason."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from purreal_runner.pod.client import NoAnswer, OperatorClient, TurnedAway, session_of
from purreal_runner.pod.coordination import OperatorSays, Order, RunnerSays, RunnerState
from purreal_runner.pod.settings import PodSettings, read_settings
from tests.pod.fake_operator import RUN_ID
from tests.pod.pods import TOKEN, document, environment, write_files

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Asking = Callable[[Handler], AbstractAsyncContextManager[OperatorClient]]

SAYS = RunnerSays(pod_uid="uid", state=RunnerState.READY)


@pytest.fixture
def settings_for(tmp_path: Path) -> Callable[[str], PodSettings]:
    def read(url: str) -> PodSettings:
        write_files(tmp_path, document(), "root", "secret")
        return read_settings(environment(tmp_path, url, "ws://db:8000", index=2))

    return read


@pytest.fixture
def asking(settings_for: Callable[[str], PodSettings]) -> Asking:
    """A client of an operator that answers so."""

    @asynccontextmanager
    async def client(handler: Handler) -> AsyncIterator[OperatorClient]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        async with TestServer(app) as server:
            settings = settings_for(str(server.make_url("/")))
            async with session_of(settings) as session:
                yield OperatorClient(session, settings)

    return client


async def test_an_answer_comes_with_the_time_it_took(asking: Asking) -> None:
    seen: list[web.Request] = []
    said: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request)
        said.append(await request.text())
        says = OperatorSays(order=Order.START, remaining_seconds=1.5)
        return web.Response(text=says.to_json())

    async with asking(answer) as client:
        heard = await client.ask(SAYS)

    assert heard.says.order is Order.START
    assert heard.says.remaining_seconds == 1.5
    assert 0 < heard.round_trip < 5
    assert seen[0].path == f"/v1/runs/{RUN_ID}/runners/2"
    assert seen[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert RunnerSays.model_validate_json(said[0]) == SAYS


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
async def test_a_refusal_is_told_from_a_bad_moment(status: int, asking: Asking) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=status, text="no\nsuch \x1b[31mrunner")

    async with asking(refuse) as client:
        with pytest.raises(TurnedAway) as refused:
            await client.ask(SAYS)

    assert str(refused.value) == f"the operator answered {status}: no such  [31mrunner"


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_bad_moment_is_no_refusal(status: int, asking: Asking) -> None:
    async def later(_: web.Request) -> web.Response:
        return web.Response(status=status)

    async with asking(later) as client:
        with pytest.raises(NoAnswer) as missed:
            await client.ask(SAYS)

    assert not isinstance(missed.value, TurnedAway)


@pytest.mark.parametrize("text", ["", "<html>", '{"order": "Dance"}', "x" * 100_000])
async def test_what_is_no_answer_of_ours_is_no_order(text: str, asking: Asking) -> None:
    async def nonsense(_: web.Request) -> web.Response:
        return web.Response(text=text)

    async with asking(nonsense) as client:
        with pytest.raises(NoAnswer, match=r"can't be read|longer than any"):
            await client.ask(SAYS)


async def test_the_token_follows_no_redirect(asking: Asking) -> None:
    paths: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        paths.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with asking(elsewhere) as client:
        with pytest.raises(NoAnswer, match="307"):
            await client.ask(SAYS)

    assert len(paths) == 1


async def test_nobody_there_is_no_answer(
    settings_for: Callable[[str], PodSettings],
) -> None:
    settings = settings_for("http://127.0.0.1:1")

    async with session_of(settings) as session:
        with pytest.raises(NoAnswer, match="does not answer") as missed:
            await OperatorClient(session, settings).ask(SAYS)

    assert TOKEN not in str(missed.value)
