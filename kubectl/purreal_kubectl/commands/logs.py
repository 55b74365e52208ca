"""`kubectl purreal logs NAME`: the logs of all runners, each line with the runner before it."""

import argparse
import asyncio
from typing import TYPE_CHECKING

from purreal_kubectl.options import add_name, asked, asked_namespace
from purreal_kubectl.waiting import Subparsers
from purreal_runner.exit_codes import ExitCode

if TYPE_CHECKING:
    from purreal_operator.cluster.views import PodView

_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "red")


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Adds `logs`."""
    parser = subparsers.add_parser(
        "logs",
        help="print the logs of all runners",
        description="Print the logs of all runners of the present run. The pods go soon after "
        "the run, and their logs with them.",
    )
    add_name(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the run has ended")
    parser.set_defaults(func=execute)
    return parser


def execute(args: argparse.Namespace) -> int:
    """Prints the logs; returns the exit code."""
    from rich.console import Console
    from rich.text import Text

    from purreal_kubectl.cluster.cluster import Cluster
    from purreal_kubectl.cluster.connecting import find_way
    from purreal_kubectl.runner_logs import RunnerLogs

    way = find_way(asked(args))
    namespace = asked_namespace(args) or way.namespace
    out, notes = Console(), Console(stderr=True)

    def show(pod: "PodView", line: str) -> None:
        if out.is_terminal:
            colour = _COLOURS[(pod.index or 0) % len(_COLOURS)]
            text = Text.assemble((prefix(pod), colour), Text.from_ansi(line))
            out.print(text, soft_wrap=True, highlight=False)
        else:
            print(f"{prefix(pod)}{line}", flush=True)

    def note(words: str) -> None:
        notes.print(words, markup=False, highlight=False, soft_wrap=True)

    async def read() -> None:
        async with Cluster(way) as cluster:
            logs = RunnerLogs(cluster, namespace, args.name, show, note)
            await (logs.follow() if args.follow else logs.read())

    asyncio.run(read())
    return ExitCode.OK


def prefix(pod: "PodView") -> str:
    """What stands before each line of a pod: the runner's index and the pod."""
    return f"[{pod.index} {pod.name}] "
