"""Makes text that others wrote fit to be shown; judges nothing."""

import re

_STYLE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""What colours a log: of no use elsewhere, and its letters would stay."""


def printable(text: str, longest: int | None = None) -> str:
    """The beginning of the text, with a space for whatever a terminal might obey."""
    plain = _STYLE.sub("", text)[:longest]
    return "".join(sign if sign.isprintable() else " " for sign in plain)
