"""The `metadata` part of the document: name and labels; knows nothing of the spec."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from purreal_runner.document.fields import DNS_LABEL, Model

Label = Annotated[str, Field(max_length=63)]
Annotation = Annotated[str, Field(max_length=65_536)]
MetadataKey = Annotated[str, Field(min_length=1, max_length=317)]


LONGEST_NAME = 40

WRITTEN_BY_THE_API_SERVER = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "finalizers",
        "generateName",
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
    labels: dict[MetadataKey, Label] = Field(
        default_factory=dict, max_length=64, description="Kubernetes labels; ignored locally."
    )
    annotations: dict[MetadataKey, Annotation] = Field(
        default_factory=dict, max_length=64, description="Kubernetes annotations; ignored locally."
    )

    @model_validator(mode="before")
    @classmethod
    def _ignore_what_the_api_server_adds(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: data[key] for key in data if key not in WRITTEN_BY_THE_API_SERVER}
