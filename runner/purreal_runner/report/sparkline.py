"""Owns small pictures of numbers over time, made of block characters; knows no terminal."""

from collections.abc import Sequence

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_SHADE = "░"


def resample(values: Sequence[float], width: int) -> list[float]:
    """Fit values into `width` columns: the greatest of each column, repeated when there are few."""
    if not values or width <= 0:
        return []
    number = len(values)
    columns = []
    for column in range(width):
        first = column * number // width
        behind_last = max(first + 1, (column + 1) * number // width)
        columns.append(max(values[first:behind_last]))
    return columns


def sparkline(values: Sequence[float], width: int, top: float | None = None) -> str:
    """One line of blocks; zero is empty, `top` (by default the greatest value) is full."""
    columns = resample(values, width)
    greatest = max(columns, default=0.0) if top is None else top
    return "".join(_block(value, greatest, 1, 0) for value in columns)


def filled_chart(
    filled: Sequence[float], shaded: Sequence[float], *, top: float, width: int, height: int
) -> list[str]:
    """Lines from top to bottom: `filled` as solid columns, what `shaded` has more as shade.

    Args:
        filled: values over time, drawn in eighths of a line.
        shaded: values at the same times, drawn behind.
        top: the value at the upper edge.
        width: columns.
        height: lines.
    """
    front, back = resample(filled, width), resample(shaded, width)
    return [
        "".join(_cell(f, b, top, height, row) for f, b in zip(front, back, strict=True))
        for row in reversed(range(height))
    ]


def _cell(front: float, back: float, top: float, height: int, row: int) -> str:
    block = _block(front, top, height, row)
    if block == " " and top > 0 and back / top * height > row + 0.5:
        return _SHADE
    return block


def _block(value: float, top: float, height: int, row: int) -> str:
    """The part of a column that falls into one line; something above zero is never invisible."""
    if top <= 0 or value <= 0:
        return " "
    eighths = round((value / top * height - row) * 8)
    if row == 0:
        eighths = max(1, eighths)
    return _EIGHTHS[min(8, max(0, eighths))]
