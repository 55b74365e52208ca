"""`kubectl purreal completion SHELL`: prints the script that completes command lines."""

import argparse

from purreal_kubectl.waiting import Subparsers
from purreal_runner.exit_codes import ExitCode

_SHELLS = ("bash", "zsh", "fish")

_EPILOG = """\
bash: source <(kubectl-purreal completion bash); zsh: source <(kubectl-purreal completion zsh);
fish: kubectl-purreal completion fish | source. `kubectl purreal` itself is completed by kubectl's
own completion, which finds kubectl_complete-purreal on the path.
"""


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Adds `completion`."""
    parser = subparsers.add_parser(
        "completion",
        help="print the completion script for a shell",
        description="Print the script that completes the command line of kubectl-purreal.",
        epilog=_EPILOG,
    )
    parser.add_argument("shell", choices=_SHELLS, metavar="SHELL", help=", ".join(_SHELLS))
    parser.set_defaults(func=execute)
    return parser


def execute(args: argparse.Namespace) -> int:
    """Prints the script; returns the exit code."""
    from purreal_kubectl.completing.scripts import SCRIPTS

    print(SCRIPTS[args.shell], end="")
    return ExitCode.OK
