"""`kubectl purreal list`: the tests of a namespace or of all, one line each."""

import argparse
import asyncio
import time

from purreal_kubectl.options import asked, asked_namespace
from purreal_kubectl.waiting import Subparsers
from purreal_runner.exit_codes import ExitCode


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Adds `list`."""
    parser = subparsers.add_parser(
        "list", help="list the tests", description="List the tests with their present runs."
    )
    parser.add_argument(
        "-A", "--all-namespaces", action="store_true", help="of all namespaces, not of one"
    )
    parser.set_defaults(func=execute)
    return parser


def execute(args: argparse.Namespace) -> int:
    """Prints the list; returns the exit code."""
    from purreal_kubectl.cluster.cluster import Cluster
    from purreal_kubectl.cluster.connecting import find_way
    from purreal_kubectl.showing.table import table_of

    way = find_way(asked(args))
    namespace = None if args.all_namespaces else asked_namespace(args) or way.namespace

    async def read() -> str:
        async with Cluster(way) as cluster:
            found = await cluster.tests(namespace)
        return table_of(found, time.time(), with_namespace=namespace is None)

    print(asyncio.run(read()) or f"no tests in {namespace or 'any namespace'}")
    return ExitCode.OK
