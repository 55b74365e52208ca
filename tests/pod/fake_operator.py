"""An operator for one run that does what a test tells it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from purreal_runner.pod.coordination import OperatorSays, Order, RunnerSays, RunnerState

RUN_ID = "0c2e8f7a-1-run"
Script = Callable[[int, RunnerSays], OperatorSays | int]


@dataclass
class FakeOperator:
    """The operator's side for one run; without a script it leads all runners through it.

    Attributes:
        runners: how many there are.
        script: what to answer instead, or a status.
        says: everything that was said, with the index of who said it.
        finals: final exports that were stored, by index; `lives`: the others.
        statuses: for the next final exports, instead of storing them.
    """

    runners: int = 1
    script: Script | None = None
    says: list[tuple[int, RunnerSays]] = field(default_factory=list)
    finals: dict[int, ExportMetricsServiceRequest] = field(default_factory=dict)
    lives: list[ExportMetricsServiceRequest] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    port: int = 0
    start_at: float | None = None
    _runner: web.AppRunner | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def come(self) -> None:
        """Listens; after `go_away` on the same port."""
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_post("/v1/runs/{run}/runners/{index}", self._coordinate)
        app.router.add_post("/v1/metrics", self._metrics)
        app.router.add_post("/v1/traces", self._traces)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def go_away(self) -> None:
        """Stops as if it was killed."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until something was said or sent that makes `condition` true."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def last(self, index: int = 0) -> RunnerSays:
        """What a runner said last."""
        return next(says for who, says in reversed(self.says) if who == index)

    def states(self, index: int = 0) -> list[RunnerState]:
        """The states of a runner, each once."""
        return list(dict.fromkeys(says.state for who, says in self.says if who == index))

    def has_said(self, state: RunnerState, index: int = 0) -> bool:
        return state in self.states(index)

    async def _coordinate(self, request: web.Request) -> web.Response:
        self.tokens.add(request.headers.get("Authorization", ""))
        index, says = int(request.match_info["index"]), await request.text()
        assert request.match_info["run"] == RUN_ID
        self.says.append((index, RunnerSays.model_validate_json(says)))
        self._changed.set()
        answer = (self.script or self.lead)(index, self.says[-1][1])
        if isinstance(answer, int):
            return web.Response(status=answer, text="no")
        return web.Response(text=answer.to_json())

    def lead(self, index: int, says: RunnerSays) -> OperatorSays:
        """The orders of a run in which nothing goes wrong."""
        latest = {who: said.state for who, said in self.says}
        if says.state is RunnerState.FINISHED:
            if len(self.finals) < self.runners:
                return said(Order.RUN)
            cleaned = self.last(0).cleaned_up
            return said(Order.CLEAN_UP if index == 0 and not cleaned else Order.LEAVE)
        if len(latest) < self.runners or RunnerState.PREPARING in latest.values():
            return said(Order.WAIT)
        if says.state is not RunnerState.READY:
            return said(Order.RUN)
        now = asyncio.get_running_loop().time()
        self.start_at = self.start_at or now + 0.3
        return said(Order.START, max(0.0, self.start_at - now))

    async def _metrics(self, request: web.Request) -> web.Response:
        self.tokens.add(request.headers.get("Authorization", ""))
        # aiohttp has undone the compression, as the header says.
        message = ExportMetricsServiceRequest.FromString(await request.read())
        if not is_final(message):
            self.lives.append(message)
        elif self.statuses:
            status = self.statuses.pop(0)
            self._changed.set()
            return web.Response(status=status, text="not now", headers={"Retry-After": "0"})
        else:
            self.finals[int(attributes(message)["purreal.runner.index"])] = message
        self._changed.set()
        return web.Response()

    async def _traces(self, request: web.Request) -> web.Response:
        await request.read()
        return web.Response()


def said(order: Order, remaining: float | None = None) -> OperatorSays:
    """An order to ask again soon."""
    return OperatorSays(order=order, remaining_seconds=remaining, ask_again_seconds=0.1)


def attributes(message: ExportMetricsServiceRequest, pool: int = 0) -> dict[str, Any]:
    """The attributes of one pool in an export."""
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value")
        for each in message.resource_metrics[pool].resource.attributes
    }


def is_final(message: ExportMetricsServiceRequest) -> bool:
    return bool(attributes(message)["purreal.part.final"])


def issued(message: ExportMetricsServiceRequest) -> int:
    """Operations that the pools of an export have issued."""
    return sum(
        int(point.as_int)
        for resource in message.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "purreal.operations.issued"
        for point in (metric.sum.data_points or metric.gauge.data_points)
    )
