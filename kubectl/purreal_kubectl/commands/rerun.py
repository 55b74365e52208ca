"""`kubectl purreal rerun NAME`: repeats a test that is on the cluster, unchanged."""

import argparse
import asyncio
from datetime import UTC, datetime

from purreal_kubectl.options import add_name, add_timeout, asked, asked_namespace
from purreal_kubectl.waiting import (
    EXIT_CODES,
    Subparsers,
    add_report_options,
    add_wait,
    refuse_what_needs_wait,
    wishes_of,
)
from purreal_runner.exit_codes import ExitCode


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Adds `rerun`."""
    parser = subparsers.add_parser(
        "rerun",
        help="run a test of the cluster once more",
        description="Run a test of the cluster once more, unchanged; after the present run, if "
        "one is on.",
        epilog=EXIT_CODES,
    )
    add_name(parser)
    add_wait(parser)
    add_timeout(parser)
    add_report_options(parser)
    parser.set_defaults(func=execute)
    return parser


def execute(args: argparse.Namespace) -> int:
    """Asks for one more run; returns the exit code."""
    from purreal_kubectl.attending import attend
    from purreal_kubectl.cluster.cluster import Cluster
    from purreal_kubectl.cluster.connecting import find_way
    from purreal_kubectl.deciding.run_of import WantedRun
    from purreal_kubectl.deciding.starting import asked_run, new_token, repeat

    refuse_what_needs_wait(args)
    way = find_way(asked(args))
    namespace = asked_namespace(args) or way.namespace

    async def ask() -> WantedRun:
        token = new_token(datetime.now(UTC))
        async with Cluster(way) as cluster:
            before = await cluster.test(namespace, args.name)
            after = await cluster.change(namespace, args.name, repeat(before, token))
            return asked_run(after, token)

    wanted = asyncio.run(ask())
    if args.wait:
        return attend(way, namespace, wanted, wishes_of(args, may_cancel=True))
    print(
        f"one more run of {args.name} was asked for; follow it: kubectl purreal watch "
        f"{args.name} -n {namespace}"
    )
    return ExitCode.OK
