"""What scenarios and mixes ask of the database."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from purreal_runner.workload.errors import InvalidWorkload, WrongAnswer
from purreal_runner.workload.mix import MixedQuery, mix
from purreal_runner.workload.scenarios import SCENARIOS, scenario
from purreal_runner.workload.tables import OwnTables
from purreal_runner.workload.task import Task

TABLES = OwnTables("load_x")
MakeTask = Callable[..., Task]


@pytest.mark.parametrize("name", SCENARIOS)
async def test_scenarios_touch_only_tables_that_they_name(
    name: str, make_task: MakeTask, recording: Any
) -> None:
    workload = scenario(name, TABLES)
    lease = recording()

    for iteration in range(8):
        lease.answer = 7 if name == "Churn" else [{"owner": "2/3"}]
        await workload.work(lease, make_task(iteration=iteration))

    mentioned = {word for text, _ in lease.asked for word in text.split() if "load_x_" in word}
    own = {TABLES.name(table) for table in workload.tables}
    assert all(any(table in word for table in own) for word in mentioned)
    assert bool(mentioned) == bool(own)


async def test_workers_write_records_of_their_own_only(make_task: MakeTask, recording: Any) -> None:
    workload = scenario("Sustained", TABLES)
    lease = recording(answer=[{"owner": "1/5"}])

    await workload.work(lease, make_task(pool_index=1, worker=5, iteration=8))

    [(_, variables)] = lease.asked
    assert (variables["pool"], variables["worker"], variables["key"]) == (1, 5, 2)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("Sustained", [{"owner": "9/9"}]),
        ("Sustained", 7),
        ("Sustained", None),
        ("Sustained", [7]),
        ("Churn", 8),
    ],
)
async def test_a_reply_meant_for_somebody_else_is_found_out(
    name: str, answer: Any, make_task: MakeTask, recording: Any
) -> None:
    with pytest.raises(WrongAnswer, match="mixed up"):
        await scenario(name, TABLES).work(recording(answer=answer), make_task())


async def test_a_record_that_was_created_must_be_found(make_task: MakeTask, recording: Any) -> None:
    workload = scenario("Sustained", TABLES)
    await workload.work(recording(answer=[{"owner": "2/3"}]), make_task(iteration=4))

    with pytest.raises(WrongAnswer, match="no record"):
        await workload.work(recording(answer=[]), make_task(iteration=5))


async def test_a_record_that_is_created_must_be_in_the_answer(
    make_task: MakeTask, recording: Any
) -> None:
    with pytest.raises(WrongAnswer, match="no record"):
        await scenario("Sustained", TABLES).work(recording(answer=[]), make_task(iteration=4))


async def test_a_record_whose_creation_failed_may_be_missing(
    make_task: MakeTask, recording: Any
) -> None:
    workload = scenario("Sustained", TABLES)
    await workload.work(recording(answer=[{"owner": "2/3"}]), make_task(iteration=0))

    assert await workload.work(recording(answer=[]), make_task(iteration=5)) == 0.0


async def test_a_mix_follows_its_weights(make_task: MakeTask, recording: Any) -> None:
    workload = mix(
        [MixedQuery(name="a", query="A", weight=3), MixedQuery(name="b", query="B")], TABLES
    )
    lease, task = recording(), make_task(random=Random(1))

    for _ in range(4_000):
        await workload.work(lease, task)

    share = sum(text == "A" for text, _ in lease.asked) / 4_000
    assert share == pytest.approx(0.75, abs=0.03)


async def test_a_transaction_is_one_text_from_begin_to_commit(
    make_task: MakeTask, recording: Any
) -> None:
    lease = recording()
    workload = mix([MixedQuery(name="a", query="UPDATE x:1;", transaction=True)], TABLES)

    await workload.work(lease, make_task())

    [(text, _)] = lease.asked
    assert text == "BEGIN TRANSACTION;\nUPDATE x:1;\nCOMMIT TRANSACTION;"


async def test_think_time_is_handed_to_the_worker_in_seconds(
    make_task: MakeTask, recording: Any
) -> None:
    workload = mix([MixedQuery(name="a", query="A", think_milliseconds=250)], TABLES)

    assert await workload.work(recording(), make_task()) == 0.25


def test_a_mix_knows_the_tables_of_all_its_queries() -> None:
    queries = [
        MixedQuery(name="a", query="SELECT * FROM ${table:one}"),
        MixedQuery(name="b", query="SELECT * FROM type::table($t)", params={"t": "${table:two}"}),
    ]

    assert mix(queries, TABLES).tables == ("one", "two")


def test_a_wrong_placeholder_in_a_mix_is_refused() -> None:
    with pytest.raises(InvalidWorkload):
        mix([MixedQuery(name="a", query="A", params={"x": "${nope}"})], TABLES)
