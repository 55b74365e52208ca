"""Owns the proof that the load generator's own health is watched and cleaned up after."""

import asyncio
import logging
import time
from itertools import count
from pathlib import Path

import pytest

from purreal_runner.measure import ProcessWatch
from purreal_runner.measure.health import WarningCounter, rss_bytes, throttled_seconds


@pytest.mark.looptime
async def test_the_loop_is_probed_all_the_time_and_an_idle_loop_is_not_late() -> None:
    async with ProcessWatch(interval=0.02) as watch:
        await asyncio.sleep(1.01)
        lag = watch.health().loop_lag

    assert lag.count == 50
    assert lag.percentile_seconds(95) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.looptime
async def test_lag_is_told_finer_than_a_loop_that_tells_the_time_in_milliseconds() -> None:
    readings = count(step=0.0203)  # each look at the clock, 20.3 ms after the one before

    async with ProcessWatch(interval=0.02, clock=lambda: next(readings)) as watch:
        await asyncio.sleep(0.1)
        lag = watch.health().loop_lag

    assert lag.max_seconds == pytest.approx(0.0003, abs=1e-6)


async def test_the_probe_ends_with_the_watch() -> None:
    before = asyncio.all_tasks()

    async with ProcessWatch():
        assert len(asyncio.all_tasks() - before) == 1

    assert asyncio.all_tasks() == before


async def test_a_blocked_loop_is_seen_as_lag() -> None:
    async with ProcessWatch(interval=0.001) as watch:
        await asyncio.sleep(0.002)
        before = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() - before < 0.01:
            pass
        await asyncio.sleep(0.005)
        lag = watch.health().loop_lag.max_seconds
        recent = watch.take_lag_seconds()

    assert lag is not None
    assert lag > 0.005
    assert recent > 0.005


@pytest.mark.looptime
async def test_a_new_start_drops_what_was_seen_before() -> None:
    async with ProcessWatch(interval=0.02) as watch:
        await asyncio.sleep(0.5)
        logging.getLogger("surrealdb").warning("of the warm-up")
        watch.start()
        await asyncio.sleep(0.1)
        watch.stop()
        await asyncio.sleep(1)

        assert watch.health().loop_lag.count <= 6
        assert watch.logs() == {}


async def test_warnings_and_above_are_counted_by_logger_while_watched() -> None:
    async with ProcessWatch() as watch:
        logging.getLogger("a").warning("one")
        logging.getLogger("a").error("two")
        logging.getLogger("b").critical("three")
        logging.getLogger("a").info("not this")
    logging.getLogger("a").warning("nor this")

    assert watch.logs() == {"a": 2, "b": 1}
    assert not any(isinstance(each, WarningCounter) for each in logging.getLogger().handlers)


async def test_very_many_loggers_are_counted_together() -> None:
    async with ProcessWatch() as watch:
        for number in range(1_000):
            record = logging.makeLogRecord({"name": f"\udc80{number}" + "x" * 500, "levelno": 30})
            logging.getLogger().handle(record)

    counts = watch.logs()
    assert sum(counts.values()) == 1_000
    assert len(counts) == 201
    assert max(len(name) for name in counts) == 200
    assert all(name.isascii() for name in counts)


async def test_health_has_processor_time_and_memory_before_at_peak_and_after() -> None:
    async with ProcessWatch() as watch:
        began = time.process_time()
        while time.process_time() < began + 0.01:
            pass
        watch.take_rss_bytes()
        watch.stop()
        health = watch.health()

    assert health.cpu_seconds >= 0.01
    assert health.cpu_share == pytest.approx(health.cpu_seconds / health.wall_seconds)
    assert 0 < health.rss_before_bytes <= health.rss_peak_bytes
    assert 0 < health.rss_after_bytes <= health.rss_peak_bytes


def test_resident_memory_is_that_of_a_python_process() -> None:
    assert 1_000_000 < rss_bytes() < 100_000_000_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("usage_usec 5\nnr_throttled 2\nthrottled_usec 1500000\n", 1.5),
        ("nr_periods 9\nnr_throttled 2\nthrottled_time 2500000000\n", 2.5),
        ("usage_usec 5\n", None),
        ("not a table at all", None),
    ],
)
def test_throttling_is_read_from_either_version_of_the_control_groups(
    tmp_path: Path, text: str, seconds: float | None
) -> None:
    file = tmp_path / "cpu.stat"
    file.write_text(text)

    assert throttled_seconds((tmp_path / "missing", file)) == seconds
