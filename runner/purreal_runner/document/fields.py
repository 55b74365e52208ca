"""What all models of the document share: the base model, bounded field types and broken rules.

Knows no particular field of the document and nothing about YAML.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

BROKEN_RULE = "broken_rule"

# Patterns are written for the API server too (Go RE2), hence `[0-9]` and no look-around.
DNS_LABEL = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
DNS_SUBDOMAIN = "^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$"
SURREAL_NAME = "^[A-Za-z0-9_][A-Za-z0-9_.-]*$"
IDENTIFIER = "^[A-Za-z_][A-Za-z0-9_]*$"
CONFIG_KEY = "^[-._a-zA-Z0-9]+$"
_PLACE = "[^ /@?#]+(/[A-Za-z0-9/._~%!$&'()*+,;=:@-]*)?$"
ENDPOINT = f"^wss?://{_PLACE}"
COLLECTOR = f"^https?://{_PLACE}"
IMAGE = "^[A-Za-z0-9][-A-Za-z0-9._/:@]*$"
ABSOLUTE_PATH = "^(/[.]{0,2}[A-Za-z0-9_@+-][A-Za-z0-9_.@+-]*)+$"
QUANTITY = "^[0-9]{1,15}([.][0-9]{1,9})?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$"
LABEL_VALUE = "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$"
_KEY_NAME = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
LABEL_KEY = f"^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?{_KEY_NAME}"
ANNOTATION_KEY = LABEL_KEY.replace("a-z0-9", "A-Za-z0-9").replace("A-ZA-Z", "A-Z")
LIMIT = "^[0-9]{1,12}([.][0-9]{1,6})?(%|us|ms|s|m|/s)?$"

PATTERN_WORDS: Mapping[str, str] = {
    DNS_LABEL: "must be lower-case letters, digits and '-', beginning and ending with a letter "
    "or digit",
    DNS_SUBDOMAIN: "must be lower-case letters, digits, '-' and '.', beginning and ending with a "
    "letter or digit",
    SURREAL_NAME: "must be letters, digits, '_', '-' and '.', beginning with a letter, digit or "
    "'_'",
    IDENTIFIER: "must be letters, digits and '_', beginning with a letter or '_'",
    CONFIG_KEY: "must be letters, digits, '-', '_' and '.'",
    ENDPOINT: "must be ws://HOST:PORT or wss://HOST:PORT, without a user name or password",
    COLLECTOR: "must be http://HOST:PORT or https://HOST:PORT, without a user name or password",
    ABSOLUTE_PATH: "must be an absolute path of letters, digits and '_.@+-', without '..' and "
    "without '/' at its end",
    QUANTITY: "must be a quantity such as '500m', '2' or '256Mi'",
    LABEL_VALUE: "must be letters, digits, '-', '_' and '.', beginning and ending with a letter or "
    "digit",
    LABEL_KEY: "must be a key such as 'team' or 'example.com/team'",
    ANNOTATION_KEY: "must be a key such as 'team' or 'example.com/team'",
    IMAGE: "must be an image reference such as surrealdb/surrealdb:v3.3.5",
    LIMIT: "must be a number with its unit: '99.9%', '20ms', '500/s' or '0'",
}

Whole = Annotated[int, Field(strict=True)]
"""A whole number; text and fractions are not turned into one, as on the API server."""

Flag = Annotated[bool, Field(strict=True)]
"""True or false; nothing else is turned into one, as on the API server."""

ObjectName = Annotated[str, Field(min_length=1, max_length=253, pattern=DNS_SUBDOMAIN)]
"""The name of a Kubernetes object."""

ConfigKey = Annotated[str, Field(min_length=1, max_length=253, pattern=CONFIG_KEY)]
"""The key of an entry in a ConfigMap or Secret."""


def _without_nulls(entries: Any) -> Any:
    """Drop entries that are null, as the API server does with a map in a spec."""
    if not isinstance(entries, dict):
        return entries
    return {key: value for key, value in entries.items() if value is not None}


NullsAreAbsent = BeforeValidator(_without_nulls)
"""Marks a map of texts."""

LabelKey = Annotated[str, Field(min_length=1, max_length=317, pattern=LABEL_KEY)]
"""The key of a label of a Kubernetes object."""

LabelValue = Annotated[str, Field(max_length=63, pattern=LABEL_VALUE)]
"""The value of a label of a Kubernetes object."""

Quantity = Annotated[str, Field(min_length=1, max_length=32, pattern=QUANTITY)]
"""An amount as Kubernetes writes it, as text."""

Path = tuple[str | int, ...]


class BrokenRule(NamedTuple):
    """One rule between fields that does not hold: the field (relative to its model) and why."""

    path: Path
    message: str


def refuse(broken: Iterable[BrokenRule]) -> None:
    """Raise if any rule is broken.

    Raises:
        PydanticCustomError: with all broken rules in its context, so that a reader can list each
            one at its own line.
    """
    problems = list(broken)
    if problems:
        summary = "; ".join(f"{'.'.join(map(str, path))}: {words}" for path, words in problems)
        raise PydanticCustomError(
            BROKEN_RULE, "{summary}", {"summary": summary, "broken": problems}
        )


class Model(BaseModel):
    """Base of all parts of the document: camelCase outside, immutable, unknown fields refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )

    @model_validator(mode="before")
    @classmethod
    def _null_means_absent(cls, data: Any) -> Any:
        """Drop nulls of known fields, as the API server does before it fills in defaults."""
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None or not cls.has(key)}

    @classmethod
    def has(cls, name: object) -> bool:
        """Whether `name` is a field of this model, in camelCase or in Python's spelling."""
        fields = cls.model_fields
        return name in fields or any(field.alias == name for field in fields.values())


def union_rules(
    model: Model, chosen: StrEnum, members: Mapping[StrEnum, str], *, optional: frozenset[str]
) -> Iterable[BrokenRule]:
    """Yield what keeps a union from having exactly the member that its `type` names.

    Args:
        model: the part of the document that holds `type` and the members.
        chosen: the value of `type`.
        members: value of `type` to field name (Python's spelling); a value may have no member.
        optional: members that may be left out because all their fields have defaults.
    """
    for kind, field in members.items():
        present = getattr(model, field) is not None
        alias = to_camel(field)
        if kind is chosen and not present and field not in optional:
            yield BrokenRule((alias,), f"is required, because type is {chosen}")
        if kind is not chosen and present:
            yield BrokenRule((alias,), f"belongs to type {kind}, but type is {chosen}; remove one")


def exactly_one(model: Model, fields: Sequence[str]) -> Iterator[BrokenRule]:
    """Yield what keeps a model from having exactly one of `fields` (Python's spelling)."""
    present = [to_camel(field) for field in fields if getattr(model, field) is not None]
    if len(present) != 1:
        *names, last = map(to_camel, fields)
        have = ", ".join(present) or "none"
        yield BrokenRule((), f"needs exactly one of {', '.join(names)} and {last}, not {have}")


def repeated(values: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield each value that was there before, with its position."""
    seen: set[str] = set()
    for position, value in enumerate(values):
        if value in seen:
            yield position, value
        seen.add(value)
