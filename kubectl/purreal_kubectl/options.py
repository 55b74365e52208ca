"""Options and arguments that commands have in common, and what completes them; runs nothing."""

import argparse
import re
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from purreal_kubectl.asked import Asked
from purreal_runner.document.fields import DNS_LABEL
from purreal_runner.document.metadata import LONGEST_NAME

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}

Action = TypeVar("Action", bound=argparse.Action)


class Kind(StrEnum):
    """What a value is, for completion."""

    TEST = "test"
    RUN = "run"
    TEST_OR_FILE = "test or file"
    NAMESPACE = "namespace"
    CONTEXT = "context"
    FILE = "file"


def completed_as(kind: Kind, action: Action) -> Action:
    """Marks an argument for completion."""
    action.completed_as = kind  # type: ignore[attr-defined]
    return action


def add_cluster_options(parser: argparse.ArgumentParser) -> None:
    """Adds which cluster and namespace is meant; the options may stand before the command, too."""
    group = parser.add_argument_group("the cluster")
    nothing = argparse.SUPPRESS  # so that a command does not unset what stands before it
    completed_as(
        Kind.NAMESPACE,
        group.add_argument(
            "-n", "--namespace", metavar="NAME", default=nothing, help="namespace of the test"
        ),
    )
    completed_as(
        Kind.CONTEXT,
        group.add_argument(
            "--context", metavar="NAME", default=nothing, help="context of the kubeconfig file"
        ),
    )
    completed_as(
        Kind.FILE,
        group.add_argument(
            "--kubeconfig",
            type=Path,
            metavar="FILE",
            default=nothing,
            help="how to reach the cluster (default: KUBECONFIG, else ~/.kube/config, else the "
            "service account of the pod)",
        ),
    )
    group.add_argument(
        "--log-level",
        type=str.upper,
        choices=LOG_LEVELS,
        default=nothing,
        help="what to log to standard error (default: WARNING)",
    )


def add_name(parser: argparse.ArgumentParser) -> None:
    """Adds the name of a test."""
    completed_as(
        Kind.TEST, parser.add_argument("name", type=test_name, metavar="NAME", help="the test")
    )


def add_timeout(parser: argparse.ArgumentParser) -> None:
    """Adds how long to wait for a run's end."""
    parser.add_argument(
        "--timeout",
        type=duration,
        metavar="TIME",
        help="wait at most so long, such as 300, 300s or 5m; the run goes on after that (exit "
        "code 102)",
    )


def asked(args: argparse.Namespace) -> Asked:
    """Which cluster the command line names."""
    return Asked(getattr(args, "kubeconfig", None), getattr(args, "context", None))


def asked_namespace(args: argparse.Namespace) -> str | None:
    """Which namespace the command line names; None: none."""
    namespace: str | None = getattr(args, "namespace", None)
    return namespace


def test_name(text: str) -> str:
    """A test's name, also as `kubectl get -o name` writes it: `poolloadtest.purreal.dev/shop`."""
    name = text.rpartition("/")[2]
    if not re.fullmatch(DNS_LABEL, name) or len(name) > LONGEST_NAME:
        raise argparse.ArgumentTypeError(f"{text!r} is not the name of a test")
    return name


def duration(text: str) -> float:
    """Seconds, as a number or with a unit: `90`, `90s`, `5m`, `1h`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if match is None or float(match[1]) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 300, 90s or 5m")
    return float(match[1]) * _UNITS[match[2]]


def run_number(text: str) -> int:
    """The number of a run, from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not the number of a run")
    return int(text)
