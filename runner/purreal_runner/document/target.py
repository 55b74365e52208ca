"""The `spec.target` part of the document: which SurrealDB is tested; makes no connection."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from purreal_runner.document.address import usable_address
from purreal_runner.document.enums import (
    AuthLevel,
    Disruption,
    Storage,
    TargetType,
    Writes,
)
from purreal_runner.document.fields import (
    ENDPOINT,
    IMAGE,
    SURREAL_NAME,
    BrokenRule,
    ConfigKey,
    Model,
    ObjectName,
    Whole,
    refuse,
    union_rules,
)

DEFAULT_IMAGE = "surrealdb/surrealdb:v3.3.5"

MEMBERS: Mapping[StrEnum, str] = MappingProxyType(
    {
        TargetType.EPHEMERAL: "ephemeral",
        TargetType.STATEFUL_SET: "stateful_set",
        TargetType.URL: "url",
    }
)


class EphemeralTarget(Model):
    """A SurrealDB made for the run and removed after it."""

    image: str = Field(
        default=DEFAULT_IMAGE,
        min_length=1,
        max_length=512,
        pattern=IMAGE,
        description="Container image of the SurrealDB that is started for the run. "
        "Locally an engine on this machine stands in for it.",
    )
    storage: Storage = Field(
        default=Storage.MEMORY, description="Where the data lives: `Memory` (gone with the run)."
    )


class StatefulSetTarget(Model):
    """A SurrealDB StatefulSet that exists in the namespace of the test."""

    name: ObjectName = Field(description="Name of the StatefulSet. Locally `--url` is needed.")
    port: Whole = Field(
        default=8000, ge=1, le=65535, description="Port on which SurrealDB listens."
    )


class ConfigMapKey(Model):
    """One entry of a ConfigMap."""

    name: ObjectName = Field(description="Name of the ConfigMap.")
    key: ConfigKey = Field(description="Key of the entry.")


class UrlTarget(Model):
    """Any SurrealDB that can be reached."""

    endpoint: Annotated[str, AfterValidator(usable_address)] = Field(
        min_length=6,
        max_length=2048,
        pattern=ENDPOINT,
        description="WebSocket address, `ws://HOST:PORT` or `wss://HOST:PORT`; `/rpc` is added "
        "when there is no path. User name and password do not belong here.",
    )
    ca_ref: ConfigMapKey | None = Field(
        default=None,
        description="Certificate authority (PEM) that signed the server's certificate. "
        "Needs `wss://`. Locally `--ca-file` is needed.",
    )

    @model_validator(mode="after")
    def _authority_of_an_encrypted_connection(self) -> Self:
        refuse(self._broken_rules())
        return self

    def _broken_rules(self) -> Iterator[BrokenRule]:
        if self.ca_ref is not None and not self.endpoint.startswith("wss:"):
            yield BrokenRule(("caRef",), "needs an encrypted endpoint, wss://HOST:PORT")


class DatabaseNames(Model):
    """SurrealDB's own names for the place where the load works."""

    namespace: str = Field(
        default="purreal",
        min_length=1,
        max_length=63,
        pattern=SURREAL_NAME,
        description="SurrealDB namespace (not the Kubernetes one).",
    )
    name: str = Field(
        default="loadtest",
        min_length=1,
        max_length=63,
        pattern=SURREAL_NAME,
        description="SurrealDB database inside the namespace.",
    )


class CredentialsSecret(Model):
    """A Kubernetes Secret with a user name and a password."""

    name: ObjectName = Field(description="Name of the Secret.")
    username_key: ConfigKey = Field(
        default="username", description="Key of the entry that holds the user name."
    )
    password_key: ConfigKey = Field(
        default="password", description="Key of the entry that holds the password."
    )


class Auth(Model):
    """How the pools sign in."""

    level: AuthLevel = Field(
        default=AuthLevel.ROOT, description="Level of the SurrealDB user: where it is defined."
    )
    secret_ref: CredentialsSecret | None = Field(
        default=None,
        description="Secret with the credentials, read by the runner pods. "
        "Locally `--password-file` is needed.",
    )


class TargetSpec(Model):
    """The SurrealDB under test."""

    type: TargetType | None = Field(
        default=None,
        description="Kind of target. Absent: `Embedded` locally, `Ephemeral` on a cluster. "
        "`Embedded` works locally only.",
    )
    ephemeral: EphemeralTarget | None = Field(
        default=None, description="Settings of type `Ephemeral`; may be left out."
    )
    stateful_set: StatefulSetTarget | None = Field(
        default=None, description="Settings of type `StatefulSet`."
    )
    url: UrlTarget | None = Field(default=None, description="Settings of type `URL`.")
    database: DatabaseNames = Field(
        default_factory=DatabaseNames, description="SurrealDB namespace and database to work in."
    )
    auth: Auth = Field(
        default_factory=Auth,
        description="How to sign in. `Ephemeral` and `Embedded` make credentials of their own.",
    )
    writes: Writes = Field(
        default=Writes.OWN_TABLES,
        description="`OwnTables`: built-in scenarios write only tables named after the run and "
        "drop them at the end. `AnyTable`: no such promise.",
    )
    disruption: Disruption = Field(
        default=Disruption.FORBID,
        description="Whether faults may restart a target that the test did not make.",
    )

    @model_validator(mode="after")
    def _has_the_member_that_type_names(self) -> Self:
        refuse(self._broken_rules())
        return self

    def _broken_rules(self) -> Iterator[BrokenRule]:
        if self.type is None:
            for kind, field in MEMBERS.items():
                if getattr(self, field) is not None:
                    yield BrokenRule(("type",), f"is required with its settings: set type: {kind}")
            if self.auth.secret_ref is not None:
                words = "needs type: StatefulSet or URL; other targets make their own credentials"
                yield BrokenRule(("auth", "secretRef"), words)
            return
        yield from union_rules(self, self.type, MEMBERS, optional=frozenset({"ephemeral"}))
        own_credentials = self.type in (TargetType.EPHEMERAL, TargetType.EMBEDDED)
        if own_credentials and self.auth.secret_ref is not None:
            yield BrokenRule(
                ("auth", "secretRef"), f"{self.type} makes credentials of its own; remove it"
            )
