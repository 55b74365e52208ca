"""What the document's design has and this version has not: refused by name; shrinks with time.

Knows names only, no models, so that the models can ask it.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from pydantic_core import PydanticCustomError

from purreal_runner.document.enums import LoadType

NOT_BUILT = "not_built_yet"

VALUES: Mapping[StrEnum, str] = MappingProxyType(
    {
        LoadType.OPEN: "use Closed",
    }
)
"""Values of known fields, each with what to write instead."""

FIELDS: Mapping[tuple[str, ...], str] = MappingProxyType(
    {
        ("spec", "baseline"): "remove it",
        ("spec", "load", "open"): "use closed",
    }
)
"""Fields, each with what to do instead."""

CLUSTER_ONLY = (
    "spec.target.ephemeral",
    "spec.target.statefulSet",
    "spec.target.disruption",
    "spec.runners.pod",
    "spec.deadlines.targetSeconds",
    "spec.deadlines.collectSeconds",
    "spec.targetConcurrency",
    "spec.desiredState",
    "spec.retention",
    "spec.telemetry",
)
"""Fields (with all below them) that are checked here and mean something on a cluster only."""

Choice = TypeVar("Choice", bound=StrEnum)


def only_built(choice: Choice) -> Choice:
    """Return `choice` if this version has it.

    Raises:
        PydanticCustomError: it is designed but not built.
    """
    if choice in VALUES:
        raise PydanticCustomError(
            NOT_BUILT,
            "{choice} is not built yet; {instead}",
            {"choice": choice.value, "instead": VALUES[choice]},
        )
    return choice


def field_advice(path: tuple[str | int, ...]) -> str | None:
    """Return what to do about a field that is designed but not built, None for all others."""
    return next((advice for name, advice in FIELDS.items() if name == path), None)
