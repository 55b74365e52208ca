"""`kubectl purreal report NAME [RUN]`: prints the report of a finished run."""

import argparse
import asyncio
from typing import TYPE_CHECKING

from purreal_kubectl.options import Kind, add_name, asked, asked_namespace, completed_as, run_number
from purreal_kubectl.waiting import Subparsers, add_report_options
from purreal_runner.exit_codes import ExitCode

if TYPE_CHECKING:
    from purreal_runner.report.model import Report


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Adds `report`."""
    parser = subparsers.add_parser(
        "report",
        help="print the report of a run",
        description="Print the report of a finished run: of the last one, or of any of the last "
        "ten by its number.",
    )
    add_name(parser)
    completed_as(
        Kind.RUN,
        parser.add_argument(
            "run", nargs="?", type=run_number, metavar="RUN", help="number (default: the last)"
        ),
    )
    add_report_options(parser)
    parser.set_defaults(func=execute)
    return parser


def execute(args: argparse.Namespace) -> int:
    """Prints the report; returns the exit code."""
    from rich.console import Console

    from purreal_kubectl.cluster.connecting import find_way
    from purreal_kubectl.reporting import keep, report_of_test
    from purreal_runner.report.formats import show

    way = find_way(asked(args))
    namespace = asked_namespace(args) or way.namespace

    async def read() -> "Report":
        from purreal_kubectl.cluster.cluster import Cluster

        async with Cluster(way) as cluster:
            return await report_of_test(cluster, namespace, args.name, args.run)

    report = asyncio.run(read())
    if args.report_dir is not None:
        keep(report, args.report_dir)
    show(report, args.output, Console())
    return ExitCode.OK
