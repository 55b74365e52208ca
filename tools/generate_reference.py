"""Writes docs/loadtest-reference.md from the document's models; `--check` compares instead."""

import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from types import UnionType
from typing import Any, Union, get_args, get_origin

from generated import ROOT, write_or_check
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from reference_words import COUNTED, EXAMPLES, INTRODUCTION, LOCALLY, UNITS

from purreal_runner.document.metrics import Metric
from purreal_runner.document.model import PoolLoadTest, PoolLoadTestSpec
from purreal_runner.document.not_built_yet import CLUSTER_ONLY, FIELDS, VALUES
from purreal_runner.document.shape import aliases, inner_model, inner_types, is_list

PAGE = ROOT / "docs" / "loadtest-reference.md"


def page() -> str:
    """Return the whole page."""
    parts = [INTRODUCTION, _section("Top level", "", PoolLoadTest, deep=False)]
    parts.append(_section("`metadata`", "metadata", _model(PoolLoadTest, "metadata")))
    parts.append(_section("`spec`", "spec", PoolLoadTestSpec, deep=False))
    for name, field in aliases(PoolLoadTestSpec).items():
        model = inner_model(field.annotation)
        if model is not None:
            suffix = "[]" if is_list(field.annotation) else ""
            parts.append(_section(f"`spec.{name}`", f"spec.{name}{suffix}", model, key=name))
    return "\n".join([*parts, _metrics(), _unbuilt(), LOCALLY])


def _model(parent: type[BaseModel], name: str) -> type[BaseModel]:
    model = inner_model(aliases(parent)[name].annotation)
    if model is None:
        raise LookupError(f"{name} is not a part of {parent.__name__}")
    return model


def _section(
    title: str, prefix: str, model: type[BaseModel], *, deep: bool = True, key: str = ""
) -> str:
    lines = [f"## {title}", "", (model.__doc__ or "").strip(), ""]
    lines += ["| Field | Type | Default | Bounds | Unit | Meaning | Works |"]
    lines += ["|---|---|---|---|---|---|---|"]
    lines += [_row(path, name, field) for path, name, field in _walk(prefix, model, deep)]
    if key in EXAMPLES:
        lines += ["", "```yaml", EXAMPLES[key], "```"]
    return "\n".join(lines) + "\n"


def _walk(prefix: str, model: type[BaseModel], deep: bool) -> Iterator[tuple[str, str, FieldInfo]]:
    for name, field in aliases(model).items():
        path = f"{prefix}.{name}" if prefix else name
        yield path, name, field
        inner = inner_model(field.annotation)
        if deep and inner is not None:
            yield from _walk(path + ("[]" if is_list(field.annotation) else ""), inner, deep)


def _row(path: str, name: str, field: FieldInfo) -> str:
    cells = [
        f"`{path}`",
        _type(field),
        _default(field),
        _bounds(field),
        COUNTED.get(name) or next((unit for end, unit in UNITS.items() if name.endswith(end)), ""),
        field.description or "",
        _works(path, field),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(field: FieldInfo) -> str:
    part = next(inner_types(field.annotation))
    if inner_model(field.annotation) is not None:
        name = "part"
    elif isinstance(part, type) and issubclass(part, StrEnum):
        names = list(part)
        name = "metric (below)" if part is Metric else ", ".join(f"`{each}`" for each in names)
    else:
        name = {int: "whole number", str: "text", bool: "true/false"}.get(part, "mapping")
    if "Literal" in str(part):
        name = f"`{part.__args__[0]}`"
    return f"list of {name}s" if is_list(field.annotation) else name


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "*required*"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value is PydanticUndefined:
        return "absent"
    if isinstance(value, BaseModel):
        written = value.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return f"`{json.dumps(written)}`" if written else "its defaults"
    if value in ((), {}, ""):
        return "none"
    return f"`{json.dumps(value)}`" if isinstance(value, bool) else f"`{value}`"


def _bounds(field: FieldInfo) -> str:
    limits = dict(_limits(field.metadata) | _nested_limits(field.annotation))
    words = []
    if "ge" in limits:
        words.append(f"{limits['ge']:,} – {limits['le']:,}")
    if "max_length" in limits:
        low, high = limits.get("min_length", 0), limits["max_length"]
        text = next(inner_types(field.annotation)) is str and not is_list(field.annotation)
        unit = "characters" if text else "entries"
        words.append(f"{low:,} – {high:,} {unit}")
    return "; ".join(words)


def _limits(metadata: Any) -> dict[str, int]:
    names = ("ge", "le", "min_length", "max_length")
    return {
        name: getattr(one, name)
        for one in metadata
        for name in names
        if getattr(one, name, None) is not None
    }


def _nested_limits(annotation: Any) -> dict[str, int]:
    """Return the limits of `Annotated[…] | None`, which stand inside the union."""
    found: dict[str, int] = {}
    if get_origin(annotation) not in (Union, UnionType):
        return found
    for part in get_args(annotation):
        for one in getattr(part, "__metadata__", ()):
            found |= _limits(getattr(one, "metadata", [one]))
    return found


def _works(path: str, field: FieldInfo) -> str:
    if path.startswith(tuple(CLUSTER_ONLY)):
        return "on a cluster"
    missing = [
        value
        for part in inner_types(field.annotation)
        if isinstance(part, type) and issubclass(part, StrEnum)
        for value in part
        if value in VALUES
    ]
    return "not " + ", ".join(f"`{value}`" for value in missing) if missing else "everywhere"


def _metrics() -> str:
    lines = ["## Metrics of thresholds", "", "Latencies are of all pools together."]
    lines += ["`--threshold 'acquire_p95 < 20ms'` writes the same on the command line.", ""]
    lines += ["| Metric | On the command line | Limit in | Such as |", "|---|---|---|---|"]
    such_as = {"ratio": "`99.9%`", "per second": "`500/s`", "count": "`0`"}
    lines += [
        f"| `{metric}` | `{metric.snake_case}` | {metric.unit} | "
        f"{such_as.get(metric.unit, '`20ms`, `1s`, `500us`, `2m`')} |"
        for metric in Metric
    ]
    return "\n".join(lines) + "\n"


def _unbuilt() -> str:
    lines = ["## Not built yet", "", "Refused by name in this version:", ""]
    lines += ["| What | Do instead |", "|---|---|"]
    lines += [f"| `{'.'.join(path)}` | {advice} |" for path, advice in FIELDS.items()]
    lines += [
        f"| `{type(value).__name__}: {value}` | {advice} |" for value, advice in VALUES.items()
    ]
    lines += ["| `spec.faults[].type` other than `CloseConnection` | use `CloseConnection` |"]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the page, or with `--check` compare it; return the exit code."""
    return write_or_check(lambda: {PAGE: page()}, __doc__)


if __name__ == "__main__":
    sys.exit(main())
