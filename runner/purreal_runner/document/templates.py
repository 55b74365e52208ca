"""Which templates of a mix can't be filled in, and where; fills in none.

The grammar is the workload's own, so that what is valid here is what a run accepts.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from purreal_runner.document.fields import BrokenRule, Path
from purreal_runner.workload.errors import InvalidWorkload
from purreal_runner.workload.tables import OwnTables
from purreal_runner.workload.templates import compile_template, name_tables

_ANY_TABLES = OwnTables("load_run")
"""Stands in for the tables of a run: their names don't matter here."""


def broken_templates(query: str, params: Mapping[str, Any]) -> Iterator[BrokenRule]:
    """Yield each wrong placeholder of one operation; paths begin at `query` and `params`."""
    try:
        name_tables(query, _ANY_TABLES)
    except InvalidWorkload as error:
        yield BrokenRule(("query",), str(error))
    for path, text in _texts(params, ("params",)):
        try:
            compile_template(text, _ANY_TABLES)
        except InvalidWorkload as error:
            yield BrokenRule(path, str(error))


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield every text inside a value, with its place."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for position, inner in enumerate(value):
            yield from _texts(inner, (*path, position))
