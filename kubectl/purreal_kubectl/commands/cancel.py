"""`kubectl purreal cancel NAME`: stops the present run; what was measured is reported."""

import argparse
import asyncio

from purreal_kubectl.options import add_name, add_timeout, asked, asked_namespace
from purreal_kubectl.waiting import Subparsers
from purreal_runner.exit_codes import ExitCode


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Adds `cancel`."""
    parser = subparsers.add_parser(
        "cancel",
        help="stop the present run of a test",
        description="Stop the present run of a test; its report covers what was done until then. "
        "Exit code 0: it is cancelled, or was over before.",
    )
    add_name(parser)
    parser.add_argument("--wait", action="store_true", help="wait until the run has ended")
    add_timeout(parser)
    parser.set_defaults(func=execute)
    return parser


def execute(args: argparse.Namespace) -> int:
    """Cancels the run; returns the exit code."""
    from purreal_kubectl.cancelling import cancelled
    from purreal_kubectl.cluster.cluster import Cluster
    from purreal_kubectl.cluster.connecting import find_way

    way = find_way(asked(args))
    namespace = asked_namespace(args) or way.namespace

    async def cancel() -> str:
        async with Cluster(way) as cluster:
            return await cancelled(
                cluster, namespace, args.name, wait=args.wait, timeout=args.timeout
            )

    print(asyncio.run(cancel()))
    return ExitCode.OK
