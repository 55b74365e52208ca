"""`kubectl purreal compare A B`: what is different between two reports, in plain words."""

import argparse
import asyncio
from pathlib import Path

from purreal_kubectl.deciding.reference import Reference, reference
from purreal_kubectl.options import Kind, asked, asked_namespace, completed_as
from purreal_kubectl.waiting import Subparsers
from purreal_runner.exit_codes import ExitCode
from purreal_runner.report.compare_text import ComparisonFormat, show_comparison
from purreal_runner.report.model import Report

_DESCRIPTION = """\
Compare two reports. Each is NAME (the last run of a test that is over), NAME:RUN, or a file that
`purreal run --output` or `kubectl purreal report -o json` wrote (its path has a dot or a slash).
"""


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Adds `compare`."""
    parser = subparsers.add_parser("compare", help="compare two reports", description=_DESCRIPTION)
    for place, words in (("a", "the one before"), ("b", "the one after")):
        completed_as(
            Kind.TEST_OR_FILE,
            parser.add_argument(place, type=_reference, metavar=place.upper(), help=words),
        )
    parser.add_argument(
        "-o",
        "--output",
        choices=[each.value for each in ComparisonFormat],
        default=ComparisonFormat.TEXT.value,
        metavar="FORMAT",
        help=f"format of the comparison: {', '.join(ComparisonFormat)} (default: text)",
    )
    parser.set_defaults(func=execute)
    return parser


def execute(args: argparse.Namespace) -> int:
    """Prints the differences; returns the exit code."""
    from rich.console import Console

    from purreal_runner.report.compare import compare

    comparison = compare(*_reports(args))
    show_comparison(comparison, ComparisonFormat(args.output), Console())
    return ExitCode.OK


def _reports(args: argparse.Namespace) -> tuple[Report, Report]:
    """Both reports; the cluster is asked only for those that are there."""
    from purreal_kubectl.cluster.cluster import Cluster
    from purreal_kubectl.cluster.connecting import find_way
    from purreal_kubectl.reporting import report_in_file, report_of_test

    if isinstance(args.a, Path) and isinstance(args.b, Path):
        return report_in_file(args.a), report_in_file(args.b)
    way = find_way(asked(args))
    namespace = asked_namespace(args) or way.namespace

    async def read() -> tuple[Report, Report]:
        async with Cluster(way) as cluster:

            async def one(which: Reference) -> Report:
                if isinstance(which, Path):
                    return report_in_file(which)
                return await report_of_test(cluster, namespace, which.name, which.run)

            return await one(args.a), await one(args.b)

    return asyncio.run(read())


def _reference(text: str) -> Reference:
    try:
        return reference(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
