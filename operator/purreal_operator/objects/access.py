"""How runner pods reach and sign in to the target: address and names of files; no secret itself."""

from dataclasses import dataclass
from enum import StrEnum

from purreal_operator.objects.identity import RunIdentity
from purreal_operator.objects.names import TARGET_PORT
from purreal_operator.objects.secrets import PASSWORD_KEY, USERNAME_KEY
from purreal_runner.document.target import ConfigMapKey, CredentialsSecret, TargetSpec


class TargetKind(StrEnum):
    """Where the database is, as runners are told."""

    EPHEMERAL = "ephemeral"
    STATEFUL_SET = "statefulSet"
    URL = "url"


@dataclass(frozen=True, slots=True)
class TargetAccess:
    """What a runner pod needs for the target.

    Attributes:
        kind: where the database is.
        url: its address, `ws://` or `wss://`.
        credentials: Secret with user and password; None: nobody signs in.
        certificate_authority: ConfigMap entry (PEM); None: the system's own.
    """

    kind: TargetKind
    url: str
    credentials: CredentialsSecret | None = None
    certificate_authority: ConfigMapKey | None = None


def ephemeral_access(run: RunIdentity, plan_uid: str) -> TargetAccess:
    """Access to the database that is made for `run`."""
    return TargetAccess(
        kind=TargetKind.EPHEMERAL,
        url=_in_cluster(run, run.names.target, TARGET_PORT),
        credentials=CredentialsSecret(
            name=run.names.target_credentials(plan_uid),
            username_key=USERNAME_KEY,
            password_key=PASSWORD_KEY,
        ),
    )


def stateful_set_access(run: RunIdentity, target: TargetSpec, service: str) -> TargetAccess:
    """Access to an existing StatefulSet through its `service`.

    Raises:
        ValueError: `target` is of another type.
    """
    if target.stateful_set is None:
        raise ValueError("the target is no StatefulSet")
    return TargetAccess(
        kind=TargetKind.STATEFUL_SET,
        url=_in_cluster(run, service, target.stateful_set.port),
        credentials=target.auth.secret_ref,
    )


def url_access(target: TargetSpec) -> TargetAccess:
    """Access to a database at an address.

    Raises:
        ValueError: `target` is of another type.
    """
    if target.url is None:
        raise ValueError("the target is no URL")
    return TargetAccess(
        kind=TargetKind.URL,
        url=target.url.endpoint,
        credentials=target.auth.secret_ref,
        certificate_authority=target.url.ca_ref,
    )


def _in_cluster(run: RunIdentity, service: str, port: int) -> str:
    return f"ws://{service}.{run.test.namespace}.svc:{port}"
