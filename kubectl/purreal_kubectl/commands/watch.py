"""`kubectl purreal watch NAME`: follows the present run; its end is reported as by `run --wait`."""

import argparse
import asyncio

from purreal_kubectl.options import add_name, add_timeout, asked, asked_namespace
from purreal_kubectl.waiting import EXIT_CODES, Subparsers, add_report_options, wishes_of


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Adds `watch`."""
    parser = subparsers.add_parser(
        "watch",
        help="follow the present run of a test to its end",
        description="Follow the present run of a test to its end and print its report. Ctrl-C "
        "ends the watching, not the run.",
        epilog=EXIT_CODES,
    )
    add_name(parser)
    add_timeout(parser)
    add_report_options(parser)
    parser.set_defaults(func=execute)
    return parser


def execute(args: argparse.Namespace) -> int:
    """Follows the run; returns the exit code."""
    from purreal_kubectl.attending import attend
    from purreal_kubectl.cluster.cluster import Cluster
    from purreal_kubectl.cluster.connecting import find_way
    from purreal_kubectl.deciding.run_of import WantedRun, run_to_watch
    from purreal_kubectl.following import settled

    way = find_way(asked(args))
    namespace = asked_namespace(args) or way.namespace

    async def find() -> WantedRun:
        async with Cluster(way) as cluster:
            return run_to_watch(await settled(cluster, namespace, args.name))

    wanted = asyncio.run(find())
    return attend(way, namespace, wanted, wishes_of(args, may_cancel=False))
