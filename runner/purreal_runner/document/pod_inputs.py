"""The parts of `spec.runners.pod` that bring something in: variables and volumes; reads neither."""

import re
from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, model_validator

from purreal_runner.document.enums import Medium
from purreal_runner.document.fields import (
    ABSOLUTE_PATH,
    DNS_LABEL,
    IDENTIFIER,
    BrokenRule,
    ConfigKey,
    Flag,
    Model,
    ObjectName,
    Quantity,
    exactly_one,
    refuse,
)
from purreal_runner.document.target import ConfigMapKey

OWN_VARIABLES = "^(PURREAL_|JOB_COMPLETION_INDEX$)"
"""Variables that say to a runner which part of which run it is."""

OWN_PATHS = "^(/etc|/tmp|/etc/purreal(/.*)?)$"
"""Where a runner's own files are mounted."""

SOURCES = ("config_map", "secret", "empty_dir", "persistent_volume_claim")
VALUES = ("value", "secret_key_ref", "config_map_key_ref")

VariableName = Annotated[str, Field(min_length=1, max_length=128, pattern=IDENTIFIER)]


class SecretKey(Model):
    """One entry of a Secret."""

    name: ObjectName = Field(description="Name of the Secret.")
    key: ConfigKey = Field(description="Key of the entry.")


class ObjectReference(Model):
    """An object in the namespace of the test."""

    name: ObjectName = Field(description="Name of the object.")


class Variable(Model):
    """One environment variable: a name, and exactly one place its value comes from."""

    name: VariableName = Field(
        description="Name of the variable; `PURREAL_…` and `JOB_COMPLETION_INDEX` are set by the "
        "operator."
    )
    value: str | None = Field(default=None, max_length=4_096, description="The value itself.")
    secret_key_ref: SecretKey | None = Field(
        default=None, description="Entry of a Secret that holds the value."
    )
    config_map_key_ref: ConfigMapKey | None = Field(
        default=None, description="Entry of a ConfigMap that holds the value."
    )

    @model_validator(mode="after")
    def _is_ours_to_set(self) -> Self:
        refuse(self._broken_rules())
        return self

    def _broken_rules(self) -> Iterator[BrokenRule]:
        yield from exactly_one(self, VALUES)
        if re.search(OWN_VARIABLES, self.name):
            yield BrokenRule(("name",), f"{self.name} is set by the operator; use another name")


class VariablesFrom(Model):
    """Environment variables from all entries of one ConfigMap or one Secret."""

    prefix: Annotated[str, Field(min_length=1, max_length=64, pattern=IDENTIFIER)] | None = Field(
        default=None, description="Put before every name."
    )
    config_map_ref: ObjectReference | None = Field(
        default=None, description="ConfigMap whose entries become variables."
    )
    secret_ref: ObjectReference | None = Field(
        default=None, description="Secret whose entries become variables."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        refuse(exactly_one(self, ("config_map_ref", "secret_ref")))
        return self


class EmptyDir(Model):
    """Space that is empty at the start and gone with the pod."""

    medium: Medium = Field(
        default=Medium.DISK, description="`Disk` of the node, or `Memory` of the pod."
    )
    size_limit: Quantity | None = Field(
        default=None, description="Most bytes it may hold, such as `1Gi`; absent: no own limit."
    )


class Volume(Model):
    """A volume and where the runner sees it."""

    name: Annotated[str, Field(min_length=1, max_length=40, pattern=DNS_LABEL)] = Field(
        description="Name of the volume; unique in the list."
    )
    mount_path: str = Field(
        min_length=2,
        max_length=512,
        pattern=ABSOLUTE_PATH,
        description="Absolute path in the container; unique in the list. `/tmp`, `/etc` and "
        "what is below `/etc/purreal` are the operator's.",
    )
    read_only: Flag = Field(default=False, description="Whether the runner may only read from it.")
    config_map: ObjectReference | None = Field(
        default=None, description="ConfigMap whose entries are files."
    )
    secret: ObjectReference | None = Field(
        default=None, description="Secret whose entries are files."
    )
    empty_dir: EmptyDir | None = Field(default=None, description="Space for the pod's life.")
    persistent_volume_claim: ObjectReference | None = Field(
        default=None, description="Claim of a volume; all runner pods share it."
    )

    @model_validator(mode="after")
    def _one_source_at_a_free_path(self) -> Self:
        refuse(self._broken_rules())
        return self

    def _broken_rules(self) -> Iterator[BrokenRule]:
        yield from exactly_one(self, SOURCES)
        if re.search(OWN_PATHS, self.mount_path):
            words = f"{self.mount_path} is used by the runner itself; mount it elsewhere"
            yield BrokenRule(("mountPath",), words)
