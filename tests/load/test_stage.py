"""The closed model on a scripted pool, in virtual time: budgets, think time, draining, setbacks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from purreal import ConnectionLost, Lease, SurrealDBConnectionPool
from purreal.testing import FakeConnector
from purreal_runner.load.control import Control
from purreal_runner.load.perform import Performer
from purreal_runner.load.split import Stage
from purreal_runner.load.stage import run_stage
from purreal_runner.load.worker import Crew
from purreal_runner.measure import Recorder
from purreal_runner.workload.task import WARM_UP_NUMBERS_FROM, Task, Work

pytestmark = pytest.mark.looptime


@asynccontextmanager
async def crew_of(size: int, work: Work, max_size: int = 50) -> AsyncIterator[Crew]:
    pool = SurrealDBConnectionPool(
        "ws://fake", min_size=1, max_size=max_size, connector=FakeConnector()
    )
    async with pool:
        crew = Crew(Performer(pool, Recorder(), work), pool_index=1, pools=3, seed=7, size=size)
        crew.begin_phase("measured")
        yield crew


def taking(seconds: float, think: float = 0.0) -> Work:
    async def work(_conn: Lease, _task: Task) -> float:
        await asyncio.sleep(seconds)
        return think

    return work


async def test_workers_share_a_budget_of_operations_exactly() -> None:
    async with crew_of(4, taking(1.0)) as crew:
        await run_stage(Stage(4, 10, None), crew, Control(), drain_seconds=5.0)

        counts = crew.performer.recorder.part().counts
        assert (counts.issued, counts.succeeded) == (10, 10)


async def test_operations_are_numbered_without_gaps_over_all_pools() -> None:
    numbers: list[int] = []

    async def work(_conn: Lease, task: Task) -> float:
        numbers.append(task.number)
        return 0.0

    async with crew_of(2, work) as crew:
        await run_stage(Stage(2, 5, None), crew, Control(), drain_seconds=5.0)

    assert sorted(numbers) == [1, 4, 7, 10, 13]


async def test_each_worker_counts_its_own_operations_from_stage_to_stage() -> None:
    iterations: dict[int, list[int]] = {}

    async def work(_conn: Lease, task: Task) -> float:
        iterations.setdefault(task.worker, []).append(task.iteration)
        await asyncio.sleep(1)
        return 0.0

    async with crew_of(2, work) as crew:
        for _ in range(2):
            await run_stage(Stage(2, 4, None), crew, Control(), drain_seconds=5.0)

    assert iterations == {0: [0, 1, 2, 3], 1: [0, 1, 2, 3]}


async def test_the_same_seed_draws_the_same_values_for_each_worker() -> None:
    async def drawn() -> dict[int, list[int]]:
        values: dict[int, list[int]] = {}

        async def work(_conn: Lease, task: Task) -> float:
            values.setdefault(task.worker, []).append(task.random.randrange(10**9))
            await asyncio.sleep(1)
            return 0.0

        async with crew_of(3, work) as crew:
            await run_stage(Stage(3, 12, None), crew, Control(), drain_seconds=5.0)
        return values

    assert await drawn() == await drawn()


async def test_a_duration_starts_nothing_after_it_and_lets_the_last_ones_end() -> None:
    async with crew_of(2, taking(3.0)) as crew:
        await run_stage(Stage(2, None, 10.0), crew, Control(), drain_seconds=5.0)

        counts = crew.performer.recorder.part().counts
        assert (counts.issued, counts.succeeded) == (8, 8)


@pytest.mark.parametrize("max_size", [1, 2])
async def test_operations_that_do_not_end_after_the_load_have_timed_out(max_size: int) -> None:
    async with crew_of(2, taking(1_000.0), max_size) as crew:
        await run_stage(Stage(2, None, 10.0), crew, Control(), drain_seconds=5.0)

        part = crew.performer.recorder.part()
        assert (part.counts.issued, part.counts.timed_out, part.counts.in_flight) == (2, 2, 0)
        assert part.counts.cancelled == 0
        assert [each.example for each in part.errors] == ["did not end within 5 s after the load"]
        assert asyncio.get_running_loop().time() == pytest.approx(15.0, abs=1.0)


async def test_operations_that_do_not_end_when_somebody_stops_the_load_are_cancelled() -> None:
    control = Control()
    async with crew_of(2, taking(1_000.0)) as crew:
        stage = asyncio.create_task(
            run_stage(Stage(2, None, 60.0), crew, control, drain_seconds=5.0)
        )
        await asyncio.sleep(10)
        control.stop()
        await stage

        counts = crew.performer.recorder.part().counts
        assert (counts.issued, counts.cancelled, counts.timed_out) == (2, 2, 0)


async def test_operations_of_a_stage_that_is_itself_cancelled_are_cancelled() -> None:
    async with crew_of(2, taking(1_000.0)) as crew:
        stage = asyncio.create_task(
            run_stage(Stage(2, None, 60.0), crew, Control(), drain_seconds=5.0)
        )
        await asyncio.sleep(10)
        stage.cancel()
        await asyncio.wait({stage})

        counts = crew.performer.recorder.part().counts
        assert (counts.cancelled, counts.timed_out) == (2, 0)


async def test_stopping_does_not_wait_for_workers_that_think() -> None:
    control = Control()
    async with crew_of(1, taking(1.0, think=1_000.0)) as crew:
        stage = asyncio.create_task(
            run_stage(Stage(1, None, None), crew, control, drain_seconds=5.0)
        )
        await asyncio.sleep(10)
        control.stop()
        await stage

        counts = crew.performer.recorder.part().counts
        assert (counts.issued, counts.succeeded) == (1, 1)


async def test_a_dead_database_does_not_use_up_the_budget_in_an_instant() -> None:
    async def lost(_conn: Lease, _task: Task) -> float:
        raise ConnectionLost("gone")

    async with crew_of(1, lost) as crew:
        await run_stage(Stage(1, None, 60.0), crew, Control(), drain_seconds=5.0)

        counts = crew.performer.recorder.part().counts
        assert counts.failed == counts.issued
        assert 60 <= counts.failed <= 150


async def test_errors_of_the_workload_itself_do_not_slow_it_down() -> None:
    async def wrong(_conn: Lease, _task: Task) -> float:
        raise ValueError("a bug")

    async with crew_of(1, wrong) as crew:
        await run_stage(Stage(1, 1_000, None), crew, Control(), drain_seconds=5.0)

        assert crew.performer.recorder.part().counts.failed == 1_000
        assert asyncio.get_running_loop().time() < 1.0


async def test_a_cancellation_that_the_work_made_up_itself_is_a_failure() -> None:
    async def cancelled(_conn: Lease, _task: Task) -> float:
        raise asyncio.CancelledError

    async with crew_of(1, cancelled) as crew:
        await run_stage(Stage(1, 3, None), crew, Control(), drain_seconds=5.0)

        counts = crew.performer.recorder.part().counts
        assert (counts.failed, counts.cancelled) == (3, 0)


async def test_a_time_out_of_the_work_counts_as_one() -> None:
    async def late(_conn: Lease, _task: Task) -> float:
        async with asyncio.timeout(1.0):
            await asyncio.sleep(5.0)
        return 0.0

    async with crew_of(1, late) as crew:
        await run_stage(Stage(1, 2, None), crew, Control(), drain_seconds=5.0)

        assert crew.performer.recorder.part().counts.timed_out == 2


async def test_gathered_workers_hold_their_leases_at_the_same_moment() -> None:
    async with crew_of(20, taking(1.0)) as crew:
        await run_stage(Stage(20, 40, None, gathered=True), crew, Control(), drain_seconds=5.0)

        part = crew.performer.recorder.part()
        assert part.pool.peak.used == 20
        assert part.counts.succeeded == 40


async def test_gathered_workers_whose_work_fails_keep_nobody_waiting() -> None:
    async def half(_conn: Lease, task: Task) -> float:
        if task.worker % 2:
            raise ValueError("not this one")
        return 0.0

    async with crew_of(10, half) as crew:
        await run_stage(Stage(10, 20, None, gathered=True), crew, Control(), drain_seconds=5.0)

        assert asyncio.get_running_loop().time() < 1.0


async def test_a_bug_in_the_runner_is_not_swallowed() -> None:
    async with crew_of(2, taking(1.0)) as crew:
        crew.numbers = iter(())

        with pytest.raises(RuntimeError):
            await run_stage(Stage(2, 5, None), crew, Control(), drain_seconds=5.0)


async def test_the_warm_up_has_numbers_of_its_own() -> None:
    numbers: list[int] = []

    async def work(_conn: Lease, task: Task) -> float:
        numbers.append(task.number)
        return 0.0

    async with crew_of(1, work) as crew:
        crew.begin_phase("warm-up", WARM_UP_NUMBERS_FROM)
        await run_stage(Stage(1, 2, None), crew, Control(), drain_seconds=5.0)

    assert numbers == [WARM_UP_NUMBERS_FROM + 1, WARM_UP_NUMBERS_FROM + 4]
