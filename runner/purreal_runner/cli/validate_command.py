"""`purreal validate FILE…`: says whether documents are valid; runs nothing."""

import argparse
import sys
from pathlib import Path

from purreal_runner.document import InvalidDocument, PoolLoadTest, load_document
from purreal_runner.document.enums import WorkloadType
from purreal_runner.exit_codes import ExitCode


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `validate` to the `purreal` command."""
    parser = subparsers.add_parser(
        "validate",
        help="check PoolLoadTest documents",
        description="Check PoolLoadTest documents and list every problem with its line. "
        "Exit code 0: all valid; 104: not.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a YAML or JSON document")
    parser.set_defaults(func=execute)


def execute(args: argparse.Namespace) -> int:
    """Check each file in `args.files`; return the exit code."""
    code = ExitCode.OK
    for name in args.files:
        try:
            document = load_document(Path(name))
        except InvalidDocument as error:
            print(error, file=sys.stderr)
            code = ExitCode.INVALID_DOCUMENT
        else:
            print(f"{name}: valid ({summary(document)})")
    return int(code)


def summary(document: PoolLoadTest) -> str:
    """Say in one line what a test does: what, how much, through how many pools."""
    spec = document.spec
    stop = spec.load.stop
    amount = f"{stop.operations:,} operations" if stop.operations else f"{stop.duration_seconds} s"
    pools = _count(spec.runners.pools, "pool")
    sizes = f"{spec.pool.min_size}–{spec.pool.max_size} leases"
    each = "each " if spec.runners.pools > 1 else ""
    conditions = _count(len(spec.thresholds), "threshold")
    workers = _count(spec.workers, "worker")
    return f"{_workload(document)}, {workers}, {amount}, {pools} of {each}{sizes}, {conditions}"


def _workload(document: PoolLoadTest) -> str:
    workload = document.spec.workload
    if workload.type is WorkloadType.MIX and workload.mix is not None:
        return f"mix of {_count(len(workload.mix), 'operation')}"
    if workload.type is WorkloadType.PYTHON and workload.python is not None:
        return f"Python {workload.python.function}"
    return f"scenario {workload.scenario}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
