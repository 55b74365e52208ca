"""The shape of the models: which fields are where; for messages and for the reference page.

Knows no rules and no values.
"""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from purreal_runner.document.fields import Path


def aliases(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of a model by their name in the document."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def model_at(root: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """Return the model that describes the part of the document at `path`, None if none does."""
    model: type[BaseModel] | None = root
    for step in path:
        if isinstance(step, int):
            continue
        field = aliases(model).get(step) if model is not None else None
        model = inner_model(field.annotation) if field is not None else None
    return model


def inner_model(annotation: Any) -> type[BaseModel] | None:
    """Return the model inside an annotation, looking through optional, lists and `Annotated`."""
    return next((part for part in inner_types(annotation) if _is_model(part)), None)


def inner_types(annotation: Any) -> Iterator[Any]:
    """Yield the plain types of an annotation, without None, `Annotated` and the list around."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from inner_types(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for part in get_args(annotation):
            yield from inner_types(part)
    elif origin is tuple:
        yield from inner_types(get_args(annotation)[0])
    elif annotation is not NoneType:
        yield annotation


def is_list(annotation: Any) -> bool:
    """Whether the document has a list here."""
    origin = get_origin(annotation)
    if origin in (Annotated, Union, UnionType):
        return any(is_list(part) for part in get_args(annotation))
    return origin is tuple


def _is_model(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, BaseModel)
