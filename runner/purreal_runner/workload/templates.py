"""Values made anew for every operation from templates; knows nothing of queries or connections."""

import re
import string
from collections.abc import Callable, Mapping
from random import Random
from typing import Any
from uuid import UUID

from purreal_runner.workload.errors import InvalidWorkload
from purreal_runner.workload.tables import OwnTables
from purreal_runner.workload.task import Task

Maker = Callable[[Task], Any]

_PLACEHOLDER = re.compile(r"\$\{([a-z]+)(?::([^{}]*))?\}")
_LETTERS = string.ascii_lowercase + string.digits
_LARGEST_PAYLOAD_BYTES = 16 * 1024 * 1024

PLACEHOLDERS = """\
${worker} ${iteration} ${pool} ${task} ${uuid} ${int:LOW:HIGH} ${float:LOW:HIGH} ${string:LENGTH} \
${choice:A,B,C} ${payload:BYTES} ${table:NAME}"""


def compile_template(value: Any, tables: OwnTables) -> Maker:
    """Turns a value of the document into a function of the task.

    Text may hold placeholders (`PLACEHOLDERS`). Text that is one placeholder and nothing else
    keeps the type of what it stands for, so `${int:1:9}` is a number and `n${int:1:9}` is text.
    Lists and mappings are compiled inside; everything else is a constant.

    Raises:
        InvalidWorkload: a placeholder is unknown or its arguments make no sense.
    """
    if isinstance(value, str):
        return _compile_text(value, tables)
    if isinstance(value, Mapping):
        fields = {str(key): compile_template(item, tables) for key, item in value.items()}
        return lambda task: {key: make(task) for key, make in fields.items()}
    if isinstance(value, list | tuple):
        items = [compile_template(item, tables) for item in value]
        return lambda task: [make(task) for make in items]
    return lambda _task: value


def name_tables(query: str, tables: OwnTables) -> str:
    """Puts the run's own table names where a query says `${table:NAME}`.

    Raises:
        InvalidWorkload: the query holds another placeholder; values belong into `params`.
    """

    def own_name(match: re.Match[str]) -> str:
        if match[1] != "table":
            raise InvalidWorkload(
                f"{match[0]} can't stand in a query: put it into params and write $name here"
            )
        return _table(match[2], tables)

    named = _PLACEHOLDER.sub(own_name, query)
    if "${" in named:
        raise InvalidWorkload("only ${table:NAME} can stand in a query, and this holds another ${")
    return named


def tables_named(value: Any) -> set[str]:
    """The own tables that a query or a parameter mentions as `${table:NAME}`."""
    if isinstance(value, str):
        return {match[2] for match in _PLACEHOLDER.finditer(value) if match[1] == "table"}
    if isinstance(value, Mapping):
        return set().union(*map(tables_named, value.values()))
    if isinstance(value, list | tuple):
        return set().union(*map(tables_named, value))
    return set()


def _compile_text(text: str, tables: OwnTables) -> Maker:
    whole = _PLACEHOLDER.fullmatch(text)
    if whole:
        return _maker(whole, tables)
    pieces: list[str | Maker] = []
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        pieces += [text[end : match.start()], _maker(match, tables)]
        end = match.end()
    pieces.append(text[end:])
    if "${" in "".join(piece for piece in pieces if isinstance(piece, str)):
        raise InvalidWorkload(f"{text!r} holds a placeholder nobody knows; known: {PLACEHOLDERS}")
    if len(pieces) == 1:
        return lambda _task: text
    return lambda task: "".join(
        piece if isinstance(piece, str) else str(piece(task)) for piece in pieces
    )


def _maker(match: re.Match[str], tables: OwnTables) -> Maker:
    name, arguments = match[1], match[2]
    if name in _FROM_TASK and arguments is None:
        return _FROM_TASK[name]
    if name == "table":
        own = _table(arguments, tables)
        return lambda _task: own
    if name not in _WITH_ARGUMENTS or not arguments:
        raise InvalidWorkload(f"{match[0]} is not a placeholder; known: {PLACEHOLDERS}")
    try:
        return _WITH_ARGUMENTS[name](arguments)
    except ValueError as error:
        raise InvalidWorkload(f"{match[0]}: {error}; known: {PLACEHOLDERS}") from None


def _table(name: str | None, tables: OwnTables) -> str:
    try:
        return tables.name(name or "")
    except ValueError as error:
        raise InvalidWorkload(f"${{table:{name or ''}}}: {error}") from None


def _integers(arguments: str) -> Maker:
    low, high = (int(part) for part in _two(arguments))
    if low > high:
        raise ValueError(f"{low} is above {high}")
    return lambda task: task.random.randint(low, high)


def _floats(arguments: str) -> Maker:
    low, high = (float(part) for part in _two(arguments))
    return lambda task: task.random.uniform(low, high)


def _strings(arguments: str) -> Maker:
    length = _size(arguments)
    return lambda task: _text(task.random, length)


def _choices(arguments: str) -> Maker:
    options = [option.strip() for option in arguments.split(",")]
    return lambda task: task.random.choice(options)


def _payloads(arguments: str) -> Maker:
    size = _size(arguments)
    # Made once: a payload is there to be big, and making it anew would load the generator.
    block = _text(Random(size), size)
    return lambda _task: block


def _two(arguments: str) -> list[str]:
    parts = arguments.split(":")
    if len(parts) != 2:
        raise ValueError("needs two numbers, LOW:HIGH")
    return parts


def _size(arguments: str) -> int:
    size = int(arguments)
    if not 0 < size <= _LARGEST_PAYLOAD_BYTES:
        raise ValueError(f"needs a size from 1 to {_LARGEST_PAYLOAD_BYTES}")
    return size


def _text(random: Random, length: int) -> str:
    return "".join(random.choices(_LETTERS, k=length))


_FROM_TASK: dict[str, Maker] = {
    "worker": lambda task: task.worker,
    "iteration": lambda task: task.iteration,
    "pool": lambda task: task.pool_index,
    "task": lambda task: task.number,
    "uuid": lambda task: UUID(int=task.random.getrandbits(128), version=4),
}

_WITH_ARGUMENTS: dict[str, Callable[[str], Maker]] = {
    "int": _integers,
    "float": _floats,
    "string": _strings,
    "choice": _choices,
    "payload": _payloads,
}
