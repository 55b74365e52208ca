"""Owns the shape of what every format shows in rows: words with a meaning; knows no format."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """What words are meant to look like: each format has its own means."""

    PLAIN = "plain"
    STRONG = "strong"
    QUIET = "quiet"
    GOOD = "good"
    FAIR = "fair"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Cell:
    """Words in a row."""

    words: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Column:
    """What the cells below a title have in common.

    `numbers`: they line up at their right edge. `verbatim`: the words of others, of any length,
    shown letter by letter.
    """

    title: str
    numbers: bool = False
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows; each row has a cell for each column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def table_of(titles: Iterable[str], rows: Iterable[tuple[Cell, ...]]) -> Table:
    """A table of numbers: the first column names them, one without a title says more."""
    columns = tuple(
        Column(title, numbers=number > 0 and title != "") for number, title in enumerate(titles)
    )
    return Table(columns, tuple(rows))


def cells(*words: str) -> tuple[Cell, ...]:
    """A plain row, or the beginning of one."""
    return tuple(map(Cell, words))
