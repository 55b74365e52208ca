"""The table of runners, whole or as much of it as fits a terminal; asks no cluster."""

from collections.abc import Sequence

from rich.text import Text

from purreal_kubectl.deciding.runners import RunnerRow, rows_that_fit
from purreal_kubectl.showing.columns import columns

_HEAD = ("RUNNER", "POD", "NODE", "RESTARTS", "STATE")
_GIVEN_UP_IN_TURN = ("NODE", "POD", "RESTARTS")
_NARROWEST_STATE = 24
_MOST_IN_TEXT = 20
_NONE = "–"


def runners_text(rows: Sequence[RunnerRow]) -> str:
    """The table of at most twenty runners, as `kubectl get` would print it."""
    shown = rows_that_fit(rows, _MOST_IN_TEXT)
    return "\n".join([columns(_cells(shown, _HEAD)), *_left_out(rows, shown)])


def runners_picture(rows: Sequence[RunnerRow], width: int, height: int) -> Text:
    """The table within a terminal; empty where not even one runner has room.

    Args:
        rows: of all runners.
        width: of the terminal, in cells; what does not fit is cut at the end of a line.
        height: lines that there are for the table.
    """
    shown = rows_that_fit(rows, height - 1)
    if not shown:
        return Text()
    head, *lines = columns(_cells(shown, _head_within(shown, width))).splitlines()
    parts = [
        Text(head, style="dim"),
        *(
            Text(line, style="yellow" if row.in_trouble else "")
            for line, row in zip(lines, shown, strict=True)
        ),
        *(Text(line, style="dim") for line in _left_out(rows, shown)),
    ]
    for part in parts:
        part.truncate(width, overflow="ellipsis")
    return Text("\n").join(parts)


def _cells(rows: Sequence[RunnerRow], head: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(head), *(tuple(_cell(row, name) for name in head) for row in rows)]


def _cell(row: RunnerRow, name: str) -> str:
    match name:
        case "RUNNER":
            return str(row.index)
        case "POD":
            return row.pod or _NONE
        case "NODE":
            return row.node or _NONE
        case "RESTARTS":
            return str(row.restarts)
        case _:
            return row.state


def _head_within(rows: Sequence[RunnerRow], width: int) -> tuple[str, ...]:
    """The columns that leave enough of the line for the state."""
    head: tuple[str, ...] = _HEAD
    for given_up in _GIVEN_UP_IN_TURN:
        if _width_before_state(rows, head) + _NARROWEST_STATE <= width:
            break
        head = tuple(name for name in head if name != given_up)
    return head


def _width_before_state(rows: Sequence[RunnerRow], head: Sequence[str]) -> int:
    emptied = [(*cells[:-1], "|") for cells in _cells(rows, head)]
    return max(map(len, columns(emptied).splitlines())) - 1


def _left_out(rows: Sequence[RunnerRow], shown: Sequence[RunnerRow]) -> list[str]:
    left_out = len(rows) - len(shown)
    return [f"… and {left_out} more"] if left_out else []
