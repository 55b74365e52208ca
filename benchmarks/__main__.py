"""Measures everything, writes the results as JSON and ends with the table of the marks."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import bulk, costs, guide, several_processes, tables
from benchmarks.contestants import CURVES, INSTANT, READY, REAL
from benchmarks.instant_server import NoInstantServer, build, run_instant_server
from benchmarks.machine import Cores, children_on, choose_cores, describe_machine
from benchmarks.marks import judge
from benchmarks.page import WORKERS_OF_CURVE
from benchmarks.peers import PEERS
from benchmarks.results import Results
from benchmarks.throughput import Target, compare
from purreal_runner.embedded.launch import find_server_binary, start_server

RESULTS = Path(__file__).parents[1] / "build" / "benchmarks" / "results.json"
NO_SERVER = "no SurrealDB server: surreal on PATH, or PURREAL_SURREAL_BIN"
PARTS = ("instant", "growth", "costs", "processes", "real", "bulk", "guide")


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured: repeats, and seconds for one client against the instant server."""

    repeats: int
    few_repeats: int
    seconds: float
    curve_seconds: float


USUAL = Amount(repeats=5, few_repeats=3, seconds=1.0, curve_seconds=0.4)
QUICK = Amount(repeats=1, few_repeats=1, seconds=0.3, curve_seconds=0.15)


async def measure(results: Results, parts: Sequence[str], amount: Amount, cores: Cores) -> None:
    """Measure the parts, one after the other."""
    async with AsyncExitStack() as servers:
        with children_on(cores.server):
            server = await servers.enter_async_context(run_instant_server())
        if "instant" in parts:
            await _on_instant_server(results, amount, cores, Target(server.url))
        if "growth" in parts:
            await _growth(results, amount, cores, Target(server.url))
        if "costs" in parts:
            await _costs(results, amount, cores, server.url)
    if "processes" in parts:
        await _processes(results, amount)
    if "real" in parts or "bulk" in parts:
        await _with_real_server(results, parts, amount, cores)
    if "guide" in parts:
        await _guide(results, amount)


async def _on_instant_server(
    results: Results, amount: Amount, cores: Cores, target: Target
) -> None:
    _say("clients against the instant server")
    await compare(
        results, "instant", INSTANT, target, cores,
        workload="point", repeats=amount.repeats, seconds=amount.seconds,
    )  # fmt: skip


async def _growth(results: Results, amount: Amount, cores: Cores, target: Target) -> None:
    _say("1 to 5,000 workers, 1 to 5,000 slots")
    for workers in WORKERS_OF_CURVE:
        contestants = [replace(contestant, workers=workers) for contestant in CURVES]
        await compare(
            results, f"workers {workers}", contestants, target, cores,
            workload="point", repeats=1, seconds=amount.curve_seconds,
        )  # fmt: skip
    await costs.time_growth(results, cores)


async def _costs(results: Results, amount: Amount, cores: Cores, instant_url: str) -> None:
    _say("leases, recorder, import, memory")
    await costs.time_leases(results, cores, repeats=amount.repeats)
    await costs.time_recording(results, instant_url, cores, repeats=amount.few_repeats)
    await costs.time_import(results, repeats=amount.repeats)
    await costs.weigh(results, instant_url, repeats=amount.few_repeats)


async def _processes(results: Results, amount: Amount) -> None:
    _say("purreal run with 1, 2 and 4 processes")
    # On any core: several processes are to have all that the machine has.
    async with run_instant_server() as server:
        await several_processes.compare_processes(results, server, repeats=amount.few_repeats)


async def _with_real_server(
    results: Results, parts: Sequence[str], amount: Amount, cores: Cores
) -> None:
    if find_server_binary() is None:
        _leave_out_real_server(results)
        return
    async with AsyncExitStack() as servers:
        with children_on(cores.server):
            running = await servers.enter_async_context(start_server())
        results.versions["server"] = running.version
        target = Target(running.url, running.username, running.password)
        if "real" in parts:
            await _on_real_server(results, amount, cores, target)
        if "bulk" in parts:
            _say("small reads beside bulky ones")
            await bulk.read_beside_bulk(
                results, target, cores, repeats=amount.few_repeats, seconds=amount.seconds
            )


def _leave_out_real_server(results: Results) -> None:
    for section, contestants in (("real", REAL), ("ready", READY)):
        for contestant in contestants:
            results.leave_out(f"{section}/{contestant.name}", NO_SERVER)
    for kind in bulk.KINDS:
        results.leave_out(bulk.name_of(kind), NO_SERVER)


async def _on_real_server(results: Results, amount: Amount, cores: Cores, target: Target) -> None:
    _say(f"clients against {results.versions['server']}")
    await compare(results, "real", REAL, target, cores, workload="mix", repeats=amount.repeats)
    _say("time to 500 ready leases")
    await compare(
        results, "ready", READY, target, cores,
        workload="mix", repeats=min(2, amount.few_repeats),
    )  # fmt: skip


async def _guide(results: Results, amount: Amount) -> None:
    for engine in ("server", "embedded"):
        if engine == "server" and find_server_binary() is None:
            results.leave_out("guide/warm server", NO_SERVER)
            results.leave_out("guide/cold server", NO_SERVER)
            continue
        _say(f"the guide's sustained test, {engine}")
        for _ in range(amount.few_repeats):
            await guide.sustained(results, engine, warm=True)
            await guide.sustained(results, engine, warm=False)


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {what} ...", file=sys.stderr, flush=True)


def _print_tables(results: Results) -> None:
    for title, rows in (
        ("instant server, one core for the client", tables.instant_table(results)),
        ("real server", tables.real_table(results)),
        ("500 ready leases", tables.ready_table(results)),
        ("acquire + release on connections that do nothing", tables.lease_table(results)),
        ("small reads beside bulky ones, real server", tables.bulk_table(results)),
        ("purreal run, several processes", tables.processes_table(results)),
        ("the marks", tables.marks_table(judge(results))),
    ):
        print(f"\n{title}\n\n{tables.as_text(rows)}")


def _say_what_is_missing() -> None:
    missing = [peer.name for peer in PEERS if not peer.is_installed]
    if missing:
        print(f"not installed, left out: {', '.join(missing)} (make bench-peers)", file=sys.stderr)


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="once, shortly: to try the benchmarks")
    parser.add_argument(
        "--only", choices=PARTS, action="append", help="this part; may be repeated (default: all)"
    )
    parser.add_argument(
        "--results", type=Path, default=RESULTS, help="the JSON to write (default: %(default)s)"
    )
    return parser.parse_args(given)


def _bench_arguments(given: Sequence[str]) -> list[str]:
    return [f"BENCH_ARGS='{' '.join(given)}'"] if given else []


def main(given: Sequence[str]) -> int:
    """Do what the command line says; the exit code does not tell which marks hold."""
    arguments = _arguments(given)
    cores = choose_cores()
    results = Results(
        machine=describe_machine(),
        started_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        pinned=cores.client is not None,
        command=" ".join(("make bench", *_bench_arguments(given))),
    )
    try:
        build()
    except NoInstantServer as error:
        print(error, file=sys.stderr)
        return 1
    _say_what_is_missing()
    began = time.monotonic()
    amount = QUICK if arguments.quick else USUAL
    asyncio.run(measure(results, arguments.only or PARTS, amount, cores))
    results.seconds = round(time.monotonic() - began, 1)
    results.write(arguments.results)
    print(f"{results.machine}\n{results.started_at}, {results.seconds:.0f} s")
    _print_tables(results)
    if warning := tables.disturbance(results):
        print(f"\n{warning}")
    print(f"\nsamples: {arguments.results}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
