"""What is wrong with a document: problems with their place, one readable line each."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong, and where.

    Args:
        line: counted from 1; 0 when the problem has no line.
        column: counted from 1; 0 when the problem has no column.
        field: such as `spec.pool.maxSize`; empty when it is about the whole file.
        message: in words, with the limit and what to try.
    """

    line: int
    column: int
    field: str
    message: str

    def at(self, source: str) -> str:
        """The problem as one line that begins with its place, `loadtest.yaml:12: …`."""
        place = f"{source}:{self.line}" if self.line else source
        words = f"{self.field}: {self.message}" if self.field else self.message
        return _printable(f"{place}: {words}")


class InvalidDocument(Exception):
    """A document that can't be used; `str()` has one line per problem."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = sorted(problems)
        super().__init__("\n".join(problem.at(source) for problem in self.problems))


def _printable(line: str) -> str:
    """Escape what would break the line or steer a terminal."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")
        for sign in line
    )


def field_name(path: Iterable[str | int]) -> str:
    """Write a path as a user knows it: `spec.thresholds[0].below`."""
    words = ""
    for step in path:
        if isinstance(step, int):
            words += f"[{step}]"
        else:
            words += f".{step}" if words else step
    return words
