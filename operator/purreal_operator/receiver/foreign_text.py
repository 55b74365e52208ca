"""Makes text that others wrote fit to be shown; judges nothing."""


def printable(text: str, longest: int) -> str:
    """The beginning of the text, with a space for whatever a terminal might obey."""
    return "".join(sign if sign.isprintable() else " " for sign in text[:longest])
