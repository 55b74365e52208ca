"""Whole runs on real databases: exact accounts, own tables, faults, several processes."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from purreal import Credentials, SurrealDBConnectionPool
from purreal_runner.embedded.launch import RunningTarget
from purreal_runner.exit_codes import ExitCode
from purreal_runner.load.plan import MixPlan, PoolLimits, PythonPlan
from purreal_runner.load.progress import Progress, Step
from purreal_runner.load.run import run_locally
from purreal_runner.load.settings import RunRefused
from purreal_runner.workload.mix import MixedQuery
from purreal_runner.workload.scenarios import SCENARIOS

pytestmark = pytest.mark.timeout(30)


def pool_at(target: RunningTarget) -> SurrealDBConnectionPool:
    return SurrealDBConnectionPool(
        target.url,
        credentials=Credentials(target.username, target.password),
        namespace="tests",
        database="load",
        min_size=1,
    )


async def tables_in(target: RunningTarget) -> set[str]:
    async with pool_at(target) as pool:
        return set((await pool.query("INFO FOR DB"))["tables"])


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_every_operation_of_every_scenario_succeeds_and_is_counted(
    target: RunningTarget, settings: Any, scenario: str
) -> None:
    outcome = await run_locally(settings(target, scenario=scenario))

    operations = outcome.report.operations
    assert (operations.issued, operations.succeeded) == (200, 200), outcome.report.errors
    assert outcome.exit_code() is ExitCode.OK


async def test_a_run_leaves_no_table_behind(target: RunningTarget, settings: Any) -> None:
    run = settings(target, scenario="Complex")

    await run_locally(run)

    assert not {table for table in await tables_in(target) if run.tables.prefix in table}


async def test_keep_data_keeps_the_tables_and_says_so(target: RunningTarget, settings: Any) -> None:
    run = settings(target, keep_data=True)

    outcome = await run_locally(run)

    assert run.tables.name("item") in await tables_in(target)
    assert f"kept: tables {run.tables.name('item')}" in outcome.report.run.notes


async def test_keep_data_says_nothing_of_tables_that_were_not_made(
    embedded_target: RunningTarget, settings: Any
) -> None:
    outcome = await run_locally(settings(embedded_target, keep_data=True, scenario="Churn"))

    assert not any("kept" in note for note in outcome.report.run.notes)


@pytest.mark.parametrize("set_up", ["pass", "raise ValueError('no room')"])
async def test_teardown_runs_after_a_setup_that_succeeded_only(
    embedded_target: RunningTarget, settings: Any, tmp_path: Path, set_up: str
) -> None:
    file, marker = tmp_path / "load.py", tmp_path / "torn-down"
    file.write_text(
        "import pathlib\n"
        f"async def setup(conn): {set_up}\n"
        "async def simulate_work(conn, task_id): pass\n"
        f"async def teardown(conn): pathlib.Path({str(marker)!r}).touch()\n"
    )
    plan = PythonPlan(path=file, function="simulate_work")

    with suppress(RunRefused):
        await run_locally(settings(embedded_target, workload=plan, scenario=None))

    assert marker.exists() == (set_up == "pass")


async def test_a_burst_holds_all_leases_at_the_same_moment(
    target: RunningTarget, settings: Any
) -> None:
    run = settings(target, scenario="Burst", workers=12, operations=36)

    outcome = await run_locally(run)

    assert outcome.report.pool.peak_used == 12


async def test_more_workers_than_leases_do_not_wait_for_each_other(
    target: RunningTarget, settings: Any
) -> None:
    run = settings(target, scenario="Burst", workers=40, operations=80)

    outcome = await run_locally(run)

    assert outcome.report.operations.succeeded == 80
    assert outcome.report.pool.peak_used == 12


async def test_the_warm_up_is_not_in_the_totals_and_fills_the_pool(
    embedded_target: RunningTarget, settings: Any
) -> None:
    run = settings(embedded_target, operations=50, warm_up_seconds=0.5)

    outcome = await run_locally(run)

    assert outcome.report.operations.issued == 50
    [pool] = outcome.report.pool.pools
    assert pool.before_load.open >= 10


async def test_a_duration_ends_the_load(embedded_target: RunningTarget, settings: Any) -> None:
    outcome = await run_locally(settings(embedded_target, seconds=0.5))

    operations = outcome.report.operations
    assert operations.issued == operations.succeeded > 0


async def test_a_connection_closed_inside_its_lease_harms_no_operation(
    target: RunningTarget, settings: Any
) -> None:
    outcome = await run_locally(settings(target, close_every=20))

    report = outcome.report
    assert report.operations.succeeded == 200
    [pool] = report.pool.pools
    assert int(pool.final["lost"] or 0) + int(pool.final["discarded"] or 0) >= 10
    assert report.run.faults


@pytest.mark.parametrize(
    ("lend", "lent", "most_sockets"),
    [("auto", "Session", 4), ("session", "Session", 4), ("connection", "Connection", 12)],
)
async def test_a_report_says_what_was_lent_over_how_many_sockets(
    target: RunningTarget, settings: Any, lend: Any, lent: str, most_sockets: int
) -> None:
    limits = PoolLimits(min_size=10, max_size=12, acquire_timeout=5.0, lend=lend)

    outcome = await run_locally(settings(target, limits=limits))

    effective = outcome.report.effective
    assert (effective.lend, effective.peak_leases) == (lent, 10)
    assert 1 <= effective.peak_sockets <= most_sockets
    assert lent == "Session" or effective.peak_sockets >= 10


async def test_several_pools_share_the_totals_over_worker_processes(
    target: RunningTarget, settings: Any, two_cores: None
) -> None:
    run = settings(target, pools=3, workers=9, operations=100)
    seen: list[Progress] = []

    outcome = await run_locally(run, seen.append)

    report = outcome.report
    assert report.operations.succeeded == 100
    assert report.effective.pools == 3
    assert report.effective.processes == 2
    assert report.effective.lend == "Session"
    assert report.effective.peak_sockets >= 3
    done = [progress.done for progress in seen]
    assert done == sorted(done), "one view of all processes never goes back"
    assert (seen[-1].done, seen[-1].step) == (100, Step.FINISHING)
    granted = [pool.final["granted"] for pool in report.pool.pools]
    assert sum(int(each or 0) for each in granted) == 100
    latencies = report.latencies
    assert {latencies.acquire.count, latencies.query.count, latencies.operation.count} == {100}


async def test_a_mix_draws_by_weight_and_uses_own_tables(
    target: RunningTarget, settings: Any
) -> None:
    queries = (
        MixedQuery(
            name="write",
            query="CREATE ${table:thing} SET value = $value, blob = $blob",
            params={"value": "${int:1:9}", "blob": "${payload:200}"},
            transaction=True,
        ),
        MixedQuery(name="read", weight=3, query="SELECT count() FROM ${table:thing} GROUP ALL"),
    )

    outcome = await run_locally(
        settings(target, workload=MixPlan(queries=queries), scenario=None, operations=100)
    )

    assert outcome.report.operations.succeeded == 100, outcome.report.errors


async def test_setup_runs_once_before_the_load(target: RunningTarget, settings: Any) -> None:
    queries = (MixedQuery(name="read", query="SELECT * FROM ONLY prepared:1"),)
    setup = "DEFINE TABLE OVERWRITE prepared; UPSERT prepared:1 SET ready = true"

    outcome = await run_locally(
        settings(target, workload=MixPlan(queries=queries), scenario=None, setup=setup)
    )

    assert outcome.report.operations.succeeded == 200, outcome.report.errors


async def test_a_setup_that_fails_refuses_the_run_in_one_line(
    target: RunningTarget, settings: Any
) -> None:
    with pytest.raises(RunRefused, match="setup failed") as refused:
        await run_locally(settings(target, setup="THROW 'not today'"))

    assert "not today" in str(refused.value)
    assert refused.value.exit_code is ExitCode.ERROR


async def test_an_error_of_the_database_counts_as_an_application_error(
    target: RunningTarget, settings: Any
) -> None:
    queries = (MixedQuery(name="bad", query="THROW 'no'"),)

    outcome = await run_locally(
        settings(target, workload=MixPlan(queries=queries), scenario=None, operations=20)
    )

    assert outcome.report.operations.failed == 20
    [error] = outcome.report.errors
    assert (error.kind, error.count) == ("application", 20)


async def test_progress_goes_from_opening_to_finishing(
    embedded_target: RunningTarget, settings: Any
) -> None:
    seen: list[Progress] = []

    await run_locally(settings(embedded_target, warm_up_seconds=0.3), seen.append)

    assert seen[0].step is Step.OPEN
    assert seen[-1].step is Step.FINISHING
    assert (seen[-1].done, seen[-1].failed) == (200, 0)


async def test_a_run_that_takes_too_long_is_stopped_and_says_so(
    embedded_target: RunningTarget, settings: Any
) -> None:
    outcome = await run_locally(settings(embedded_target, seconds=30.0, run_seconds=0.3))

    assert outcome.exit_code() is ExitCode.TIMED_OUT_WAITING
    assert "runSeconds" in outcome.report.reason


async def test_a_pool_too_small_for_its_workers_times_out_and_is_advised_to_grow(
    embedded_target: RunningTarget, settings: Any
) -> None:
    queries = (MixedQuery(name="slow", query="SLEEP 300ms; RETURN 1"),)
    run = settings(embedded_target, workload=MixPlan(queries=queries), scenario=None)

    outcome = await run_locally(
        replace(
            run,
            workers=12,
            operations=24,
            limits=PoolLimits(min_size=2, max_size=2, acquire_timeout=0.4),
        )
    )

    assert outcome.report.operations.timed_out > 0
    assert "RaiseMaxSize" in {advice.fix for advice in outcome.report.advice}


async def test_complex_queries_leave_what_they_should(target: RunningTarget, settings: Any) -> None:
    run = settings(target, scenario="Complex", workers=1, operations=8, keep_data=True)

    await run_locally(run)

    name = run.tables.name
    async with pool_at(target) as pool:
        bought = await pool.query(f"SELECT VALUE quantity FROM {name('bought')}")
        spent = await pool.query(
            f"SELECT VALUE ->{name('bought')}->{name('product')}.price FROM {name('customer')}"
        )
        kinds = await pool.query(f"SELECT kind, balance FROM {name('account')} ORDER BY kind")
    assert len(bought) == 2
    assert sorted(spent[0]) == sorted(bought)
    [giro, savings] = kinds
    assert (giro["kind"], savings["kind"]) == ("giro", "savings")
    assert savings["balance"] > 0


async def test_the_guides_production_like_record_counts_as_application_error_from_then_on(
    target: RunningTarget, settings: Any, tmp_path: Path
) -> None:
    file = tmp_path / "load.py"
    file.write_text(
        "async def setup(conn):\n"
        "    await conn.query('REMOVE TABLE IF EXISTS user')\n"
        "async def simulate_work(conn, task_id):\n"
        "    await conn.query('''\n"
        "        CREATE user:test SET email = $email, data = $data, created = time::now()\n"
        "    ''', {'email': f'user{task_id}@test.com', 'data': {'key': 'value' * 100}})\n"
    )
    plan = PythonPlan(path=file, function="simulate_work")

    outcome = await run_locally(
        settings(target, workload=plan, scenario=None, workers=1, operations=10)
    )

    assert outcome.report.operations.succeeded == 1
    assert [(error.kind, error.count) for error in outcome.report.errors] == [("application", 9)]


@pytest.mark.parametrize("record", ["user", "type::record('user', $task)"])
async def test_a_record_for_each_operation_as_the_documentation_advises_has_no_conflicts(
    target: RunningTarget, settings: Any, tmp_path: Path, record: str
) -> None:
    file = tmp_path / "load.py"
    file.write_text(
        "async def setup(conn):\n"
        "    await conn.query('REMOVE TABLE IF EXISTS user; DEFINE TABLE user TYPE ANY')\n"
        "async def simulate_work(conn, task_id):\n"
        f'    await conn.query("CREATE {record} SET created = time::now()", {{"task": task_id}})\n'
    )
    plan = PythonPlan(path=file, function="simulate_work")

    outcome = await run_locally(settings(target, workload=plan, scenario=None))

    assert outcome.report.operations.succeeded == 200


async def test_the_guides_closing_of_connections_is_handled_gracefully(
    target: RunningTarget, settings: Any, tmp_path: Path
) -> None:
    file = tmp_path / "load.py"
    file.write_text(
        "async def simulate_work(conn, task_id):\n"
        "    await conn.query('RETURN 1')\n"
        "    if task_id % 10 == 0:\n"
        "        await conn.close()\n"
    )
    plan = PythonPlan(path=file, function="simulate_work")

    outcome = await run_locally(settings(target, workload=plan, scenario=None))

    assert outcome.report.operations.succeeded == 200


@pytest.mark.parametrize("level", ["namespace", "database"])
async def test_users_of_a_namespace_or_a_database_can_run_tests_too(
    target: RunningTarget, settings: Any, level: str
) -> None:
    async with pool_at(target) as pool:
        await pool.query(
            f"DEFINE USER OVERWRITE tester ON {level.upper()} PASSWORD 'pw' ROLES EDITOR"
        )
    run = settings(target)
    user = replace(run.target, username="tester", password="pw", level=level)

    outcome = await run_locally(replace(run, target=user))

    assert outcome.report.operations.succeeded == 200, outcome.report.errors
