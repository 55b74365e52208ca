"""Turns pydantic models into structural OpenAPI schemas as a CRD wants them; knows no rules.

What a structural schema can't say (patterns of keys) becomes a rule of its own here.
"""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from purreal_operator.crd.rule import Rule, quoted
from purreal_runner.document.fields import PATTERN_WORDS
from purreal_runner.document.not_built_yet import VALUES
from purreal_runner.document.shape import aliases, inner_model

Schema = dict[str, Any]

_KEPT = (
    "type",
    "enum",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "maxProperties",
    "required",
)
_UNBUILT = frozenset(str(value) for value in VALUES)


def structural_schema(model: type[BaseModel], *, defaults: bool) -> Schema:
    """Return the structural schema of a model.

    Args:
        model: its docstring and its fields' descriptions become descriptions.
        defaults: whether the API server fills in what is absent; right for a spec, not for a
            status.
    """
    plain = model.model_json_schema(by_alias=True)
    schema = _structural(plain, plain.get("$defs", {}))
    if defaults:
        _add_defaults(schema, model)
    return schema


def _structural(node: Mapping[str, Any], named: Mapping[str, Any]) -> Schema:
    node = _without_detours(node, named)
    schema: Schema = {}
    if "description" in node:
        schema["description"] = " ".join(node["description"].split())
    schema |= {word: node[word] for word in _KEPT if word in node}
    if "const" in node:
        schema["enum"] = [node["const"]]
    if "enum" in schema:
        schema["enum"] = [value for value in schema["enum"] if value not in _UNBUILT]
    if "properties" in node:
        fields = node["properties"].items()
        schema["properties"] = {name: _structural(field, named) for name, field in fields}
    elif schema.get("type") == "object":
        schema |= _map(node, named)
    if "items" in node:
        schema["items"] = _structural(node["items"], named)
    return schema


def _without_detours(node: Mapping[str, Any], named: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow references, and take the one kind of value that is not null."""
    if "$ref" in node:
        target = named[node["$ref"].rpartition("/")[2]]
        return _without_detours({**target, **_without(node, "$ref")}, named)
    if "anyOf" in node:
        [only] = [part for part in node["anyOf"] if part.get("type") != "null"]
        return _without_detours({**only, **_without(node, "anyOf")}, named)
    return node


def _without(node: Mapping[str, Any], word: str) -> Schema:
    return {key: value for key, value in node.items() if key != word}


def _map(node: Mapping[str, Any], named: Mapping[str, Any]) -> Schema:
    """Return what is said about the entries of a map; values of any kind are free-form."""
    patterns = node.get("patternProperties", {})
    [values] = [*patterns.values()] or [node.get("additionalProperties", True)]
    if values in (True, {}):
        return {"x-kubernetes-preserve-unknown-fields": True}
    schema: Schema = {"additionalProperties": _structural(values, named)}
    rules = [_key_rule(pattern, node.get("propertyNames", {})) for pattern in patterns]
    return {**schema, "x-kubernetes-validations": rules} if rules else schema


def _key_rule(pattern: str, names: Mapping[str, Any]) -> dict[str, str]:
    longest = names.get("maxLength", 317)
    words = f"each key {PATTERN_WORDS[pattern]}, of at most {longest} characters"
    expression = f"self.all(key, size(key) <= {longest} && key.matches({quoted(pattern)}))"
    return Rule(expression, words).data


def _add_defaults(schema: Schema, model: type[BaseModel]) -> None:
    """Add the defaults that say something; an absent list, map or text is an empty one."""
    for name, field in aliases(model).items():
        place: Schema = schema["properties"][name]
        if not field.is_required():
            value = _plain(field.get_default(call_default_factory=True, validated_data={}))
            if value not in (None, "", [], {}):
                place["default"] = value
        inner = inner_model(field.annotation)
        if inner is not None:
            _add_defaults(cast("Schema", place.get("items", place)), inner)


def _plain(value: Any) -> Any:
    """Return a default as JSON has it, without what is absent or empty in it."""
    value = to_jsonable_python(value, by_alias=True, exclude_none=True)
    if isinstance(value, dict):
        inside = {key: _plain(inner) for key, inner in value.items()}
        return {key: inner for key, inner in inside.items() if inner not in (None, "", [], {})}
    return value
