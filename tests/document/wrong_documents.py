"""Documents with one wrong line, and what they are answered with; checks none of them."""

from dataclasses import dataclass
from pathlib import Path

import yaml

HEAD = (
    "apiVersion: purreal.dev/v1alpha1\nkind: PoolLoadTest\nmetadata: {name: checkout-500}\nspec:\n"
)
LOAD = "  load: {closed: {workers: 500}, stop: {operations: 5000}}\n"


@dataclass(frozen=True, slots=True)
class Wrong:
    """One wrong line of a document.

    Attributes:
        line: the line itself.
        here: what `purreal validate` says, without file and line number.
        server: words of an API server's answer.
    """

    line: str
    here: str
    server: str


_ALL = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
IN_THE_SPEC = tuple(Wrong(**each) for each in _ALL["inTheSpec"])
IN_THE_LOAD = tuple(Wrong(**each) for each in _ALL["inTheLoad"])
IN_THE_METADATA = tuple(Wrong(**each) for each in _ALL["inTheMetadata"])


def with_line(line: str) -> str:
    """A document with a line below its load: line 6."""
    return f"{HEAD}{LOAD}  {line}\n"


def with_load(line: str) -> str:
    """A document with a line instead of its load: line 5."""
    return f"{HEAD}  {line}\n"


def with_metadata(line: str) -> str:
    """A document with other metadata: line 3."""
    return with_load(LOAD.strip()).replace("{name: checkout-500}", line)
