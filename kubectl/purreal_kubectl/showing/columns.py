"""Text in columns as `kubectl get` prints it: never cut, whatever the terminal's width."""

from collections.abc import Iterable, Sequence

_GAP = "   "


def columns(rows: Iterable[Sequence[str]]) -> str:
    """The rows as lines; each column as wide as its widest cell."""
    table = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = (
        _GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in table
    )
    return "\n".join(line.rstrip() for line in lines)


def age(seconds: float) -> str:
    """How long ago, in the two largest units: `45s`, `12m`, `3h5m`, `2d4h`."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole}s"
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if minutes < 120:
        return f"{minutes}m"
    if hours < 48:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
