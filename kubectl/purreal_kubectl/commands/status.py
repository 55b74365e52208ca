"""`kubectl purreal status NAME`: what the status says, without waiting for anything."""

import argparse
import asyncio
import sys
import time

from purreal_kubectl.options import add_name, asked, asked_namespace
from purreal_kubectl.waiting import Subparsers
from purreal_runner.exit_codes import ExitCode


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Adds `status`."""
    parser = subparsers.add_parser(
        "status",
        help="show where a test is and what came out of it",
        description="Show the present run of a test, its conditions and its earlier runs.",
    )
    add_name(parser)
    parser.set_defaults(func=execute)
    return parser


def execute(args: argparse.Namespace) -> int:
    """Prints the status; returns the exit code."""
    from purreal_kubectl.cluster.cluster import Cluster
    from purreal_kubectl.cluster.connecting import find_way
    from purreal_kubectl.deciding.run_of import is_active
    from purreal_kubectl.runner_pods import missing_right
    from purreal_kubectl.showing.summary import summary
    from purreal_operator.cluster.errors import Forbidden
    from purreal_operator.cluster.views import PodView
    from purreal_operator.status.reading import status_of

    way = find_way(asked(args))
    namespace = asked_namespace(args) or way.namespace

    async def read() -> str:
        async with Cluster(way) as cluster:
            test = await cluster.test(namespace, args.name)
            status, pods = status_of(test), list[PodView]()
            try:
                if is_active(status):
                    pods = await cluster.runner_pods(namespace, args.name, status.run)
            except Forbidden:
                print(missing_right(namespace), file=sys.stderr)
            return summary(test, time.time(), pods)

    print(asyncio.run(read()))
    return ExitCode.OK
