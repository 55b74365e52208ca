"""Owns the command line of the fake server; must not know how it serves."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from purreal.testing._fake_server import FakeServer, Stall
from purreal.testing._latency import parse_latency, parse_seconds


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m purreal.testing",
        description="A SurrealDB server without a database, with latencies that are known.",
    )
    parser.add_argument("--bind", default="127.0.0.1:8000", metavar="HOST:PORT")
    parser.add_argument(
        "--latency",
        type=parse_latency,
        default="constant:0",
        help="constant:T, uniform:T,T, exponential:MEAN, lognormal:MEDIAN,SIGMA, empirical:T,T,…",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--error-ratio", type=float, default=0.0, help="of queries, 0…1")
    parser.add_argument("--drop-ratio", type=float, default=0.0, help="of queries, 0…1")
    parser.add_argument(
        "--stall", type=_stall, metavar="EVERY,SECONDS", help="silence, such as 10s,200ms"
    )
    parser.add_argument("--username", default="root")
    parser.add_argument("--password-file", type=Path, help="absent: everybody may sign in")
    parser.add_argument("--samples", type=Path, help="write the service times there at the end")
    return parser.parse_args(given)


def _stall(text: str) -> Stall:
    every, _, seconds = text.partition(",")
    return Stall(parse_seconds(every), parse_seconds(seconds))


def _server(arguments: argparse.Namespace) -> FakeServer:
    host, _, port = arguments.bind.rpartition(":")
    password: Path | None = arguments.password_file
    return FakeServer(
        arguments.latency,
        seed=arguments.seed,
        host=host or "127.0.0.1",
        port=int(port),
        username=arguments.username,
        password=None if password is None else password.read_text().rstrip("\n"),
        error_ratio=arguments.error_ratio,
        drop_ratio=arguments.drop_ratio,
        stall=arguments.stall,
    )


async def _run(server: FakeServer) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with server:
        sys.stdout.write(f"fake server ready on {server.url}\n")
        sys.stdout.flush()
        await ended.wait()


def main(given: list[str] | None = None) -> int:
    """Run a fake server until SIGTERM or SIGINT; print one line when it is ready."""
    arguments = _arguments(given)
    server = _server(arguments)
    asyncio.run(_run(server))
    if arguments.samples is not None:
        arguments.samples.write_text("".join(f"{seconds!r}\n" for seconds in server.samples))
    return 0


if __name__ == "__main__":
    sys.exit(main())
