"""Passing telemetry on to the user's own collector."""

import asyncio
from contextlib import asynccontextmanager

from aiohttp import web

from purreal_operator.receiver.forward import Forwarder
from purreal_operator.receiver.limits import Limits
from purreal_operator.receiver.stats import Stats
from tests.receiver.sending import RUN, metrics, pods_parts, room_plan


class Collector:
    """A user's collector: answers with `status`, or never when it is `stuck`."""

    def __init__(self):
        self.status = 200
        self.stuck = False
        self.taken = asyncio.Queue()

    async def take(self, request):
        if self.stuck:
            await asyncio.Event().wait()
        body = await request.read()
        await self.taken.put((request.path, dict(request.headers), body))
        headers = {"Location": "/elsewhere"} if self.status == 307 else {}
        return web.Response(status=self.status, headers=headers)

    @asynccontextmanager
    async def running(self):
        app = web.Application()
        app.router.add_post("/{path:.*}", self.take)
        runner = web.AppRunner(app, shutdown_timeout=0.01)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/base/"
        finally:
            await runner.cleanup()


class WatchedStats(Stats):
    """Counters that a test can wait for."""

    def __init__(self):
        super().__init__()
        self._changed = asyncio.Event()

    def count(self, name, label="", amount=1):
        super().count(name, label, amount)
        self._changed.set()

    async def reached(self, number, name, label=""):
        while self.snapshot().get((name, label), 0) < number:
            self._changed.clear()
            await self._changed.wait()


async def test_what_was_accepted_is_passed_on_without_the_token(bench):
    collector = Collector()
    async with collector.running() as address:
        bench.rooms.open(room_plan(forward_to=address))
        body = metrics(pods_parts())
        await bench.send(body)
        await bench.send(body[:-5])
        path, headers, given = await collector.taken.get()
        assert (path, given) == ("/base/v1/metrics", body)
        assert headers["Content-Type"] == "application/x-protobuf"
        assert "Authorization" not in headers
        assert collector.taken.empty()


async def test_a_final_export_is_passed_on_after_it_was_stored(bench):
    collector = Collector()
    async with collector.running() as address:
        bench.rooms.open(room_plan(forward_to=address))
        bench.store.fails = True
        await bench.send(metrics(pods_parts(), final=True))
        assert collector.taken.empty()


async def test_a_refusal_is_counted_and_a_redirect_not_followed():
    collector, stats = Collector(), WatchedStats()
    collector.status = 307
    async with collector.running() as address, Forwarder(Limits(), stats) as forwarder:
        forwarder.offer(RUN, address, "traces", b"spans")
        await stats.reached(1, "forward_dropped", "refused")
        assert collector.taken.qsize() == 1


async def test_nobody_there_is_counted():
    stats = WatchedStats()
    async with Forwarder(Limits(), stats) as forwarder:
        forwarder.offer(RUN, "http://127.0.0.1:1", "metrics", b"parts")
        forwarder.offer(RUN, "nonsense", "metrics", b"parts")
        await stats.reached(2, "forward_dropped", "failed")


async def test_a_slow_collector_is_given_up_and_delays_no_other_run():
    slow, quick, stats = Collector(), Collector(), WatchedStats()
    slow.stuck = True
    limits = Limits(forward_seconds=0.2, forward_bytes=100)
    async with (
        slow.running() as stuck_at,
        quick.running() as address,
        Forwarder(limits, stats) as forwarder,
    ):
        for _ in range(10):
            forwarder.offer("slow", stuck_at, "metrics", b"x" * 40)
        assert stats.snapshot()["forward_dropped", "full"] == 8
        forwarder.offer("quick", address, "metrics", b"y")
        assert (await quick.taken.get())[2] == b"y"
        await stats.reached(2, "forward_dropped", "failed")


async def test_only_so_many_runs_have_something_waiting():
    stats = WatchedStats()
    async with Forwarder(Limits(forward_runs=1), stats) as forwarder:
        forwarder.offer("one", "http://127.0.0.1:1", "metrics", b"")
        forwarder.offer("two", "http://127.0.0.1:1", "metrics", b"")
        assert stats.snapshot()["forward_dropped", "full"] == 1
        forwarder.offer("three", None, "metrics", b"")
