"""What names a report on the command line: a test, one of its runs, or a file; reads none."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ReportOfRun:
    """The report of a run.

    Attributes:
        name: of the test.
        run: its number; None: the last one that is over.
    """

    name: str
    run: int | None


Reference = ReportOfRun | Path


def reference(text: str) -> Reference:
    """Read `NAME`, `NAME:RUN`, or a path.

    What has a dot or a slash is a path: a test's name has neither.

    Raises:
        ValueError: it is none of them.
    """
    if "." in text or "/" in text:
        return Path(text)
    name, colon, number = text.partition(":")
    if not colon:
        return ReportOfRun(name, None)
    if not number.isdecimal() or int(number) < 1:
        raise ValueError(f"{text!r} is not NAME:RUN, such as shop:3")
    return ReportOfRun(name, int(number))
