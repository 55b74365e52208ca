"""Everything in the models is described and bounded, as a CRD generated from them needs it."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest
from pydantic import BaseModel

from purreal_runner.document.model import PoolLoadTest
from purreal_runner.document.shape import aliases, inner_model, inner_types, is_list


def fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in aliases(model).items():
        yield f"{prefix}{name}", field
        inner = inner_model(field.annotation)
        if inner is not None:
            yield from fields(inner, f"{prefix}{name}.")


FIELDS = dict(fields(PoolLoadTest))
SCHEMA = PoolLoadTest.model_json_schema(by_alias=True)


def schemas(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from schemas(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from schemas(value)


@pytest.mark.parametrize("path", FIELDS)
def test_every_field_is_described_in_a_sentence(path: str) -> None:
    assert (FIELDS[path].description or "").endswith((".", "`."))


@pytest.mark.parametrize("path", FIELDS)
def test_every_field_is_camel_case(path: str) -> None:
    assert "_" not in path


def test_every_number_text_list_and_map_is_bounded() -> None:
    needed = {
        "integer": ("minimum", "maximum"),
        "string": ("maxLength",),
        "array": ("maxItems",),
        "object": ("properties", "maxProperties"),
    }
    loose = [
        schema
        for schema in schemas(SCHEMA)
        if isinstance(schema.get("type"), str)
        and not {"enum", "const"} & schema.keys()
        and not set(needed.get(schema["type"], ("type",))) & schema.keys()
        and schema.get("properties") is None
        and not (schema["type"] == "object" and schema.get("additionalProperties") is False)
    ]

    assert loose == []


def test_every_choice_is_camel_case() -> None:
    choices = {
        choice.value
        for field in FIELDS.values()
        for part in inner_types(field.annotation)
        if isinstance(part, type) and issubclass(part, StrEnum)
        for choice in part
    }

    assert [choice for choice in choices if not choice[0].isupper() or "_" in choice] == []


def test_lists_are_known_by_shape() -> None:
    assert {path for path, field in FIELDS.items() if is_list(field.annotation)} == {
        "spec.runners.pod.env",
        "spec.runners.pod.envFrom",
        "spec.runners.pod.imagePullSecrets",
        "spec.runners.pod.tolerations",
        "spec.runners.pod.topologySpreadConstraints",
        "spec.runners.pod.volumes",
        "spec.workload.mix",
        "spec.faults",
        "spec.thresholds",
    }
