"""What a page of the documentation lets its reader type, and what it says comes out.

Commands are the lines after `$ ` in blocks marked `console`; other blocks are only for reading.
Knows no page and runs nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

ANYTHING = "…"
"""A line of the page that stands for any number of lines."""
EXIT_CODE = "echo $?"
"""The command that asks how the one before it ended."""
_PART = re.compile(r"^## (?P<heading>[^\n]+)$|^```console\n(?P<block>.*?)^```$", re.M | re.S)
_GRADE = r"\b(?:Excellent|Target|Below)\b"
_TIME = r"\d{4}-\d\d-\d\dT[\d:.]+Z"
_NUMBERS = r"[+-]?(?:\d[\d,.]*(?: ?(?:ns|µs|ms|s|m|h|d|%)(?![^\W\d]))?)+"
_NO_NUMBER = r"(?<=\s)-(?!\S)"  # of two values that happen to be equal, for example
_VARYING = re.compile("|".join((_TIME, _GRADE, _NUMBERS, _NO_NUMBER)))


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a page.

    Attributes:
        section: the heading that it stands below.
        command: for a shell; it may have several lines.
        output: what the page says it prints.
    """

    section: str
    command: str
    output: str

    @property
    def asks_for_exit_code(self) -> bool:
        """Whether it is about the command before it."""
        return self.command == EXIT_CODE

    def is_printed_by(self, output: str) -> bool:
        """Whether a run of the command printed what the page says.

        The width of columns, grades, times and numbers may differ; but an exit code may not.
        """
        if self.asks_for_exit_code:
            return output == self.output
        return re.fullmatch(_pattern(self.output), _stable(output)) is not None


def steps_of(page: str) -> Iterator[Step]:
    """The commands of a page, in their order."""
    section = ""
    for part in _PART.finditer(page):
        if part["heading"]:
            section = part["heading"]
            continue
        for typed in re.split(r"^\$ ", part["block"], flags=re.M)[1:]:
            command, output = _apart(typed)
            yield Step(section, command, output)


def _apart(typed: str) -> tuple[str, str]:
    """A command, which goes on after a backslash, and the lines after it."""
    lines = typed.splitlines(keepends=True)
    ends = next(at for at, line in enumerate(lines, 1) if not line.endswith("\\\n"))
    return "".join(lines[:ends]).rstrip("\n"), "".join(lines[ends:])


def _pattern(expected: str) -> str:
    lines = _stable(expected).splitlines()
    return "".join(r"(?:.*\n)*" if line == ANYTHING else rf"{re.escape(line)}\n" for line in lines)


def _stable(output: str) -> str:
    """The output without what differs from run to run."""
    lines = (" ".join(_VARYING.sub("#", line).split()) for line in output.splitlines())
    return "".join(f"{line}\n" for line in lines)
