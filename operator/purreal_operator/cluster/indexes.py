"""Reading sets of indexes as Kubernetes writes them, such as `1,3-5,7`; knows no Job."""


def parse_indexes(text: str) -> frozenset[int]:
    """Read a set of indexes; an empty text is the empty set.

    Raises:
        ValueError: `text` is not written that way.
    """
    return frozenset(index for part in text.split(",") if part for index in _interval(part))


def _interval(part: str) -> range:
    first, separator, last = part.partition("-")
    if separator:
        return range(int(first), int(last) + 1)
    return range(int(first), int(first) + 1)
