"""The `metadata` part of the document: name and labels; knows nothing of the spec."""

from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from purreal_runner.document.fields import (
    ANNOTATION_KEY,
    DNS_LABEL,
    BrokenRule,
    LabelKey,
    LabelValue,
    Model,
    refuse,
)

LARGEST_ANNOTATIONS = 262_144
"""Bytes of all annotations together, keys and values: the API server's limit."""

MOST_ENTRIES = 10_000

AnnotationKey = Annotated[str, Field(min_length=1, max_length=317, pattern=ANNOTATION_KEY)]


def _nulls_as_text(entries: Any) -> Any:
    """Take null for empty text, as the API server does in metadata, though not in a spec."""
    if not isinstance(entries, dict):
        return entries
    return {key: "" if value is None else value for key, value in entries.items()}


NullsAreEmpty = BeforeValidator(_nulls_as_text)

Annotation = Annotated[str, Field(max_length=LARGEST_ANNOTATIONS)]

LONGEST_NAME = 40

WRITTEN_BY_THE_API_SERVER = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "finalizers",
        "generation",
        "managedFields",
        "ownerReferences",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
"""Metadata that `kubectl get -o yaml` prints, so that its output is a document too."""


class Metadata(Model):
    """The usual metadata of a Kubernetes object; what the API server adds is ignored."""

    name: str = Field(
        min_length=1,
        max_length=LONGEST_NAME,
        pattern=DNS_LABEL,
        description="Name of the test; short, because other objects are named after it.",
    )
    namespace: str | None = Field(
        default=None,
        min_length=1,
        max_length=63,
        pattern=DNS_LABEL,
        description="Kubernetes namespace; ignored locally.",
    )
    labels: Annotated[dict[LabelKey, LabelValue], NullsAreEmpty] = Field(
        default_factory=dict,
        max_length=MOST_ENTRIES,
        description="Kubernetes labels; ignored locally.",
    )
    annotations: Annotated[dict[AnnotationKey, Annotation], NullsAreEmpty] = Field(
        default_factory=dict,
        max_length=MOST_ENTRIES,
        description="Kubernetes annotations; ignored locally, at most 256 KiB in all.",
    )

    @model_validator(mode="before")
    @classmethod
    def _ignore_what_the_api_server_adds(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: data[key] for key in data if key not in WRITTEN_BY_THE_API_SERVER}

    @model_validator(mode="after")
    def _annotations_fit(self) -> Self:
        refuse(self._broken_rules())
        return self

    def _broken_rules(self) -> Iterator[BrokenRule]:
        size = sum(len((key + value).encode()) for key, value in self.annotations.items())
        if size > LARGEST_ANNOTATIONS:
            words = f"have {size} bytes together; at most {LARGEST_ANNOTATIONS} are possible"
            yield BrokenRule(("annotations",), words)
