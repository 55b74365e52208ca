"""Answers a shell, or `kubectl` itself, that asks how a command line may go on.

The answer has a line for each candidate, with a tab before what it means, and a last line that
says what else the shell should offer. This is how kubectl asks `kubectl_complete-purreal`.
"""

import sys
from collections.abc import Sequence
from enum import IntEnum

from purreal_kubectl.completing.candidates import Candidates, candidates
from purreal_kubectl.options import Kind


class Directive(IntEnum):
    """What else the shell offers, as numbers that kubectl knows."""

    FILES = 0
    NOTHING = 4


def main(argv: Sequence[str] | None = None) -> int:
    """`kubectl_complete-purreal`: answers kubectl, which runs it for `kubectl purreal …`."""
    return complete(list(sys.argv[1:] if argv is None else argv))


def complete(words: Sequence[str]) -> int:
    """Print how the command line may go on; the last word is the one that is being written."""
    from purreal_kubectl.main import parser

    *before, current = words or [""]
    found = candidates(parser(), before, current)
    choices = {**found.words, **_looked_up(found)}
    for word, meaning in choices.items():
        if word.startswith(current):
            print(f"{word}\t{meaning}" if meaning else word)
    files = found.kind in (Kind.FILE, Kind.TEST_OR_FILE)
    print(f":{(Directive.FILES if files else Directive.NOTHING):d}")
    return 0


def _looked_up(found: Candidates) -> dict[str, str]:
    """Names from the cluster; none where it does not answer: a shell is no place for errors."""
    if found.kind in (None, Kind.FILE):
        return {}
    from purreal_kubectl.completing.names import names

    try:
        return names(found.kind, found.said)
    except Exception:
        return {}
