"""Says in plain words what pydantic found; knows the models' shape, not their files."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from purreal_runner.document.fields import BROKEN_RULE, COLLECTOR, ENDPOINT, PATTERN_WORDS, Path
from purreal_runner.document.not_built_yet import NOT_BUILT, field_advice
from purreal_runner.document.shape import aliases, inner_types, model_at

LONGEST_QUOTE = 40
MOST_CHOICES_LISTED = 8

Finding = tuple[Path, str]


def findings(errors: Iterable[ErrorDetails], root: type[BaseModel]) -> list[Finding]:
    """Return where and what, in plain words, for every error of a validation.

    Below something that is not built yet nothing else is said: its other fields can't be known.
    """
    listed = list(errors)
    unbuilt = {_path(error)[:-1] for error in listed if _is_unbuilt_kind(error)}
    found: list[Finding] = []
    for error in listed:
        path = _path(error)
        hidden = any(path[: len(parent)] == parent for parent in unbuilt)
        if not hidden or _is_unbuilt_kind(error):
            found.extend(_findings_of(error, path, root))
    return found


def _path(error: ErrorDetails) -> Path:
    return tuple(step for step in error["loc"] if step != "[key]")


def _is_unbuilt_kind(error: ErrorDetails) -> bool:
    """Whether the `type` of a part names something that is not built yet."""
    path = _path(error)
    if not path or path[-1] != "type":
        return False
    return error["type"] == NOT_BUILT or (_is_fault_type(path) and _is_unknown_fault(error))


def _is_fault_type(path: Path) -> bool:
    return len(path) == 4 and path[:2] == ("spec", "faults")


def _is_unknown_fault(error: ErrorDetails) -> bool:
    """Whether a fault is none of ours and none of ours misspelt."""
    if error["type"] != "enum" or not isinstance(error["input"], str):
        return False
    return not _nearest(error["input"], ["CloseConnection"])


def _findings_of(error: ErrorDetails, path: Path, root: type[BaseModel]) -> Iterator[Finding]:
    kind = error["type"]
    if kind in ("too_short", "too_long") and _has_right_length(error):
        return
    if kind == BROKEN_RULE:
        for relative, words in error.get("ctx", {}).get("broken", ()):
            yield (*path, *relative), words
    elif kind == "extra_forbidden":
        yield path, _unknown_field(path, root)
    elif kind in ("enum", "literal_error"):
        yield path, _wrong_choice(error, path, root)
    elif kind in _WORDS:
        yield path, _WORDS[kind](error.get("ctx", {}), error["input"])
    else:
        yield path, error["msg"]


def _has_right_length(error: ErrorDetails) -> bool:
    """Whether only the valid items are too few: pydantic does not count the wrong ones."""
    limits = error.get("ctx", {})
    length = len(error["input"]) if isinstance(error["input"], list | dict) else 0
    return bool(limits.get("min_length", 0) <= length <= limits.get("max_length", length))


def _unknown_field(path: Path, root: type[BaseModel]) -> str:
    advice = field_advice(path)
    if advice is not None:
        return f"{path[-1]} is not built yet; {advice}"
    model = model_at(root, path[:-1])
    known = list(aliases(model)) if model is not None else []
    nearest = _nearest(str(path[-1]), known)
    hint = f"did you mean {nearest}?" if nearest else _known(known)
    return f"there is no such field; {hint}"


def _known(names: list[str]) -> str:
    return f"known here: {', '.join(names)}" if names else "remove it"


def _nearest(word: str, known: list[str]) -> str | None:
    """Return the name that was probably meant: other case, snake_case, or a slip."""
    same = {name.lower(): name for name in known}
    flat = word.replace("_", "").replace("-", "").lower()
    if flat in same:
        return same[flat]
    close = difflib.get_close_matches(to_camel(word).lower(), same, n=1, cutoff=0.6)
    return same[close[0]] if close else None


def _wrong_choice(error: ErrorDetails, path: Path, root: type[BaseModel]) -> str:
    choices = _choices(error, path, root)
    wrong = error["input"]
    if _is_fault_type(path) and _is_unknown_fault(error):
        return f"{_quote(wrong)} is not built yet; use CloseConnection"
    nearest = _nearest(wrong, choices) if isinstance(wrong, str) else None
    if nearest and len(choices) > MOST_CHOICES_LISTED:
        return f"there is no {_quote(wrong)}; did you mean {nearest}?"
    one_of = choices[0] if len(choices) == 1 else f"one of {', '.join(choices)}"
    hint = f"; did you mean {nearest}?" if nearest and len(choices) > 1 else ""
    return f"must be {one_of}, not {_said(wrong)}{hint}"


def _choices(error: ErrorDetails, path: Path, root: type[BaseModel]) -> list[str]:
    model = model_at(root, path[:-1])
    field = aliases(model).get(str(path[-1])) if model is not None else None
    for part in inner_types(field.annotation) if field is not None else ():
        if isinstance(part, type) and issubclass(part, StrEnum):
            return [choice.value for choice in part]
    return [str(error.get("ctx", {}).get("expected", "")).strip("'")]


def _said(value: Any) -> str:
    """Name what was written, in the words of someone who writes YAML."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"the text {_quote(value)}" if isinstance(value, str) else f"the number {value}"[:60]


def _quote(text: str) -> str:
    return repr(text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…")


def _needs_quotes(ctx: Mapping[str, Any], value: Any) -> str:
    said = _said(value)
    return f"must be text, not {said}" + (
        "; write it in quotes" if isinstance(value, int | float) else ""
    )


def _pattern(ctx: Mapping[str, Any], value: Any) -> str:
    pattern = str(ctx.get("pattern"))
    words = PATTERN_WORDS.get(pattern, f"must match {pattern}")
    # An address may hold a password, so it is never repeated.
    return words if pattern in (ENDPOINT, COLLECTOR) else f"{words}; not {_quote(str(value))}"


def _entries(value: Any, count: object) -> str:
    unit = "entry" if count == 1 else "entries"
    return f"{count} {unit}, not {len(value) if hasattr(value, '__len__') else 'more'}"


_WORDS: Mapping[str, Callable[[Mapping[str, Any], Any], str]] = MappingProxyType(
    {
        "missing": lambda ctx, value: "is required",
        "int_type": lambda ctx, value: f"must be a whole number, not {_said(value)}",
        "int_from_float": lambda ctx, value: f"must be a whole number, not {_said(value)}",
        "bool_type": lambda ctx, value: f"must be true or false, not {_said(value)}",
        "string_type": _needs_quotes,
        "model_type": lambda ctx, value: f"must be a mapping (field: value), not {_said(value)}",
        "dict_type": lambda ctx, value: f"must be a mapping (field: value), not {_said(value)}",
        "tuple_type": lambda ctx, value: f"must be a list (- item), not {_said(value)}",
        "greater_than_equal": lambda ctx, value: f"must be at least {ctx['ge']}, not {value}"[:120],
        "less_than_equal": lambda ctx, value: f"must be at most {ctx['le']}, not {value}"[:120],
        "string_too_short": lambda ctx, value: (
            "must not be empty"
            if ctx["min_length"] == 1
            else f"must have at least {ctx['min_length']} characters"
        ),
        "string_too_long": lambda ctx, value: (
            f"must have at most {ctx['max_length']} characters, not {len(value)}"
        ),
        "string_pattern_mismatch": _pattern,
        "too_short": lambda ctx, value: f"must have at least {_entries(value, ctx['min_length'])}",
        "too_long": lambda ctx, value: f"must have at most {_entries(value, ctx['max_length'])}",
    }
)
