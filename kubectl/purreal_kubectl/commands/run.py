"""`kubectl purreal run FILE`: validates, applies, and on demand waits for the verdict."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from purreal_kubectl.failure import Failure
from purreal_kubectl.options import Kind, add_timeout, asked, asked_namespace, completed_as
from purreal_kubectl.waiting import (
    EXIT_CODES,
    Subparsers,
    add_report_options,
    add_wait,
    refuse_what_needs_wait,
    wishes_of,
)
from purreal_runner.exit_codes import ExitCode

if TYPE_CHECKING:
    from purreal_kubectl.cluster.cluster import Cluster
    from purreal_kubectl.deciding.run_of import WantedRun

_DESCRIPTION = """\
Run the test in FILE (a PoolLoadTest document) on the cluster. An unchanged test runs again; one
that runs already is joined. Ctrl-C asks whether to cancel the run; where nobody can be asked, it
goes on.
"""


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Adds `run`."""
    parser = subparsers.add_parser(
        "run", help="run the test in a file", description=_DESCRIPTION, epilog=EXIT_CODES
    )
    completed_as(
        Kind.FILE,
        parser.add_argument("file", metavar="FILE", help="YAML or JSON; -: standard input"),
    )
    add_wait(parser)
    add_timeout(parser)
    add_report_options(parser)
    parser.set_defaults(func=execute)
    return parser


def execute(args: argparse.Namespace) -> int:
    """Runs the test; returns the exit code."""
    from purreal_kubectl.cluster.connecting import find_way
    from purreal_kubectl.deciding.starting import namespace_of

    refuse_what_needs_wait(args)
    document = _valid_document(args.file)
    way = find_way(asked(args))
    namespace = namespace_of(document, asked_namespace(args), way.namespace)

    async def start() -> "WantedRun":
        from purreal_kubectl.cluster.cluster import Cluster

        async with Cluster(way) as cluster:
            return await started(cluster, document, namespace)

    wanted = asyncio.run(start())
    if args.wait:
        from purreal_kubectl.attending import attend

        return attend(way, namespace, wanted, wishes_of(args, may_cancel=True))
    print(f"{_begins(wanted)}; follow it: kubectl purreal watch {wanted.name} -n {namespace}")
    return ExitCode.OK


async def started(cluster: "Cluster", document: dict[str, Any], namespace: str) -> "WantedRun":
    """Apply a document so that there is a run of it; returns that run.

    Raises:
        Failure: the document can't be run now, or not at all.
        ClusterError: a right is missing, or there is no answer.
    """
    from purreal_kubectl.deciding import starting
    from purreal_operator.cluster.errors import Gone, Invalid

    name = document["metadata"]["name"]
    try:
        before = await cluster.test(namespace, name)
    except Gone:
        before = None  # or the kind or the namespace is missing, which applying will tell
    joined = starting.joins(before)
    token = None if joined else starting.new_token(datetime.now(UTC))
    try:
        after = await cluster.apply(starting.manifest(document, namespace, token))
    except Invalid as error:
        if joined:
            raise Failure(
                f"{error}\nwait for its end (kubectl purreal watch {name}) or cancel it "
                f"(kubectl purreal cancel {name} --wait), then run it again"
            ) from error
        raise Failure(str(error), ExitCode.INVALID_DOCUMENT) from error
    if before is None or token is not None:
        return starting.asked_run(after, token or "")
    return starting.joined_run(before, after) or await started(cluster, document, namespace)


def _valid_document(file: str) -> dict[str, Any]:
    """The document as it is written, once it is known to be valid.

    Raises:
        Failure: with every problem, as `purreal validate` prints them.
    """
    from purreal_runner.document import InvalidDocument, Problem, parse_document
    from purreal_runner.document.enums import TargetType
    from purreal_runner.document.reading import read_stream, read_text
    from purreal_runner.document.yaml_tree import read_tree

    source = "standard input" if file == "-" else file
    try:
        text = read_stream(sys.stdin.buffer, source) if file == "-" else read_text(Path(file))
        document = parse_document(text, source)
        tree = read_tree(text)
        if document.spec.target.type is TargetType.EMBEDDED:
            place = tree.place(("spec", "target", "type"))
            words = "Embedded works with `purreal run` only"
            raise InvalidDocument(source, [Problem(*place, "spec.target.type", words)])
    except InvalidDocument as error:
        raise Failure(str(error), ExitCode.INVALID_DOCUMENT, bare=True) from error
    data: dict[str, Any] = tree.data
    return data


def _begins(wanted: "WantedRun") -> str:
    if wanted.number:
        return f"run {wanted.number} of {wanted.name} is on"
    return f"a run of {wanted.name} was asked for"
